"""Release windows: which of the next Fridays suits a release."""

from ._fanpulse import windows

__all__ = ["windows"]

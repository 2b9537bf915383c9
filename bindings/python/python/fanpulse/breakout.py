"""Learned models of breakouts: trained, calibrated and judged forward in time."""

from ._fanpulse import Model, train

__all__ = ["Model", "train"]

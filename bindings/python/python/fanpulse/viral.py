"""Spikes in series of streams, views or mentions. Viral posts are part of every analysis of ``fanpulse.score``."""

from ._fanpulse import SpikeStream, spikes

__all__ = ["SpikeStream", "spikes"]

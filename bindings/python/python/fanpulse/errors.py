"""What can go wrong, by what to do about it."""


class FanPulseError(Exception):
    """The base of every error of FanPulse."""


class InvalidInputError(FanPulseError, ValueError):
    """The input is wrong; the message names the row, the field and the value."""


class InsufficientDataError(FanPulseError):
    """The input is valid but too little.

    Not raised by ``analyze`` and ``score``: they put ``None`` in the place of a part that cannot be computed, and
    the reason beside it.
    """


class NotFoundError(FanPulseError, LookupError):
    """Nothing goes by that name."""


class InternalError(FanPulseError):
    """A bug in FanPulse."""

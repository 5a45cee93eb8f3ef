"""Nothing but an object."""


class Addon:
    """Implements no hook."""

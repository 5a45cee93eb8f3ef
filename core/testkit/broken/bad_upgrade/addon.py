"""Its migration fails half-way."""

class Addon:
    """Implements no hook."""

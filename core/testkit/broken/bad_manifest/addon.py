"""Its manifest is not UTF-8."""

class Addon:
    """Implements no hook."""

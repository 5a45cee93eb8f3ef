"""Makes a table under the name of another addon."""

class Addon:
    """Implements no hook."""

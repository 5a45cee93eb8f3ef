"""Needs itself through another."""

class Addon:
    """Implements no hook."""

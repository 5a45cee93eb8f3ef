"""Loops, sleeps, exits and crashes in its jobs."""

class Addon:
    """Implements no hook."""

"""Raises."""

raise RuntimeError("no licence key")

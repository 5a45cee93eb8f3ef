"""Asks a hook for an argument that it does not have."""

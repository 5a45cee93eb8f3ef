"""Needs alpha."""

"""Needs an addon that cannot be imported."""

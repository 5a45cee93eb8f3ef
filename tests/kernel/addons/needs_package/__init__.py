"""Needs a Python package that nobody has."""

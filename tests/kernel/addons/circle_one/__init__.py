"""Needs circle_two."""

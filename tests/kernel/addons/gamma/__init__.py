"""Comes after beta where there is one, and never with rival."""

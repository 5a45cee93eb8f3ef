"""Goods that somebody else's warehouse sends for us."""

"""Warehouses that the seller runs himself."""

"""Settlements of any platform from CSV files, and the fee dictionaries of some."""

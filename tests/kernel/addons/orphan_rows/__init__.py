"""Leaves rows that refer to nothing."""

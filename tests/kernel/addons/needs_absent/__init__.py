"""Needs an addon that is not there."""

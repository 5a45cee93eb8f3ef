"""The first addon."""

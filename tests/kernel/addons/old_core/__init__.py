"""Was made for another core."""

"""Goods on their way to the warehouses of platforms, by plans that these take in steps."""

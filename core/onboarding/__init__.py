"""From a new company to its first orders, step by step, until it is told to go live."""

"""Rates of exchange: a company's own, then those of sources; every conversion is exact."""

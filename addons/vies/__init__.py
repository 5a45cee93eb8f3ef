"""Checking VAT numbers of the Union with VIES."""

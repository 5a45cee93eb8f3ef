"""Payments that buyers make on the seller's own site, through a payment provider."""

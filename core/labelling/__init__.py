"""Shipping labels that are bought, from a marketplace, a carrier, or who sells those of many."""

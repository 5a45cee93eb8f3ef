"""Fees: what a platform's words for them mean, and what was estimated before they came."""

"""Disputes: buyers who ask their bank or the platform for their money back, and what they hear."""

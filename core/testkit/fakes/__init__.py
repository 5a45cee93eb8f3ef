"""Simulated marketplaces: servers on the loopback that behave as the platforms do, at any scale.

They keep state, page, limit, expire tokens, check signatures and fail by schedule, and they know
the truth: what was really ordered, refunded, charged and paid out, to the cent.
"""

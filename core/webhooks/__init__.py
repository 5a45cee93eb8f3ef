"""Webhooks: notices that platforms send, verified, kept and turned into work."""

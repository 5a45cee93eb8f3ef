"""Wants to wrap a hook."""

"""Closing a month: what must be done first, each with its fix, and the closing itself."""

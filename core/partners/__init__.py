"""Whom the seller trades with."""

"""What the vendor's addon does in the background."""

from __future__ import annotations

from core.api import job


@job()
def fetch(context):
    """Fetch what a webhook told of."""


@job(every="15m", per_connection=True)
def sync(context):
    """Do what a connection does by itself."""

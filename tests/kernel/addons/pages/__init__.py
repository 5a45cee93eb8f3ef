"""Has pages, an API and webhooks."""

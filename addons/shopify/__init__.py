"""Shopify, through the Admin GraphQL API."""

"""Invoices and credit notes: numbered without gaps, frozen, and drawn as PDF."""

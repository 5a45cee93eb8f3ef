"""Tests of the addon."""

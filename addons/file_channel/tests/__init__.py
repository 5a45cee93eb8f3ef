"""Tests of the file channel."""

"""Needs circle_one."""

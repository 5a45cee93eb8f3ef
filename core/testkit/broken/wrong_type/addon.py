"""Answers every hook with the wrong type."""

from __future__ import annotations

from core.testkit.broken.hooking import addon_with

Addon = addon_with(lambda addon, name, arguments: 42)

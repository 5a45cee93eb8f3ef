"""Raises in every hook."""

from __future__ import annotations

from core.testkit.broken.hooking import addon_with


def fail(addon, name, arguments):
    """Fail."""
    raise RuntimeError("raised on purpose")


Addon = addon_with(fail)

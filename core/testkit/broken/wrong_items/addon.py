"""Offers items that are none, wherever it is asked."""

from __future__ import annotations

from core.testkit.broken.hooking import addon_with

Addon = addon_with(lambda addon, name, arguments: [42, "no item", None], ("collect",))

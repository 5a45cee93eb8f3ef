"""The same addon as alpha, under another name."""

from __future__ import annotations

from addons.alpha.addon import Addon as Alpha


class Addon(Alpha):
    """Records what it is told and does what the test says."""

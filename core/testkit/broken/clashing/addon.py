"""Offers pages under the name of another addon."""

from __future__ import annotations

from core.api import AddonBlueprint
from core.api import hookimpl


class Addon:
    """Claims the pages of `healthy`."""

    @hookimpl
    def blueprints(self):
        """Offer a blueprint that is another's."""
        return [AddonBlueprint("healthy", __name__)]

"""Asks for five thousand fields and fails."""

from __future__ import annotations

from core.api import AddonBlueprint
from core.api import hookimpl

pages = AddonBlueprint("huge_form", __name__)


@pages.get("/")
def form() -> str:
    """Build a form of a size that nobody can fill."""
    fields = [f"<input name=field{number}>" for number in range(5000)]
    raise RuntimeError(f"{len(fields)} fields are too many")


class Addon:
    """An addon with a form."""

    @hookimpl
    def blueprints(self):
        """Offer the form."""
        return [pages]

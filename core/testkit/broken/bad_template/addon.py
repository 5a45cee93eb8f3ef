"""Its template cannot be parsed."""

from __future__ import annotations

from flask import render_template

from core.api import AddonBlueprint
from core.api import hookimpl

pages = AddonBlueprint("bad_template", __name__, template_folder="templates")


@pages.get("/")
def page() -> str:
    """Show what cannot be parsed."""
    return render_template("bad_template/page.html")


class Addon:
    """An addon with a template."""

    @hookimpl
    def blueprints(self):
        """Offer the page."""
        return [pages]

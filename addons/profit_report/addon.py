"""What the addon offers to the kernel."""

from __future__ import annotations

from collections.abc import Sequence

from addons.profit_report.statement import SHARED_STATEMENT
from addons.profit_report.statement import STATEMENT
from addons.profit_report.texts import texts
from addons.profit_report.views import pages
from core.api import AddonBlueprint
from core.api import MenuItem
from core.api import Report
from core.api import hookimpl


class Addon:
    """The profit statement."""

    @hookimpl
    def reports(self) -> Sequence[Report]:
        """Offer the profit statement, before and after costs are shared out."""
        return [STATEMENT, SHARED_STATEMENT]

    @hookimpl
    def blueprints(self) -> Sequence[AddonBlueprint]:
        """Offer the page."""
        return [pages]

    @hookimpl
    def menu_items(self) -> Sequence[MenuItem]:
        """Offer the page in the menu."""
        label = texts.lazy_gettext("Profit statement")
        return [MenuItem("statement", label, "profit_report.show", "file-earmark-bar-graph")]

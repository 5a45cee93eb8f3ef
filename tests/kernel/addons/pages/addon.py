"""Pages, an API and webhooks."""

from __future__ import annotations

import sys

from flask import abort
from flask.views import MethodView

from core.api import AddonBlueprint
from core.api import hookimpl

pages = AddonBlueprint("pages", __name__)
api = AddonBlueprint("pages", __name__, area="api")
webhooks = AddonBlueprint("pages", __name__, area="hooks")


@pages.get("/list/")
def listing() -> str:
    """Show a page."""
    return "the list"


@pages.get("/fails")
def fails() -> str:
    """Raise."""
    raise RuntimeError("a bug")


@pages.get("/refuses")
def refuses() -> str:
    """Say that there is nothing."""
    abort(404)


@pages.get("/exits")
def exits() -> str:
    """End the process, as far as we are concerned."""
    sys.exit(3)


@api.route("/things")
class Things(MethodView):
    """Things."""

    @api.response(200)
    def get(self) -> dict[str, int]:
        """Return the things."""
        return {"things": 1}


@webhooks.post("/<int:connection>")
def webhook(connection: int) -> str:
    """Take a notification."""
    return str(connection)


class Addon:
    """An addon with pages."""

    @hookimpl
    def blueprints(self):
        return [pages, api, webhooks]

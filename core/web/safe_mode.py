"""What to do when an addon does not run: why, what it did, and how to go on without it.

The page needs no addon, no mail and no script.
"""

from __future__ import annotations

from functools import partial

from flask import Blueprint
from flask import Flask
from flask import abort
from flask import render_template
from flask import url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.identity.access import require
from core.identity.fields import when_allowed
from core.kernel import faults
from core.kernel import lifecycle
from core.kernel.kernel import AddonInfo
from core.web import current
from core.web.addons import switched

blueprint = Blueprint("safe_mode", __name__, url_prefix="/safe-mode")


@blueprint.get("")
@require("addons.view")
def index() -> str:
    """List the addons that should run and do not, each with its last trace."""
    failing = current.kernel().failing()
    known = when_allowed(lambda: faults.recorded(current.reading()), [], "addons.manage")
    last = {fault.addon: fault for fault in reversed(known)}
    return render_template(
        "safe_mode.html",
        failing=failing,
        last=last,
        is_on=current.kernel().config.safe_mode,
        may_switch=current.may("addons.manage"),
    )


@blueprint.post("/<name>/disable")
@require("addons.manage")
def disable(name: str) -> Response:
    """Disable an addon that fails, and what needs it, without asking it; its data stays."""
    if name not in current.kernel().rows:
        abort(404)
    verb = partial(lifecycle.disable, dependents_too=True, force=True)
    said = _("%(addon)s is disabled; its data is kept.", addon=name)
    return switched(name, verb, said, url_for("safe_mode.index"))


def failing_addons() -> list[AddonInfo]:
    """Return what the banner of every page names, to those who may see addons."""
    return current.kernel().failing() if current.may("addons.view") else []


def init_safe_mode(app: Flask) -> None:
    """Let every page name the addons that do not run."""
    app.jinja_env.globals["failing_addons"] = failing_addons

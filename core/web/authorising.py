"""Authorising a connection at its platform: out by a link, back by `/oauth/callback`."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint
from flask import current_app
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.errors import EntrepotError
from core.http import authorising
from core.http.authorising import Way
from core.http.oauth import oauth_of
from core.identity.access import require
from core.identity.audit import audit
from core.kernel import connections
from core.web import current
from core.web.fresh import ask_again

blueprint = Blueprint("oauth", __name__)


@blueprint.post("/connections/<int:connection_id>/authorise")
@require("connections.manage")
def authorise(connection_id: int) -> str | Response:
    """Show where the visitor is about to go; a form may not lead to another site, a link may."""
    kernel = current.kernel()
    connection = connections.connection_by_id(
        current.reading(), connection_id, company_id=current.company().id
    )
    connections.require_enabled(kernel, connection.addon)
    again = ask_again(url_for("connections.show", connection_id=connection_id))
    if again is not None:
        return again
    declared = oauth_of(kernel, connection.addon)
    current.close_reading()
    address = authorising.begin(kernel, connection, _way())
    return render_template(
        "connections/authorise.html",
        connection=connection,
        address=address,
        host=urlsplit(address).hostname,
        scopes=declared.scopes_for(connection.settings) if declared is not None else (),
    )


@blueprint.get("/oauth/callback")
@require("connections.manage")
def callback() -> Response:
    """Take the visitor back from the platform, with a code or a refusal."""
    kernel, way = current.kernel(), _way()
    current.close_reading()
    try:
        connection = authorising.finish(kernel, way, request.args.to_dict())
    except EntrepotError as error:
        flash(str(error), "danger")
        return redirect(url_for("connections.index"), 303)
    with current.writing() as session:
        audit(session, "connection.authorised", f"connection:{connection.id}")
    flash(_("%(label)s is authorised.", label=connection.label), "success")
    return redirect(url_for("connections.show", connection_id=connection.id), 303)


def _way() -> Way:
    visitor = current.visitor()
    root = current.kernel().config.public_url or request.host_url.rstrip("/")
    return Way(
        session_hash=visitor.session_hash if visitor is not None else "",
        company_id=current.company().id,
        back=f"{root}/oauth/callback",
        key=str(current_app.config["SECRET_KEY"]),
    )

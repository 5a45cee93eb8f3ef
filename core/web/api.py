"""The core's own part of the API: who the token belongs to and what it may do."""

from __future__ import annotations

from flask import Blueprint
from flask import Response
from flask import jsonify

from core.identity.access import require
from core.identity.actor import current_actor
from core.web import current
from core.web import rest

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")


@blueprint.get("/me")
@require()
def me() -> Response:
    """Tell a program whose token it has, for which company, and what it may do with it."""
    rest.query()
    actor, company = current_actor(), current.company()
    answer = jsonify(
        {
            "user": actor.name,
            "kind": actor.kind,
            "company": {"id": company.id, "name": company.name},
            "permissions": sorted(actor.permissions or ()),
        }
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer

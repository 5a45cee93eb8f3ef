"""The core's own part of the API: what there is, and who a token belongs to and what it may do."""

from __future__ import annotations

from typing import Any
from typing import TypedDict

from flask import current_app

from core.identity.access import public
from core.identity.access import require
from core.identity.actor import current_actor
from core.web import current
from core.web import rest
from core.web.openapi import document_of

blueprint = rest.blueprint("", __name__)


class Employer(TypedDict):
    """A company."""

    id: int
    name: str


class Me(TypedDict):
    """Whose a token is, for which company, and its scopes."""

    user: str
    kind: str
    company: Employer
    permissions: list[str]


@blueprint.get("/me")
@require()
@rest.asks()
def me() -> rest.Answer[Me]:
    """Tell a program whose token it has, for which company, and what it may do with it."""
    actor, company = current_actor(), current.company()
    return rest.respond(
        {
            "user": actor.name,
            "kind": actor.kind,
            "company": {"id": company.id, "name": company.name},
            "permissions": sorted(actor.permissions or ()),
        }
    )


@blueprint.get("/openapi.json")
@public
@rest.asks()
def openapi() -> rest.Answer[dict[str, Any]]:
    """Tell what this API is made of, as OpenAPI 3.1: this document."""
    return rest.respond(document_of(current_app))

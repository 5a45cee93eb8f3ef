"""The addresses at which platforms deliver webhooks: no session, no form, no page."""

from __future__ import annotations

import json

from flask import Blueprint
from flask import Response
from flask import request

from core import clock
from core.identity.access import public
from core.web import current
from core.webhooks.declaring import webhooks_of
from core.webhooks.inbox import Outcome
from core.webhooks.inbox import challenge
from core.webhooks.inbox import receive as take_in
from core.webhooks.signatures import WebhookMessage

MOST_LETTERS = 200

blueprint = Blueprint("webhooks", __name__, url_prefix="/hooks")


@blueprint.post("/<addon>/<int:connection_id>")
@public
def receive(addon: str, connection_id: int) -> Response:
    """Take in a webhook; an unknown connection is told no other thing than a wrong signature."""
    declared = webhooks_of(current.kernel(), addon)
    if declared is not None:
        request.max_content_length = declared.max_bytes
    message = WebhookMessage(
        # Raw: neither unpacked nor decoded, for that is what was signed.
        body=request.get_data(cache=False, parse_form_data=False),
        headers={name.lower(): value for name, value in request.headers.items()},
        path=request.path,
        query=request.query_string.decode("latin-1"),
        received_at=clock.now(),
    )
    if take_in(current.kernel(), addon, connection_id, message) is Outcome.REFUSED:
        return Response("", 401)
    return Response("", 200)


@blueprint.get("/<addon>/<int:connection_id>")
@public
def answer(addon: str, connection_id: int) -> Response:
    """Answer a platform that tries the address before it delivers anything there."""
    code = request.args.get("challenge_code", "")[:MOST_LETTERS]
    root = current.kernel().config.public_url or request.host_url.rstrip("/")
    said = challenge(current.kernel(), addon, connection_id, code, f"{root}{request.path}")
    if not code or not said:
        return Response("", 401)
    return Response(json.dumps({"challengeResponse": said}), mimetype="application/json")

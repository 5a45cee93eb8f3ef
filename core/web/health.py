"""What machines ask: is the process alive, and can it work."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint
from flask import Response
from flask import jsonify
from sqlalchemy.exc import SQLAlchemyError

from core.identity.access import public
from core.kernel.jobs.health import jobs_health
from core.kernel.models import Addon
from core.rates.feeds import failing_long
from core.web import current

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public
def live() -> Response:
    """Say that the process answers."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
@public
def ready() -> Response:
    """Say whether the database answers too."""
    try:
        current.reading().scalar(sa.select(sa.func.count()).select_from(Addon))
    except SQLAlchemyError:
        answer = jsonify(status="unavailable", reason="the database does not answer")
        answer.status_code = 503
        return answer
    return jsonify(status="ready", generation=current.kernel().generation)


@blueprint.get("/health")
@public
def healthy() -> Response:
    """Say whether the background work goes on; 503 when a person should look."""
    try:
        found = jobs_health(current.reading())
        silent = failing_long(current.reading())
    except SQLAlchemyError:
        answer = jsonify(status="unavailable", reason="the database does not answer")
        answer.status_code = 503
        return answer
    answer = jsonify(
        status="ok" if found.ok and not silent else "degraded",
        troubles=[*found.troubles, *("rates_not_fetched" for _source in silent[:1])],
        workers=len(found.workers),
        waiting=found.waiting,
        running=found.running,
    )
    answer.status_code = 200 if found.ok and not silent else 503
    return answer

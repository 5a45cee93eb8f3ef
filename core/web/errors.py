"""Error answers: what happened, what to do next, and a number to ask about.

Pages get HTML in the visitor's language; addresses under /api get a problem document (RFC 9457).
"""

from __future__ import annotations

import logging

from flask import Flask
from flask import Response
from flask import g
from flask import jsonify
from flask import make_response
from flask import render_template
from flask import request
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from core.errors import Conflict
from core.errors import ConnectorError
from core.errors import EntrepotError
from core.errors import InputError
from core.errors import KernelError
from core.errors import NotFound
from core.errors import Unavailable
from core.errors import Unresolved
from core.errors import Veto
from core.web.confirming import PasswordNeeded
from core.web.preconditions import PreconditionFailed
from core.web.preconditions import PreconditionRequired

log = logging.getLogger(__name__)

STATUS: tuple[tuple[type[EntrepotError], int], ...] = (
    (PreconditionRequired, 428),
    (PreconditionFailed, 412),
    (PasswordNeeded, 403),
    (NotFound, 404),
    (InputError, 400),
    (Conflict, 409),
    (Veto, 409),
    (Unresolved, 409),
    (KernelError, 409),
    (Unavailable, 503),
    (ConnectorError, 409),
)

TITLES: dict[int, tuple[LazyString, LazyString]] = {
    400: (_l("This request cannot be read"), _l("Go back, reload the page and try again.")),
    401: (_l("You are not signed in"), _l("Sign in, then try again.")),
    403: (
        _l("This is not open to you"),
        _l("Ask the person who runs this installation to give you access."),
    ),
    404: (
        _l("There is nothing here"),
        _l("The address may be old, or the addon it belongs to is disabled."),
    ),
    405: (_l("This address does not take that"), _l("Open the page itself and go on from there.")),
    409: (_l("This was refused"), _l("Nothing was changed.")),
    412: (_l("This has changed meanwhile"), _l("Read it again, then decide again.")),
    413: (_l("This is too large"), _l("Send less at once.")),
    428: (_l("This is a change of nothing known"), _l("Read it first, then send the change.")),
    429: (_l("Too many attempts"), _l("Wait a little, then try again.")),
    500: (
        _l("Something went wrong here"),
        _l(
            "Nothing was saved by this request. Try again; if it happens again, pass on the"
            " number below."
        ),
    ),
    503: (
        _l("Not available at the moment"),
        _l("The database does not answer. Try again in a minute; nothing was lost."),
    ),
}


def init_errors(app: Flask) -> None:
    """Answer every error in the same way."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(EntrepotError, _entrepot)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(DBAPIError, _unexpected)
    app.register_error_handler(Exception, _unexpected)


def _http(error: HTTPException) -> Response:
    code = error.code or 500
    if error.response is not None or code < 400:
        return make_response(error.get_response())
    answer = answer_error(code)
    for name, value in error.get_headers():
        if name not in {"Content-Type", "Content-Length"}:
            answer.headers[name] = value
    return answer


def _csrf(_error: CSRFError) -> Response:
    return answer_error(
        400, detail=_l("The form was open too long or came from elsewhere. Nothing was changed.")
    )


def status_of(error: EntrepotError) -> int:
    """Return the status that tells an error of ours."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def _entrepot(error: EntrepotError) -> Response:
    code = status_of(error)
    if code >= 500:
        log.error("request %s failed: %s", g.get("request_id"), error, exc_info=error)
    return answer_error(code, detail=error.message, hint=error.hint, error=error)


def _database(error: OperationalError) -> Response:
    log.error("request %s: the database failed", g.get("request_id"), exc_info=error)
    answer = answer_error(503)
    answer.headers["Retry-After"] = "30"
    return answer


def _unexpected(error: Exception) -> Response:
    log.error("request %s failed", g.get("request_id"), exc_info=error)
    return answer_error(500)


def answer_error(
    code: int,
    *,
    detail: str | LazyString = "",
    hint: str | LazyString = "",
    error: EntrepotError | None = None,
) -> Response:
    """Return the answer for a status: a page, or a problem document under /api."""
    title, advice = TITLES.get(code, TITLES[400] if code < 500 else TITLES[500])
    if request.path.startswith("/api/"):
        problem: dict[str, object] = {
            "type": "about:blank",
            "title": str(title),
            "status": code,
            "detail": str(detail) or str(advice),
            "instance": request.path,
            "correlation_id": g.get("request_id", ""),
        }
        if error is not None:
            # The heading under which docs/reference/errors.md tells what to do.
            problem["code"] = error.code
        answer = jsonify(problem)
        answer.mimetype = "application/problem+json"
    else:
        answer = make_response(
            render_template(
                "error.html",
                code=code,
                title=title,
                detail=detail,
                advice=hint or advice,
                error=error,
            )
        )
    answer.status_code = code
    return answer

"""A form acts once: a double click, a reload or a second tab gets what the first sending got.

Every form carries a number of its own within its CSRF token. Who sends it claims the form in the
database before the view runs. A second sending of the same content to the same address is led to
where the first one went, or told that it was done. A refused form may be sent again, and so may
one with other content: that is another wish.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any
from typing import TypeVar
from typing import cast

from flask import Flask
from flask import Response
from flask import abort
from flask import current_app
from flask import flash
from flask import g
from flask import redirect
from flask import request
from flask_babel import gettext as _
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response as BaseResponse

from core.identity.claims import Outcome
from core.identity.claims import claim_form
from core.identity.claims import give_up_claim
from core.identity.claims import keep_outcome
from core.identity.claims import outcome_of
from core.web import current
from core.web.errors import answer_error

log = logging.getLogger(__name__)

SEPARATOR = "~"
PATIENCE_SECONDS = 5.0
STEP_SECONDS = 0.05
_REPEATABLE = "__entrepot_repeatable__"

View = TypeVar("View", bound=Callable[..., Any])


class FormProtect(CSRFProtect):  # type: ignore[misc]  # flask-wtf has no types
    """The check of the forms' tokens, which hold the form's own number too."""

    def _get_csrf_token(self) -> str | None:
        token = cast("str | None", super()._get_csrf_token())
        return None if token is None else token.partition(SEPARATOR)[0]


def repeatable(view: View) -> View:
    """Let a view run as often as its form is sent: it changes nothing that could be doubled."""
    setattr(view, _REPEATABLE, True)
    return view


def is_repeatable(view: Callable[..., Any]) -> bool:
    """Say whether a view may run as often as its form is sent."""
    return getattr(view, _REPEATABLE, False)


def form_token() -> str:
    """Return a token for one form."""
    return f"{generate_csrf()}{SEPARATOR}{secrets.token_urlsafe(12)}"


def leave_undone() -> None:
    """Say that this request did not do what its form asks for; the form may be sent again."""
    g.left_undone = True


def begin_once() -> BaseResponse | None:
    """Claim the form that is sent; whose form was sent before is answered without the view."""
    if request.method != "POST" or request.endpoint is None or not g.get("csrf_valid"):
        return None  # no form of ours: a program, a webhook, or reading
    if request.path.startswith("/api/"):
        return None  # it has keys of its own for acting once
    if is_repeatable(current_app.view_functions[request.endpoint]):
        return None
    key = _form_key()
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        with current.writing() as session:
            if claim_form(session, key):
                g.form_key = key
                return None
        outcome = _wait_for_outcome(key, until)
        if outcome is not None:
            return _answer_again(outcome)


def finish_once(answer: Response) -> Response:
    """Keep where the form led, or give its claim up when it was refused."""
    key = g.pop("form_key", None)
    if key is None:
        return answer
    try:
        with current.writing() as session:
            if answer.status_code >= 400 or g.get("left_undone"):
                give_up_claim(session, key)
            else:
                keep_outcome(session, key, Outcome(answer.status_code, answer.location))
    except SQLAlchemyError:
        # What was done is done; sent again, the form says that it is not known to have ended.
        log.exception("request %s: the outcome of its form was not kept", g.get("request_id"))
    return answer


def _wait_for_outcome(key: str, until: float) -> Outcome | None:
    """Wait for the first sending; None when it gave the form up."""
    while True:
        with current.kernel().db.read() as session:
            outcome = outcome_of(session, key)
        if outcome is None or outcome.status is not None or time.monotonic() > until:
            return outcome
        time.sleep(STEP_SECONDS)


def _answer_again(outcome: Outcome) -> BaseResponse:
    if outcome.location is not None and outcome.status is not None:
        flash(_("It was sent twice and done once."), "success")
        return redirect(outcome.location, outcome.status)
    if outcome.status is None:
        detail = _("This form was sent before, and what it asks for is still being done.")
    else:
        detail = _("This form was sent before. It was done once; the second time changed nothing.")
    return answer_error(409, detail=detail, hint=_("Open the page anew to see how things stand."))


def _form_key() -> str:
    """Return the digest of a form: its number, who sends it, where to, and what it holds."""
    token, _sep, number = request.form.get("csrf_token", "").partition(SEPARATOR)
    if not token or not number:
        abort(400)
    visitor = current.visitor()
    parts = [number, visitor.session_hash if visitor else "", request.full_path, *_content()]
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:%b" % (len(raw), raw))
    return digest.hexdigest()


def _content() -> Iterator[str]:
    for name, text in sorted(request.form.items(multi=True)):
        if name != "csrf_token":
            yield from (name, text)
    for name, file in sorted(request.files.items(multi=True), key=lambda pair: pair[0]):
        yield from (name, file.filename or "", hashlib.sha256(file.stream.read()).hexdigest())
        file.stream.seek(0)


def init_once(app: Flask) -> None:
    """Let every form of an app act once; after the tokens are checked."""
    app.jinja_env.globals["csrf_token"] = form_token
    app.context_processor(lambda: {"csrf_token": form_token})
    app.before_request(begin_once)
    app.after_request(finish_once)

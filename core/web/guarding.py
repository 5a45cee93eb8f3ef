"""Who may reach which view: asked before every request, from what the views declare."""

from __future__ import annotations

from flask import Blueprint
from flask import Flask
from flask import abort
from flask import current_app
from flask import g
from flask import redirect
from flask import request
from flask import url_for
from werkzeug.wrappers import Response

from core import clock
from core.identity import access
from core.identity import sessions
from core.identity import tokens
from core.identity.actor import HOUSE
from core.identity.actor import OPERATOR
from core.identity.actor import Actor
from core.identity.actor import begin_acting
from core.identity.actor import current_actor
from core.identity.rights import Rights
from core.identity.rights import declared_permissions
from core.identity.rights import rights_of
from core.identity.second_factor import is_totp_required
from core.web import current
from core.web.addresses import open_large
from core.web.current import CompanyFacts
from core.web.current import Visitor
from core.web.errors import answer_error
from core.web.once import FormProtect
from core.web.once import init_once

SESSION_COOKIE = "entrepot_session"

BEFORE_ENROLMENT = frozenset(
    {"account.show", "account.begin_totp", "account.confirm_totp", "login.leave", "shell.prefer"}
    | {"account.confirm"}
)
"""What who must set up a second factor may reach without one."""

OPEN_FILES = frozenset({"static", "bootstrap.static"})
"""The endpoints of the shell's own files, which the sign-in page needs."""

csrf = FormProtect()


def begin() -> None:
    """Begin every request as nobody."""
    begin_acting(Actor("nobody", "", origin=_origin(), request_id=g.get("request_id", "")))


def end(_error: BaseException | None = None) -> None:
    """Give the thread back to the operator: a test or a command goes on in it."""
    begin_acting(OPERATOR)


def admit() -> Response | None:
    """Let the visitor through to a view that is open to him; everybody else is told why not."""
    endpoint = request.endpoint
    if endpoint is not None and is_open(endpoint):
        return None
    _recognise()
    if endpoint is None:
        return None  # there is nothing here, which is said in the shell to who is signed in
    if current.visitor() is None:
        return _ask_to_sign_in()
    if not current_actor().may(*needs(endpoint)):
        abort(403)
    return _ask_to_enrol(endpoint)


def protect() -> None:
    """Check the form's token; after `admit`, so that who is not signed in is sent to sign in."""
    if request.blueprint == "webhooks":
        return  # signed by the platform instead, and no form to look into
    if request.endpoint is None or g.get("by_token"):
        return  # no browser sends a token by itself
    if current_app.config["WTF_CSRF_ENABLED"]:
        csrf.protect()


def is_open(endpoint: str) -> bool:
    """Say whether an endpoint is open to everybody."""
    if endpoint in OPEN_FILES:
        return True
    return access.is_public(current_app.view_functions[endpoint])


def needs(endpoint: str) -> tuple[str, ...]:
    """Return the permissions that an endpoint asks for; files of addons ask for none."""
    if serves_files(endpoint):
        return ()
    return access.needs_of(current_app.view_functions[endpoint])


def serves_files(endpoint: str) -> bool:
    """Say whether an endpoint sends the files beside a blueprint, and is no view of that name."""
    name, _dot, view = endpoint.rpartition(".")
    blueprint = current_app.blueprints.get(name)
    if view != "static" or blueprint is None or not blueprint.has_static_folder:
        return False
    sends = getattr(current_app.view_functions[endpoint], "__func__", None)
    return sends is Blueprint.send_static_file


def _ask_to_sign_in() -> Response:
    if request.path.startswith("/api/"):
        return answer_error(401)
    back = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(url_for("login.show", next=None if back == "/" else back))


def _ask_to_enrol(endpoint: str) -> Response | None:
    """Send who has a role that asks for a second factor to set one up, and nowhere else."""
    visitor = current.visitor()
    if visitor is None or not visitor.must_enrol or endpoint in BEFORE_ENROLMENT:
        return None
    return redirect(url_for("account.show"), 303)


def _recognise() -> None:
    """Find who comes with the request, and the company that he looks at."""
    if request.path.startswith("/api/") and "Authorization" in request.headers:
        _recognise_program()
    else:
        _recognise_browser()


def _recognise_program() -> None:
    """Find whose token comes with the request; it can do what it may and its owner may still."""
    kind, _, text = request.headers["Authorization"].partition(" ")
    use = tokens.find_token(current.reading(), text.strip()) if kind.lower() == "bearer" else None
    if use is None:
        return
    if use.was_used_long_ago:
        with current.writing() as session:
            tokens.note_use(session, use.id)
    rights = rights_of(current.reading(), use.user_id)
    company = rights.company(use.company_id)
    if company is None or company.id != use.company_id:
        return
    g.by_token = True
    visitor = Visitor(use.user_id, use.user, [(company.id, company.name)])
    _enter(visitor, rights, use.company_id, kind="token", scopes=use.scopes)


def _recognise_browser() -> None:
    secret = request.cookies.get(SESSION_COOKIE)
    signed_in = sessions.find_session(current.reading(), secret) if secret else None
    if signed_in is None:
        return
    if clock.now() - signed_in.seen_at > sessions.TOUCH_EVERY:
        with current.writing() as session:
            sessions.touch_session(session, signed_in.session_hash)
    rights = rights_of(current.reading(), signed_in.user_id)
    _enter(
        Visitor(
            signed_in.user_id,
            signed_in.name,
            [(each.id, each.name) for each in rights.companies],
            signed_in.session_hash,
            signed_in.is_fresh,
            signed_in.lacks_totp and is_totp_required(current.reading(), signed_in.user_id),
        ),
        rights,
        signed_in.company_id,
    )


def _enter(
    visitor: Visitor,
    rights: Rights,
    wished: int | None,
    *,
    kind: str = "user",
    scopes: frozenset[str] | None = None,
) -> None:
    company = rights.company(wished)
    company_id = HOUSE if company is None else company.id
    permissions = rights.permissions(company_id, declared_permissions(current.kernel()))
    g.visitor = visitor
    g.company = company and CompanyFacts(
        company.id, company.name, company.country, company.currency, company.timezone
    )
    begin_acting(
        Actor(
            kind,
            visitor.name,
            visitor.user_id,
            company_id,
            permissions if scopes is None else permissions & scopes,
            _origin(),
            g.get("request_id", ""),
        )
    )


def _origin() -> str:
    return request.remote_addr or ""


def init_guarding(app: Flask) -> None:
    """Guard every view of an app."""
    app.before_request(begin)
    app.before_request(admit)
    app.before_request(open_large)
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    csrf.init_app(app)
    app.before_request(protect)
    init_once(app)
    app.teardown_request(end)

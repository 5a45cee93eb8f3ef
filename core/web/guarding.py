"""Who may reach which view: asked before every request, from what the views declare."""

from __future__ import annotations

from flask import Flask
from flask import abort
from flask import current_app
from flask import g
from flask import redirect
from flask import request
from flask import url_for
from flask_wtf import CSRFProtect
from werkzeug.wrappers import Response

from core import clock
from core.identity import access
from core.identity import sessions
from core.identity.actor import HOUSE
from core.identity.actor import OPERATOR
from core.identity.actor import Actor
from core.identity.actor import begin_acting
from core.identity.actor import current_actor
from core.identity.rights import Rights
from core.identity.rights import rights_of
from core.kernel.kernel import Kernel
from core.web import current
from core.web.current import CompanyFacts
from core.web.current import Visitor
from core.web.errors import answer_error

SESSION_COOKIE = "entrepot_session"

csrf = CSRFProtect()


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
    return None


def protect() -> None:
    """Check the form's token; after `admit`, so that who is not signed in is sent to sign in."""
    if request.blueprint == "webhooks":
        return  # signed by the platform instead, and no form to look into
    if current_app.config["WTF_CSRF_ENABLED"] and request.endpoint is not None:
        csrf.protect()


def is_open(endpoint: str) -> bool:
    """Say whether an endpoint is open to everybody."""
    if endpoint in {"static", "bootstrap.static"}:
        return True
    return access.is_public(current_app.view_functions[endpoint])


def needs(endpoint: str) -> tuple[str, ...]:
    """Return the permissions that an endpoint asks for; files of addons ask for none."""
    if endpoint.endswith(".static"):
        return ()
    return access.needs_of(current_app.view_functions[endpoint])


def _ask_to_sign_in() -> Response:
    if request.path.startswith("/api/"):
        return answer_error(401)
    back = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(url_for("login.show", next=None if back == "/" else back))


def _recognise() -> None:
    """Find who comes with the request, and the company that he looks at."""
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
        ),
        rights,
        signed_in.company_id,
    )


def _enter(visitor: Visitor, rights: Rights, wished: int | None) -> None:
    company = rights.company(wished)
    company_id = HOUSE if company is None else company.id
    g.visitor = visitor
    g.company = company and CompanyFacts(
        company.id, company.name, company.country, company.currency, company.timezone
    )
    begin_acting(
        Actor(
            "user",
            visitor.name,
            visitor.user_id,
            company_id,
            rights.permissions(company_id, declared_permissions(current.kernel())),
            _origin(),
            g.get("request_id", ""),
        )
    )


def declared_permissions(kernel: Kernel) -> frozenset[str]:
    """Return what enabled addons declare."""
    manifests = (kernel.found[name].manifest for name in kernel.enabled if name in kernel.found)
    return frozenset(name for manifest in manifests for name in manifest.permissions)


def _origin() -> str:
    return request.remote_addr or ""


def init_guarding(app: Flask) -> None:
    """Guard every view of an app."""
    app.before_request(begin)
    app.before_request(admit)
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    csrf.init_app(app)
    app.before_request(protect)
    app.teardown_request(end)

"""The shell around every page: who is signed in, his company, the menu, language and theme."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from flask import Blueprint
from flask import Flask
from flask import Response
from flask import abort
from flask import g
from flask import redirect
from flask import request
from flask import url_for
from werkzeug.wrappers import Response as BaseResponse

from core import clock
from core.kernel.i18n import addon_texts
from core.kernel.models import Company
from core.web import auth
from core.web import current
from core.web.current import CompanyFacts
from core.web.current import Visitor
from core.web.errors import answer_error
from core.web.forms import local_path
from core.web.i18n import COOKIE as LANGUAGE_COOKIE
from core.web.i18n import LANGUAGES
from core.web.icons import icon
from core.web.menu import addon_menu
from core.web.menu import core_menu

SESSION_COOKIE = "entrepot_session"
THEME_COOKIE = "entrepot_theme"
THEMES = ("auto", "light", "dark")
ONE_YEAR = 31_536_000

PUBLIC = frozenset(
    {
        "static",
        "bootstrap.static",
        "health.live",
        "health.ready",
        "login.show",
        "login.enter",
        "shell.prefer",
    }
)

blueprint = Blueprint("shell", __name__)


def require_session() -> BaseResponse | None:
    """Let nobody past the few public pages who is not signed in."""
    if request.endpoint in PUBLIC:
        return None
    _recognise()
    if current.visitor() is not None or request.endpoint is None:
        return None
    if request.path.startswith("/api/"):
        return answer_error(401)
    back = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(url_for("login.show", next=None if back == "/" else back))


def _recognise() -> None:
    """Find who comes with the request, and the company that he looks at."""
    secret = request.cookies.get(SESSION_COOKIE)
    signed_in = auth.find_session(current.reading(), secret) if secret else None
    if signed_in is None:
        return
    if clock.now() - signed_in.seen_at > auth.TOUCH_EVERY:
        with current.writing() as session:
            auth.touch_session(session, signed_in.session_hash)
    g.visitor = Visitor(signed_in.user_id, signed_in.name, signed_in.role, signed_in.session_hash)
    g.company = _company(signed_in.company_id)


def _company(company_id: int | None) -> CompanyFacts | None:
    query = sa.select(Company).order_by(Company.id).limit(1)
    if company_id is not None:
        query = query.where(Company.id == company_id)
    row = current.reading().scalars(query).one_or_none()
    if row is None:
        return None
    return CompanyFacts(row.id, row.name, row.country, row.currency, row.timezone)


@blueprint.post("/preferences")
def prefer() -> BaseResponse:
    """Keep the visitor's choice of language or theme and go back to where he was."""
    answer = redirect(local_path(request.form.get("next")), 303)
    language, theme = request.form.get("language"), request.form.get("theme")
    if language in LANGUAGES:
        set_cookie(answer, LANGUAGE_COOKIE, language, max_age=ONE_YEAR)
    elif theme in THEMES:
        set_cookie(answer, THEME_COOKIE, theme, max_age=ONE_YEAR)
    else:
        abort(400)
    return answer


def set_cookie(answer: BaseResponse, name: str, value: str, *, max_age: int) -> None:
    """Set a cookie that no script reads and no other site sends."""
    answer.set_cookie(
        name, value, max_age=max_age, httponly=True, samesite="Lax", secure=request.is_secure
    )


def theme() -> str:
    """Return the visitor's theme; `auto` follows his system."""
    chosen = request.cookies.get(THEME_COOKIE, "auto")
    return chosen if chosen in THEMES else "auto"


@cache
def _fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def asset(filename: str) -> str:
    """Return the address of a static file; it changes with the file, so it may be kept long."""
    folder = Path(__file__).parent / "static"
    return url_for("static", filename=filename, v=_fingerprint(folder / filename))


def _offer() -> dict[str, object]:
    """Return what the templates of pages may use."""
    return {
        "visitor": current.visitor(),
        "company": g.get("company"),
        "theme": theme(),
        "next_theme": THEMES[(THEMES.index(theme()) + 1) % len(THEMES)],
        "here": request.full_path.rstrip("?") if request.method == "GET" else "/",
        "request_id": g.get("request_id", ""),
    }


def with_page(cursor: str) -> str:
    """Return the address of another page of the list that is shown, its filters kept."""
    arguments = {**request.args.to_dict(), **(request.view_args or {}), "page": cursor}
    return url_for(request.endpoint or "home.show", **arguments)


def addon_text(name: str, text: str) -> str:
    """Return a text of an addon's manifest in the visitor's language, from its own catalogue."""
    found = current.kernel().found.get(name)
    if not text or found is None:
        return text
    return str(addon_texts(found.folder / "translations").gettext(text))


def _menu() -> list[object]:
    return [core_menu(), addon_menu(current.kernel())]


def _long_lived(response: Response) -> Response:
    if request.endpoint in {"static", "bootstrap.static"} and "v" in request.args:
        response.headers["Cache-Control"] = f"public, max-age={ONE_YEAR}, immutable"
    return response


def init_shell(app: Flask) -> None:
    """Put the shell around an app's pages."""
    app.before_request(require_session)
    app.after_request(_long_lived)
    app.teardown_request(current.close_reading)
    app.context_processor(_offer)
    app.jinja_env.globals.update(
        asset=asset, icon=icon, menu=_menu, with_page=with_page, addon_text=addon_text
    )
    app.register_blueprint(blueprint)

"""The shell around every page: who is signed in, his company, the menu, language and theme."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from flask import Blueprint
from flask import Flask
from flask import Response
from flask import abort
from flask import g
from flask import redirect
from flask import request
from flask import url_for
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response as BaseResponse

from core.identity import sessions
from core.identity.access import public
from core.identity.access import require
from core.kernel.i18n import addon_texts
from core.kernel.jobs.health import find_troubles
from core.web import current
from core.web.forms import local_path
from core.web.i18n import COOKIE as LANGUAGE_COOKIE
from core.web.i18n import LANGUAGES
from core.web.icons import icon
from core.web.menu import addon_menu
from core.web.menu import core_menu
from core.web.once import repeatable

THEME_COOKIE = "entrepot_theme"
THEMES = ("auto", "light", "dark")
SHORTCUTS_COOKIE = "entrepot_shortcuts"
SHORTCUTS = ("on", "off")
ONE_YEAR = 31_536_000

blueprint = Blueprint("shell", __name__)


@blueprint.post("/preferences")
@public
@repeatable
def prefer() -> BaseResponse:
    """Keep the visitor's choice of language, theme or shortcuts and go back to where he was."""
    answer = redirect(local_path(request.form.get("next")), 303)
    language, theme = request.form.get("language"), request.form.get("theme")
    if language in LANGUAGES:
        set_cookie(answer, LANGUAGE_COOKIE, language, max_age=ONE_YEAR)
    elif theme in THEMES:
        set_cookie(answer, THEME_COOKIE, theme, max_age=ONE_YEAR)
    elif request.form.get("shortcuts") in SHORTCUTS:
        set_cookie(answer, SHORTCUTS_COOKIE, request.form["shortcuts"], max_age=ONE_YEAR)
    else:
        abort(400)
    return answer


@blueprint.post("/company")
@require()
def choose_company() -> BaseResponse:
    """Look at another of the visitor's companies; one that is not his does not exist for him."""
    visitor, company_id = current.visitor(), request.form.get("company", type=int)
    if visitor is None or company_id not in dict(visitor.companies):
        abort(404)
    with current.writing() as session:
        sessions.choose_company(session, visitor.session_hash, company_id)
    # Not where he was: a record of one company is not there in another.
    return redirect(url_for("home.show"), 303)


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
        "may": current.may,
        "theme": theme(),
        "shortcuts": request.cookies.get(SHORTCUTS_COOKIE) != "off",
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


def _troubles() -> tuple[str, ...]:
    """Return what is wrong with the background work; it stands on every page."""
    try:
        return find_troubles(current.reading())
    except SQLAlchemyError:  # the page that is shown is about that
        return ()


def _menu() -> list[object]:
    return [core_menu(), addon_menu(current.kernel())]


def _long_lived(response: Response) -> Response:
    if request.endpoint in {"static", "bootstrap.static"} and "v" in request.args:
        response.headers["Cache-Control"] = f"public, max-age={ONE_YEAR}, immutable"
    return response


def init_shell(app: Flask) -> None:
    """Put the shell around an app's pages."""
    app.after_request(_long_lived)
    app.teardown_request(current.close_reading)
    app.context_processor(_offer)
    app.jinja_env.globals.update(
        asset=asset,
        icon=icon,
        menu=_menu,
        troubles=_troubles,
        with_page=with_page,
        addon_text=addon_text,
    )
    app.register_blueprint(blueprint)

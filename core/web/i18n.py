"""Languages: English and simplified Chinese at equal rank, by choice or by the browser's wish."""

from __future__ import annotations

from pathlib import Path

from babel import Locale
from flask import Flask
from flask import g
from flask import has_request_context
from flask import request
from flask_babel import Babel

import core

LANGUAGES = {"en": "English", "zh_Hans": "简体中文"}
COOKIE = "entrepot_language"
FOLDER = Path(core.__file__).parent / "translations"


def select_language() -> str:
    """Return the language that the visitor chose, or else the first one he reads that we speak."""
    if not has_request_context():
        return "en"
    chosen = request.cookies.get(COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    for wish, _quality in request.accept_languages:
        language = wish.replace("_", "-").split("-")[0].lower()
        if language in ("en", "zh"):
            return "zh_Hans" if language == "zh" else "en"
    return "en"


def language() -> str:
    """Return the language of this request."""
    if "language" not in g:
        g.language = select_language()
    return str(g.language)


def locale() -> Locale:
    """Return the locale by which this request writes numbers, months and countries."""
    return Locale.parse(language())


def init_i18n(app: Flask) -> None:
    """Give an app its translations."""
    Babel(
        app,
        default_locale="en",
        default_translation_directories=str(FOLDER),
        locale_selector=language,
    )
    # A request is in one language: one translated answer must not serve the other.
    app.after_request(_vary)
    app.jinja_env.globals.update(LANGUAGES=LANGUAGES, language=language)


def _vary(response):  # type: ignore[no-untyped-def]
    response.vary.update(("Accept-Language", "Cookie"))
    return response

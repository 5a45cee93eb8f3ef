"""Languages: English and simplified Chinese at equal rank, by choice or by the browser's wish.

Catalogues are read as they were written (`translations/<language>/LC_MESSAGES/messages.po`), like
those of addons: nothing is compiled, so that none can be older than its source.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from babel import Locale
from babel.support import NullTranslations
from flask import Flask
from flask import Response
from flask import g
from flask import has_request_context
from flask import request
from flask_babel import Babel
from flask_babel import Domain

import core
from core.kernel.i18n import read_catalogue

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
    return _locale(language())


@lru_cache(maxsize=4)
def _locale(tag: str) -> Locale:
    return Locale.parse(tag)


class CoreTexts(Domain):  # type: ignore[misc]  # flask-babel has no types
    """The texts of the core in the language of the request."""

    def get_translations(self) -> NullTranslations:
        """Return the catalogue of the request's language."""
        if not has_request_context():
            return NullTranslations()
        name = language()
        if name not in self.cache:
            file = FOLDER / name / "LC_MESSAGES" / "messages.po"
            self.cache[name] = read_catalogue(file, name)
        return self.cache[name]  # type: ignore[no-any-return]


def init_i18n(app: Flask) -> None:
    """Give an app its translations."""
    babel = Babel(app, default_locale="en", locale_selector=language)
    babel.domain_instance = CoreTexts()
    app.after_request(_vary)
    app.jinja_env.globals.update(LANGUAGES=LANGUAGES, language=language)


def _vary(response: Response) -> Response:
    # One address in two languages: an answer kept by a proxy must not serve the other one.
    response.vary.update(("Accept-Language", "Cookie"))
    return response

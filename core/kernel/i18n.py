"""Texts of addons: each has its own catalogue, and what is not in it is looked up in the core's.

Catalogues are read from `translations/<language>/LC_MESSAGES/messages.po`; nothing is compiled, so
that none can be older than its source.
"""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations
from babel.support import Translations
from flask_babel import Domain
from flask_babel import get_babel
from flask_babel import get_locale


class AddonTexts(Domain):  # type: ignore[misc]  # flask-babel has no types
    """The texts of one addon in the language of the request."""

    def __init__(self, folder: Path) -> None:
        super().__init__([str(folder)])
        self.folder = folder

    def get_translations(self) -> NullTranslations:
        """Return the addon's catalogue in front of the core's."""
        locale = get_locale()
        if locale is None:
            return NullTranslations()
        language = str(locale)
        if language not in self.cache:
            translations = read_catalogue(
                self.folder / language / "LC_MESSAGES" / "messages.po", language
            )
            translations.add_fallback(get_babel().instance.domain_instance.get_translations())
            self.cache[language] = translations
        return self.cache[language]  # type: ignore[no-any-return]


@cache
def addon_texts(folder: Path) -> AddonTexts:
    """Return the texts whose catalogues lie in a folder, an addon's `translations`."""
    return AddonTexts(folder)


def read_catalogue(file: Path, language: str) -> Translations:
    """Read a catalogue; an absent one is empty."""
    if not file.is_file():
        return Translations()
    compiled = io.BytesIO()
    with file.open("rb") as stream:
        write_mo(compiled, read_po(stream, locale=language, domain="messages"))
    compiled.seek(0)
    return Translations(compiled)

"""What the forms of settings share: words in the visitor's language, and what went wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping
from typing import Any

from flask import request
from flask_babel import gettext
from marshmallow import Schema

from core.errors import EntrepotError
from core.kernel.forms import SettingsForm
from core.kernel.forms import settings_form
from core.kernel.forms import values_of
from core.kernel.schema import SettingsRefused
from core.web.errors import status_of
from core.web.shell import addon_text


def _l(text: str) -> str:
    """Mark a text for the catalogues; it is looked up when it is said."""
    return text


# What marshmallow says, written as our catalogues write it.
SAYINGS = (
    _l("Missing data for required field."),
    _l("Field may not be null."),
    _l("Not a valid string."),
    _l("Not a valid integer."),
    _l("Not a valid number."),
    _l("Not a valid boolean."),
    _l("Not a valid date."),
    _l("Not a valid URL."),
    _l("Not a valid email address."),
    _l("Must be one of: %(choices)s."),
    _l("Must be greater than or equal to %(min)s and less than or equal to %(max)s."),
    _l("Must be greater than or equal to %(min)s."),
    _l("Must be less than or equal to %(max)s."),
    _l("Length must be between %(min)s and %(max)s."),
    _l("Shorter than minimum length %(min)s."),
    _l("Longer than maximum length %(max)s."),
    _l("The environment variable %(name)s is not set."),
)


def _pattern(saying: str) -> re.Pattern[str]:
    parts = re.split(r"%\((\w+)\)s", saying)
    names = {place: f"(?P<{part}>.+)" for place, part in enumerate(parts) if place % 2}
    return re.compile("".join(names.get(i, re.escape(part)) for i, part in enumerate(parts)))


PATTERNS = tuple((saying, _pattern(saying)) for saying in SAYINGS)


def words_of(addon: str) -> Callable[[str], str]:
    """Return what turns a text of an addon or of marshmallow into the visitor's language."""

    def translate(text: str) -> str:
        for saying, pattern in PATTERNS:
            if found := pattern.fullmatch(text):
                return str(gettext(saying, **found.groupdict()))
        return addon_text(addon, text)

    return translate


def filled_form(
    addon: str, kind: type[Schema], settings: Mapping[str, Any], stored: Collection[str] = ()
) -> SettingsForm:
    """Return the form of an addon's settings: as it was sent, or filled from what is stored."""
    form = settings_form(kind, words_of(addon), stored)
    if request.method == "POST":
        return form(request.form)
    return form(data=values_of(kind, settings))


def refusal_of(form: SettingsForm, error: EntrepotError) -> tuple[list[str], int]:
    """Return what to say above a form, and the status; what concerns a field goes onto it."""
    if isinstance(error, SettingsRefused):
        return form.show_refusal(error), 400
    return [str(error)], status_of(error)

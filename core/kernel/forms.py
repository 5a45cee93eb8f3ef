"""One marshmallow schema as a form: WTForms renders and parses, marshmallow alone validates."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping
from typing import Any

from marshmallow import Schema
from marshmallow import fields
from marshmallow import missing
from marshmallow import validate
from wtforms import BooleanField
from wtforms import Field
from wtforms import Form
from wtforms import PasswordField
from wtforms import SelectField
from wtforms import SelectMultipleField
from wtforms import StringField
from wtforms import TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its types
from wtforms.widgets import DateInput
from wtforms.widgets import NumberInput

from core.kernel.schema import Secret
from core.kernel.schema import SettingsRefused

# A setting may be called `data` or `errors`, as attributes of every form are.
PREFIX = "setting_"

Words = Callable[[str], str]
"""Turns a label, a help text or a message into the visitor's language."""


class SettingsForm(Form):
    """The settings of a schema as a form; `settings_form` makes one for each schema."""

    schema: type[Schema] = Schema
    words: Words = staticmethod(str)

    def settings(self) -> list[Field]:
        """Return the fields in the order of the schema."""
        return [self[PREFIX + name] for name in self.schema().load_fields]

    def given(self) -> dict[str, Any]:
        """Return what was entered, as the schema takes it; an empty field says nothing."""
        entered = {name: _parsed(self[PREFIX + name]) for name in self.schema().load_fields}
        return {name: value for name, value in entered.items() if value not in (None, "")}

    def show_refusal(self, refused: SettingsRefused) -> list[str]:
        """Put the messages onto their fields; return those that belong to none."""
        left: list[str] = []
        for name, messages in refused.messages.items():
            texts = [self.words(message) for message in messages]
            if PREFIX + name in self:
                self[PREFIX + name].errors = texts
            else:
                left += texts
        return left


class Lines(TextAreaField):
    """A list or a table as text, one item on each line."""

    table = False


class TableLines(Lines):
    """A table of names and values as lines `name = value`."""

    table = True


def settings_form(
    kind: type[Schema], words: Words = str, stored: Collection[str] = ()
) -> type[SettingsForm]:
    """Return the form of a schema; `stored` names the secrets that may be left empty."""
    made: dict[str, Any] = {"schema": kind, "words": staticmethod(words)}
    for name, field in kind().load_fields.items():
        made[PREFIX + name] = _field(name, field, words, kept=name in stored)
    return type(f"{kind.__name__}Form", (SettingsForm,), made)


def values_of(kind: type[Schema], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored settings as the values with which the form is filled."""
    shown: dict[str, Any] = {}
    for name, field in kind().load_fields.items():
        default = None if field.load_default is missing else field.load_default
        value = settings.get(name, default() if callable(default) else default)
        if isinstance(value, Mapping):
            value = "\n".join(f"{key} = {each}" for key, each in value.items())
        elif isinstance(value, list | tuple) and not _choices(getattr(field, "inner", None)):
            value = "\n".join(map(str, value))
        shown[PREFIX + name] = value
    return shown


def _field(name: str, field: fields.Field[Any], words: Words, *, kept: bool) -> Any:
    label = field.metadata.get("label") or name.replace("_", " ").capitalize()
    more: dict[str, Any] = {
        "label": words(str(label)),
        "description": words(str(field.metadata.get("help") or "")),
        "render_kw": {"required": True} if field.required and not kept else {},
    }
    chosen = _choices(field)
    if isinstance(field, Secret):
        more["render_kw"] |= {"autocomplete": "new-password", "data_stored": str(kept).lower()}
        return PasswordField(**more)
    if chosen:
        empty = [] if field.required else [SelectChoice("", "–")]
        options = [*empty, *(SelectChoice(value, words(text)) for value, text in chosen.items())]
        return SelectField(choices=options, validate_choice=False, **more)
    if isinstance(field, fields.List):
        return _list(_choices(field.inner), words, more)
    if isinstance(field, fields.Dict):
        return TableLines(**more)
    if isinstance(field, fields.Boolean):
        return BooleanField(**{**more, "render_kw": {}})
    kind = TextAreaField if field.metadata.get("lines") else StringField
    return kind(widget=_widget(field), **more)


def _list(chosen: Mapping[str, str], words: Words, more: dict[str, Any]) -> Any:
    if not chosen:
        return Lines(**more)
    options = [SelectChoice(value, words(text)) for value, text in chosen.items()]
    return SelectMultipleField(choices=options, validate_choice=False, **more)


def _widget(field: fields.Field[Any]) -> Any:
    if isinstance(field, fields.Integer):
        return NumberInput(step="1")
    if isinstance(field, fields.Date):
        return DateInput()
    return None


def _choices(field: Any) -> dict[str, str]:
    """Return the values that a field may have, with their words; empty when it is free."""
    if (words := getattr(field, "choices", None)) is not None:
        return dict(words)
    for rule in getattr(field, "validators", ()):
        if isinstance(rule, validate.OneOf):
            return {str(value): text or str(value) for value, text in rule.options()}
    return {}


def _parsed(field: Field) -> Any:
    if isinstance(field, Lines):
        lines = [line.strip() for line in (field.data or "").splitlines() if line.strip()]
        if not field.table:
            return lines
        pairs = (line.partition("=") for line in lines)
        return {key.strip(): value.strip() for key, _, value in pairs}
    return field.data.strip() if isinstance(field.data, str) else field.data

"""The environment of templates: what the visitor may not see does not get into them."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.templating import Environment

from core.identity.fields import HIDDEN
from core.identity.fields import Hidden
from core.identity.fields import shown_value


class GuardedEnvironment(Environment):
    """An environment that asks of every attribute whether the visitor may see it."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return an attribute as the visitor may see it."""
        return (
            HIDDEN
            if obj is HIDDEN
            else shown_value(obj, attribute, super().getattr(obj, attribute))
        )

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return an item as the visitor may see it."""
        if obj is HIDDEN:
            return HIDDEN
        value = super().getitem(obj, argument)
        return shown_value(obj, argument, value) if isinstance(argument, str) else value


def is_hidden(value: object) -> bool:
    """Say whether a value is hidden, for templates that leave a place out then."""
    return isinstance(value, Hidden)


def init_templating(app: Flask) -> None:
    """Let all templates of an app, also those of addons, use it; before the first one is read."""
    app.jinja_environment = GuardedEnvironment
    app.jinja_env.tests["hidden"] = is_hidden

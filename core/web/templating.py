"""The environment of templates: what the visitor may not see does not get into them."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.templating import Environment
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from core.identity.fields import HIDDEN
from core.identity.fields import Hidden
from core.identity.fields import shown_value


class Compiled(BytecodeCache):
    """Keeps what templates were compiled to for every further app of the process."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill a bucket with what was kept of its template; that it is the same source is seen."""
        kept = self._kept.get(bucket.key)
        if kept is not None:
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what a template was compiled to."""
        self._kept[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


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
    app.jinja_env.bytecode_cache = COMPILED
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.tests["hidden"] = is_hidden

"""JSON schemas of what views answer, made of the Python types that they are annotated with.

A TypedDict is an object with just its keys. A dataclass is what `visible_fields` makes of it: a
field that not everybody may see may be null too, and says which permission it needs.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import fields
from dataclasses import is_dataclass
from datetime import date
from datetime import datetime
from decimal import Decimal
from enum import Enum
from types import NoneType
from types import UnionType
from typing import Any
from typing import Generic
from typing import Literal
from typing import NotRequired
from typing import TypeVar
from typing import Union
from typing import get_args
from typing import get_origin
from typing import get_type_hints
from typing import is_typeddict

from core.identity.fields import needed_for

Schema = dict[str, Any]

A = TypeVar("A")
B = TypeVar("B")

PLAIN: Mapping[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    float: {"type": "number"},
    NoneType: {"type": "null"},
    Decimal: {"type": "string"},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "format": "date-time"},
    object: {},
    Any: {},
}


class Both(Generic[A, B]):
    """An object with the fields of both types; where both have one, it is that of the second."""


class Shapes:
    """The schemas of types; objects are kept once under `components` and referred to."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}
        self._names: dict[Any, str] = {}

    def schema_of(self, kind: Any) -> Schema:
        """Return the schema of a type.

        Raises: TypeError for a type that no answer is made of.
        """
        origin, arguments = get_origin(kind), get_args(kind)
        if kind in PLAIN:
            made = dict(PLAIN[kind])
        elif origin is Literal:
            made = {"enum": list(arguments)}
        elif origin in (Union, UnionType):
            made = _either([self.schema_of(each) for each in arguments])
        elif isinstance(kind, type) and issubclass(kind, Enum):
            made = {"enum": [each.value for each in kind]}
        elif origin in (list, tuple, Sequence):
            made = {"type": "array", "items": self.schema_of(arguments[0])}
        elif origin in (dict, Mapping):
            made = {"type": "object", "additionalProperties": self.schema_of(arguments[1])}
        else:
            made = self._named(kind)
        return made

    def _named(self, kind: Any) -> Schema:
        name = self._names.get(kind)
        if name is None:
            name = self._names[kind] = self._free_name(kind)
            self.components[name] = {}  # a type may hold itself
            self.components[name] = self._object(kind)
        return {"$ref": f"#/components/schemas/{name}"}

    def _free_name(self, kind: Any) -> str:
        """Return a name for a type; two modules may call theirs the same."""
        name = _name_of(kind)
        if name in self.components:
            name = f"{_module_of(kind).title()}{name}"
        if name in self.components:
            raise TypeError(f"two types are called {name}")
        return name

    def _object(self, kind: Any) -> Schema:
        origin = get_origin(kind) or kind
        if origin is Both:
            first, second = (self._object(each) for each in get_args(kind))
            return (
                first
                | {"properties": first["properties"] | second["properties"]}
                | _required(first["properties"] | second["properties"])
            )
        if is_typeddict(origin):
            return self._of_typed_dict(kind, origin)
        if is_dataclass(origin):
            return self._of_dataclass(origin)
        raise TypeError(f"{kind!r} has no schema: name a TypedDict or a dataclass")

    def _of_typed_dict(self, kind: Any, origin: Any) -> Schema:
        given = dict(zip(getattr(origin, "__parameters__", ()), get_args(kind), strict=True))
        hints = get_type_hints(origin, include_extras=True)
        optional = frozenset(name for name, hint in hints.items() if _may_lack(hint))
        bare = {n: get_args(hint)[0] if n in optional else hint for n, hint in hints.items()}
        properties = {name: self.schema_of(_filled(hint, given)) for name, hint in bare.items()}
        return _described(origin, properties) | _required(properties, optional)

    def _of_dataclass(self, kind: Any) -> Schema:
        hints = get_type_hints(kind)
        properties = {
            each.name: self._seen(self.schema_of(hints[each.name]), needed_for(kind, each.name))
            for each in fields(kind)
        }
        return _described(kind, properties) | _required(properties)

    @staticmethod
    def _seen(schema: Schema, permission: str) -> Schema:
        if not permission:
            return schema
        return _either([schema, {"type": "null"}]) | {
            "description": f"null without the scope {permission}"
        }


def _may_lack(hint: Any) -> bool:
    return get_origin(hint) is NotRequired


def _filled(hint: Any, given: Mapping[Any, Any]) -> Any:
    """Return a hint with the type variables that it names filled in."""
    if hint in given:
        return given[hint]
    parameters = getattr(hint, "__parameters__", ())
    return hint[tuple(given[each] for each in parameters)] if parameters else hint


def _either(schemas: Sequence[Schema]) -> Schema:
    """Return the schema of what fits one of some; plain types stand in one list."""
    if not all(set(each) <= {"type", "format"} for each in schemas):
        return {"anyOf": list(schemas)}
    types = [each["type"] for each in schemas]
    flat = [each for kind in types for each in (kind if isinstance(kind, list) else [kind])]
    made: Schema = {"type": list(dict.fromkeys(flat))}
    for each in schemas:
        made |= {name: value for name, value in each.items() if name == "format"}
    return made


def _described(kind: Any, properties: Schema) -> Schema:
    text = " ".join((kind.__doc__ or "").split())
    return {"type": "object", "description": text, "properties": properties}


def _required(properties: Schema, optional: frozenset[str] = frozenset()) -> Schema:
    return {
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def _name_of(kind: Any) -> str:
    origin = get_origin(kind)
    if origin is Both:
        return _name_of(get_args(kind)[1])
    inner = "".join(_name_of(each) for each in get_args(kind) if not isinstance(each, TypeVar))
    return f"{inner}{origin.__name__}" if origin else str(getattr(kind, "__name__", kind))


def _module_of(kind: Any) -> str:
    return str((get_origin(kind) or kind).__module__).split(".")[1]


def answer_of(view: Callable[..., Any], answer: type) -> Any:
    """Return what a view says that its answers hold; None where it does not say."""
    hints = get_type_hints(getattr(view, "__wrapped__", view))
    said = hints.get("return")
    return get_args(said)[0] if get_origin(said) is answer else None

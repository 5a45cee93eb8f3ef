"""The document of the API to be read by people: which requests there are, and what they hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint
from flask import current_app
from flask import render_template

from core.errors import NotFound
from core.identity.access import require
from core.web.openapi import document_of
from core.web.shapes import Schema

blueprint = Blueprint("reference", __name__, url_prefix="/help/api")

REFERS = "#/components/schemas/"


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter or a field: its type, the shape that it refers to, its limits."""

    name: str
    type: str
    shape: str
    required: bool
    said: str


@dataclass(frozen=True, slots=True)
class Operation:
    """A request that can be made."""

    name: str
    method: str
    path: str
    summary: str
    said: str
    scopes: tuple[str, ...]
    asked: tuple[Field, ...]
    body: tuple[Field, ...]
    answer: Field


@blueprint.get("")
@require()
def index() -> str:
    """List all requests by part of the API."""
    return render_template("reference/index.html", parts=_parts())


@blueprint.get("/<part>")
@require()
def show(part: str) -> str:
    """Show the requests of a part with what they hold, and the shapes of their answers."""
    parts = _parts()
    if part not in parts:
        raise NotFound("The API has no such part.")
    shapes = document_of(current_app)["components"]["schemas"]
    wanted = [name for each in parts[part] for name in _within(shapes, each.answer.shape)]
    return render_template(
        "reference/show.html",
        parts=parts,
        part=part,
        operations=parts[part],
        shapes={
            name: (shapes[name].get("description", ""), fields_of(shapes[name]))
            for name in sorted(set(wanted))
        },
    )


def _parts() -> Mapping[str, list[Operation]]:
    parts: defaultdict[str, list[Operation]] = defaultdict(list)
    for path, methods in document_of(current_app)["paths"].items():
        here = methods.get("parameters", [])
        for method, made in methods.items():
            if method != "parameters":
                parts[made["tags"][0]].append(_operation(path, method, made, here))
    return dict(sorted(parts.items()))


def _operation(path: str, method: str, made: Schema, here: list[Schema]) -> Operation:
    content = made.get("requestBody", {}).get("content", {})
    schema: Schema = next((each["schema"] for each in content.values()), {})
    answer = made["responses"]["200"]["content"]["application/json"]["schema"]
    return Operation(
        made["operationId"],
        method.upper(),
        path,
        made["summary"],
        made["description"],
        tuple(made["x-scopes"]),
        tuple(_parameter(each) for each in [*here, *made["parameters"]] if "name" in each),
        tuple(fields_of(schema)),
        _field("", answer, required=True),
    )


def _parameter(made: Schema) -> Field:
    return _field(made["name"], made["schema"], required=made["required"])


def fields_of(schema: Schema) -> list[Field]:
    """Return the fields of an object."""
    required = schema.get("required", ())
    properties = schema.get("properties", {})
    return [_field(name, each, required=name in required) for name, each in properties.items()]


def _field(name: str, schema: Schema, *, required: bool) -> Field:
    return Field(name, _type_of(schema), _shape_of(schema), required, schema.get("description", ""))


def _type_of(schema: Schema) -> str:
    """Return a type as a reader of code writes it, with its limits."""
    if "$ref" in schema:
        return str(schema["$ref"].removeprefix(REFERS))
    if "anyOf" in schema:
        return " | ".join(_type_of(each) for each in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(f'"{each}"' for each in schema["enum"])
    kind = schema.get("type", "any")
    text = " | ".join(kind) if isinstance(kind, list) else str(kind)
    if text == "array":
        return f"[{_type_of(schema.get('items', {}))}]"
    if text == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"{{name: {_type_of(schema['additionalProperties'])}}}"
    return " ".join(filter(None, (schema.get("format") or text, _limits(schema))))


def _limits(schema: Schema) -> str:
    low = schema.get("minimum", schema.get("minLength", ""))
    high = schema.get("maximum", schema.get("maxLength", ""))
    limits = f"{low}…{high}" if low != "" or high != "" else ""
    return f"{limits} = {schema['default']}" if "default" in schema else limits


def _shape_of(schema: Any) -> str:
    """Return the first shape that a schema refers to, empty for none."""
    return next(_shapes_in(schema), "")


def _shapes_in(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"].removeprefix(REFERS)
        for each in schema.values():
            yield from _shapes_in(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from _shapes_in(each)


def _within(shapes: Mapping[str, Schema], name: str) -> set[str]:
    """Return the names of a shape and of all that it is made of."""
    found, waiting = set[str](), [name] if name else []
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += _shapes_in(shapes[each])
    return found

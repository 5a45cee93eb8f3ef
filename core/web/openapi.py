"""The document of the API (OpenAPI 3.1): made of the routes and of what their views declare."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import resolver
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from flask import Flask
from marshmallow import fields
from werkzeug.routing import Rule

from core import __version__
from core.identity.access import is_public
from core.identity.access import needs_of
from core.kernel.gate import addon_of
from core.web import rest
from core.web.confirming import is_asking
from core.web.preconditions import is_guarded
from core.web.shapes import Schema
from core.web.shapes import Shapes
from core.web.shapes import answer_of

VERSION = "3.1.0"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ARGUMENT = re.compile(r"<(?:(\w+):)?(\w+)>")

PROBLEMS = {
    400: "A parameter or the body cannot be read; `detail` names it.",
    401: "There is no token, or it does not hold any more.",
    403: "The token lacks a scope.",
    404: "There is no such thing, or it is another company's.",
    405: "The address does not take this method.",
    409: "It was refused, and nothing was changed; `detail` says why.",
    413: "The body is too large.",
    503: "The database does not answer; try again.",
}
"""The errors that any request may meet."""

PRECONDITIONS = {
    412: "It has changed since it was read; read it again and decide again.",
    428: "The header If-Match is missing.",
}
"""The errors that a change of what was read may meet besides."""

TITLE = "Entrepot"
ABOUT = (
    "Orders, stock, books and tax of one company: the one that the token belongs to. A field or"
    " parameter that is not known is refused. Moments are ISO 8601 in UTC. Amounts are whole minor"
    " units of the currency beside them where they are integers, and decimal text where they are"
    " strings. Lists are walked by cursor: send `next` as `cursor` for the following page."
)


FOR_PERSONS = (
    " It asks for the password: open to no token, only to a browser whose visitor gave it just now."
)

KEPT = "entrepot_api"


def document_of(app: Flask) -> dict[str, Any]:
    """Return the document of an app's API, made once: its routes do not change."""
    made: dict[str, Any] | None = app.extensions.get(KEPT)
    if made is None:
        made = app.extensions[KEPT] = make_document(app)
    return made


def make_document(app: Flask) -> dict[str, Any]:
    """Return the document of all routes of the API.

    Raises: TypeError for an answer that no schema can be made of.
    """
    shapes, paths = Shapes(), dict[str, dict[str, Any]]()
    for rule, method in routes(app):
        address, arguments = _address(rule)
        view = app.view_functions[rule.endpoint]
        found = paths.setdefault(address, {})
        if arguments:
            found["parameters"] = arguments
        found[method.lower()] = _operation(rule.endpoint, view, method, shapes)
    components = _components(shapes)
    return {
        "openapi": VERSION,
        "info": {"title": TITLE, "version": __version__, "description": ABOUT},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": dict(sorted(paths.items())),
        "components": components,
    }


def routes(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Yield every route of the core's API with each method that it takes."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(f"{rest.PREFIX}/") and not addon_of(rule.rule):
            for method in METHODS:
                if method in (rule.methods or ()):
                    yield rule, method


def _address(rule: Rule) -> tuple[str, list[Schema]]:
    arguments = [
        {"name": name, "in": "path", "required": True, "schema": _segment(kind)}
        for kind, name in ARGUMENT.findall(rule.rule)
    ]
    return ARGUMENT.sub(r"{\2}", rule.rule), arguments


def _segment(kind: str) -> Schema:
    if kind == "int":
        return {"type": "integer", "minimum": 0, "maximum": rest.LARGEST}
    return {"type": "string", "minLength": 1}


def _operation(endpoint: str, view: Any, method: str, shapes: Shapes) -> Schema:
    part, _, name = endpoint.partition(".")
    tag = part.removesuffix("_api")
    said = " ".join((view.__doc__ or "").split())
    scopes = needs_of(view)
    asked = rest.asked_of(view)
    made: Schema = {
        "operationId": f"{tag}.{name}",
        "tags": [tag],
        "summary": said.partition(". ")[0].rstrip("."),
        "description": said
        + (f" Scopes: {', '.join(scopes)}." if scopes else "")
        + (FOR_PERSONS if is_asking(view) else ""),
        "x-scopes": list(scopes),
        "parameters": _parameters(view, method),
        "responses": _responses(view, method, shapes),
    }
    if asked is not None and asked.where == "body":
        made["requestBody"] = _body(asked.named)
    if asked is not None and asked.where == "form":
        made["requestBody"] = _form(asked)
    if is_public(view):
        made["security"] = []
    return made


def _parameters(view: Any, method: str) -> list[Schema]:
    asked = rest.asked_of(view)
    queries = asked.named if asked is not None and asked.where == "query" else {}
    found: list[Schema] = [
        {"name": name, "in": "query", "required": field.required, "schema": field_schema(field)}
        for name, field in queries.items()
    ]
    header = {"GET": "IfNoneMatch", "POST": "IdempotencyKey"}.get(method)
    header = "IfMatch" if is_guarded(view) else header
    return found + ([{"$ref": f"#/components/parameters/{header}"}] if header else [])


def _body(named: Mapping[str, fields.Field[Any]]) -> Schema:
    required = [name for name, field in named.items() if field.required]
    schema: Schema = {
        "type": "object",
        "properties": {name: field_schema(field) for name, field in named.items()},
        "additionalProperties": False,
    }
    if required:
        schema["required"] = required
    return {"required": bool(required), "content": {"application/json": {"schema": schema}}}


def _form(asked: rest.Asked) -> Schema:
    """Return the body of a form: its fields, and its files, of which the first has to be there."""
    made = _body(asked.named)
    schema = made["content"]["application/json"]["schema"]
    binary = {"type": "string", "format": "binary"}
    schema["properties"] |= {name: dict(binary) for name in asked.files}
    schema["required"] = [*schema.get("required", ()), asked.files[0]]
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}


def _responses(view: Any, method: str, shapes: Shapes) -> Schema:
    kind = answer_of(view, rest.Answer)
    schema = {} if kind is None else shapes.schema_of(kind)
    header = {"GET": "ETag", "POST": "IdempotencyReplayed"}.get(method)
    header = "ETag" if is_guarded(view) else header
    names = ["XRequestId", *([header] if header else [])]
    answers: Schema = {
        "200": {
            "description": "What was asked for." if method == "GET" else "It is done.",
            "headers": {_HEADERS[name][0]: _refer("headers", name) for name in names},
            "content": {"application/json": {"schema": schema}},
        }
    }
    if method == "GET":
        answers["304"] = {"description": "Nothing has changed since the answer with this ETag."}
    codes = (*PROBLEMS, *(PRECONDITIONS if is_guarded(view) else ()))
    return answers | {str(code): _refer("responses", f"Problem{code}") for code in codes}


def _refer(part: str, name: str) -> Schema:
    return {"$ref": f"#/components/{part}/{name}"}


_converter = OpenAPIConverter(VERSION, resolver, APISpec(TITLE, __version__, VERSION))


def field_schema(field: fields.Field[Any]) -> Schema:
    """Return the schema of a field that a request may have."""
    made: Schema = dict(_converter.field2property(field))
    if isinstance(field, fields.Dict) and field.key_field is not None:
        names = field_schema(field.key_field)
        names.pop("type", None)
        if names:
            made["propertyNames"] = names
    if not made.get("default", True) and made["default"] in (None, ""):
        del made["default"]  # nothing said, which is not a value that could be sent
    return made


_HEADERS: Mapping[str, tuple[str, str]] = {
    "ETag": (
        "ETag",
        "Changes with the answer; send it as If-None-Match, or as If-Match with a change.",
    ),
    "XRequestId": ("X-Request-Id", "The number of the request, as it stands in the log."),
    "IdempotencyReplayed": (
        "Idempotency-Replayed",
        "`true` where this is the first answer under the key, told again.",
    ),
}


def _components(shapes: Shapes) -> Schema:
    problem = shapes.schema_of(rest.Problem)
    answer = {"application/problem+json": {"schema": problem}}
    return {
        "securitySchemes": {
            "token": {
                "type": "http",
                "scheme": "bearer",
                "description": "A token that a user made on the page of the account.",
            }
        },
        "parameters": {
            "IdempotencyKey": {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "Lets the act happen once: sent again within two days it gets the"
                " first answer. The same key with another request, or while the first is at work,"
                " is refused with 409.",
                "schema": {"type": "string", "minLength": 1, "maxLength": rest.LONGEST_KEY},
            },
            "IfMatch": {
                "name": "If-Match",
                "in": "header",
                "required": True,
                "description": "The ETag of the answer that showed what is to be changed: 412 if"
                " it has changed since.",
                "schema": {"type": "string"},
            },
            "IfNoneMatch": {
                "name": "If-None-Match",
                "in": "header",
                "description": "The ETag of an earlier answer: 304 if it still holds.",
                "schema": {"type": "string"},
            },
        },
        "headers": {
            key: {"description": text, "schema": {"type": "string"}}
            for key, (_name, text) in _HEADERS.items()
        },
        "responses": {
            f"Problem{code}": {"description": text, "content": answer}
            for code, text in (PROBLEMS | PRECONDITIONS).items()
        },
        "schemas": dict(sorted(shapes.components.items())),
    }

"""Judging a conversation by a platform's own GraphQL schema, where its introspection is at hand."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import pytest

if TYPE_CHECKING:
    from graphql import GraphQLSchema
    from werkzeug.wrappers import Request
    from werkzeug.wrappers import Response


@dataclass
class SchemaJudge:
    """Compares each document, its variables and its answer with a schema.

    It is a witness of a simulated marketplace. `objections` says what breaks the schema, `seen`
    which operations were asked. Answers that tell errors are not judged: faults are made to be
    wrong.
    """

    schema: GraphQLSchema
    objections: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def __call__(self, request: Request, answer: Response, operation: str) -> None:
        """Note what is wrong with a request and its answer."""
        if not request.path.endswith("/graphql.json"):
            return
        self.seen.add(operation)
        asked = json.loads(request.get_data())
        told: Any = {}
        if answer.status_code == 200:
            told = json.loads(answer.get_data())
        data = None if told.get("errors") else told.get("data")
        said = check_document(self.schema, asked["query"], asked.get("variables") or {}, data)
        self.objections += [f"{operation}: {each}" for each in said]


def check_document(
    schema: GraphQLSchema, query: str, variables: Mapping[str, Any], data: Any = None
) -> list[str]:
    """Return what is wrong with a document, its variables, and the data of its answer if given."""
    from graphql import GraphQLError
    from graphql import execute_sync
    from graphql import parse
    from graphql import validate

    try:
        document = parse(query)
    except GraphQLError as error:
        return [error.message]
    if wrong := validate(schema, document):
        return [each.message for each in wrong]
    if data is None:
        return []
    # The answer takes the place of the platform: what the schema cannot make of it is wrong.
    done = execute_sync(
        schema,
        document,
        root_value=data,
        variable_values=dict(variables),
        field_resolver=_answered,
        type_resolver=lambda value, _info, _kind: value.get("__typename") or _kind_of(value),
    )
    return [f"{each.message} at {each.path}" for each in done.errors or ()]


def schema_judge(introspection: Path) -> SchemaJudge:
    """Return a judge by the introspection of a platform's schema, packed by gzip.

    The test is skipped where it is not.
    """
    return SchemaJudge(schema_of(introspection))


def schema_of(introspection: Path) -> GraphQLSchema:
    """Return the schema that an introspection tells of; the test is skipped where there is none."""
    if not introspection.is_file():
        pytest.skip(f"the platform's own schema is not at {introspection}")
    return _read(introspection)


@cache
def _read(introspection: Path) -> GraphQLSchema:
    from graphql import build_client_schema

    told = json.loads(gzip.decompress(introspection.read_bytes()))
    return build_client_schema(told.get("data", told), assume_valid=True)


def _answered(source: Any, info: Any, **_given: object) -> Any:
    """Return what an answer holds for a field, under the name that the document gave it."""
    if info.path.key not in source:
        raise KeyError(f"{info.path.key} was asked for and is missing")
    return source[info.path.key]


def _kind_of(value: Mapping[str, Any]) -> str:
    """Return the kind of thing that an answer tells of, by its global id."""
    return str(value.get("id", "")).removeprefix("gid://shopify/").partition("/")[0]

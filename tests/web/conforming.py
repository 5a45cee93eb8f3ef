"""Holding what the API answers against its own document, whatever test asked for it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from flask import Response
from flask import request
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from core.web.openapi import ARGUMENT
from core.web.openapi import METHODS
from core.web.openapi import document_of

Key = tuple[str, str, str]
"""An endpoint, a method and a status."""


class Conforming:
    """What an app's document says of its answers."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._known: dict[Key, Draft202012Validator | None] = {}

    def fault(self, answer: Response) -> str:
        """Return what is wrong with an answer; empty where it is as the document says."""
        rule = request.url_rule
        assert rule is not None
        key = (rule.endpoint, request.method, str(answer.status_code))
        if key not in self._known:
            self._known[key] = self._validator(*key)
        known = self._known[key]
        if known is None:
            return "its document does not know that"
        if answer.status_code == 304:
            return ""
        found = best_match(known.iter_errors(json.loads(answer.get_data())))
        return f"{found.json_path} {found.message[:300]}" if found else ""

    def _validator(self, endpoint: str, method: str, status: str) -> Draft202012Validator | None:
        document = document_of(self.app)
        found = self._operation(document, endpoint, method)["responses"].get(status)
        if found is None:
            return None
        if "$ref" in found:
            found = document["components"]["responses"][found["$ref"].rpartition("/")[2]]
        content = next(iter(found.get("content", {"": {}}).values()))
        schema = {**content.get("schema", {}), "components": document["components"]}
        return Draft202012Validator(schema)

    def _operation(self, document: dict[str, Any], endpoint: str, method: str) -> dict[str, Any]:
        for rule in self.app.url_map.iter_rules(endpoint):
            if method in (rule.methods or ()):
                found: dict[str, Any] = document["paths"][ARGUMENT.sub(r"{\2}", rule.rule)]
                return dict(found[method.lower()])
        raise AssertionError(f"{endpoint} takes no {method}")


def conforming(app: Flask) -> Flask:
    """Let a test fail where an answer of the app's API is not what the document says."""
    document = Conforming(app)

    @app.after_request
    def check(answer: Response) -> Response:
        path = request.url_rule.rule if request.url_rule else ""
        described = path.startswith("/api/v1/") and not path.startswith("/api/v1/x/")
        if described and request.method in METHODS and (fault := document.fault(answer)):
            pytest.fail(f"{request.method} {request.path} answers {answer.status_code}: {fault}")
        return answer

    return app

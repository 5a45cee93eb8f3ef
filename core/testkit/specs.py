"""Judging a conversation by a platform's own OpenAPI documents, where they are at hand."""

from __future__ import annotations

import json
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from urllib.parse import parse_qsl

import pytest

if TYPE_CHECKING:
    from werkzeug.wrappers import Request
    from werkzeug.wrappers import Response


@dataclass
class Judge:
    """Compares each request and its answer with the documents of a platform.

    It is a witness of a simulated marketplace. `objections` says what breaks the documents, `seen`
    which operations were asked. Parameters that no document knows are an objection too. Of answers
    those of a success are judged: faults are made to be wrong.
    """

    documents: dict[str, Any]
    objections: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def __call__(self, request: Request, answer: Response, operation: str) -> None:
        """Note what is wrong with a request and its answer."""
        found = self._operation(request.method, request.path)
        if found is None:
            return
        name, api, known = found
        self.seen.add(name)
        given = {name for name, _ in parse_qsl(request.query_string.decode())}
        if unknown := given - known:
            self.objections.append(f"{name}: no parameter {', '.join(sorted(unknown))}")
        from openapi_core.contrib.werkzeug import WerkzeugOpenAPIRequest
        from openapi_core.contrib.werkzeug import WerkzeugOpenAPIResponse
        from openapi_core.exceptions import OpenAPIError

        asked = WerkzeugOpenAPIRequest(request)
        try:
            if answer.status_code != 400:
                api.validate_request(asked)
            if answer.status_code < 300 and answer.get_data():
                api.validate_response(asked, WerkzeugOpenAPIResponse(answer))
        except OpenAPIError as error:
            reasons = getattr(error.__cause__, "schema_errors", None) or [error.__cause__ or error]
            said = "; ".join(str(reason).splitlines()[0] for reason in reasons)
            self.objections.append(f"{name} {answer.status_code}: {error}: {said}")

    def _operation(self, method: str, path: str) -> tuple[str, Any, set[str]] | None:
        for document, api in self.documents.values():
            for template, operations in document["paths"].items():
                described = operations.get(method.lower())
                if described is not None and _fits(template, path):
                    parameters = [
                        _resolved(document, each) for each in described.get("parameters", ())
                    ]
                    known = {each["name"] for each in parameters if each.get("in") == "query"}
                    return described["operationId"], api, known
        return None


def judge(
    folder: Path, names: Iterable[str], url: str, paths: Mapping[str, str] | None = None
) -> Judge:
    """Return a judge by some documents of a folder, for a server at an address.

    `paths` says under which path of the server the paths of a document begin, where its own do not
    tell it. The test is skipped where the documents are not.
    """
    if not folder.is_dir():
        pytest.skip(f"the platform's own documents are not at {folder}")
    from openapi_core import Config
    from openapi_core import OpenAPI

    # JSON under another name, which the library does not take for such.
    named = Config(extra_media_type_deserializers={"application/hal+json": json.loads})

    documents = {}
    for name in names:
        document = json.loads((folder / name).read_text(encoding="utf-8"))
        start = (paths or {}).get(name, "")
        document["paths"] = {f"{start}{path}": told for path, told in document["paths"].items()}
        document["servers"] = [{"url": url}]
        _without_oauth(document)
        _with_plain_parts(document)
        documents[name] = (document, OpenAPI.from_dict(document, config=named))
    return Judge(documents)


def _without_oauth(document: dict[str, Any]) -> None:
    """Leave out that a token is needed: openapi-core cannot judge it, the marketplace does."""
    schemes = (document.get("components") or {}).get("securitySchemes") or {}
    if any(scheme.get("type") == "oauth2" for scheme in schemes.values()):
        document.pop("security", None)
        for operations in document["paths"].values():
            for described in operations.values():
                if isinstance(described, dict):
                    described.pop("security", None)


def _with_plain_parts(document: dict[str, Any]) -> None:
    """Say of parts of a form what they are: behind `allOf` openapi-core takes them for files."""
    for operations in document["paths"].values():
        for described in operations.values():
            content = (
                described.get("requestBody", {}).get("content", {})
                if isinstance(described, dict)
                else {}
            )
            if told := content.get("multipart/form-data"):
                form = _resolved(document, told["schema"])
                for part in form.get("properties", {}).values():
                    if len(part.get("allOf", ())) == 1:
                        part.update(_resolved(document, part.pop("allOf")[0]))


def _resolved(document: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """Return what a reference within a document stands for, else what was told itself."""
    for part in str(told.get("$ref", "")).removeprefix("#").split("/")[1:]:
        document = document[part]
    return document if "$ref" in told else told


def _fits(template: str, path: str) -> bool:
    wanted, given = template.split("/"), path.split("/")
    return len(wanted) == len(given) and all(
        one.startswith("{") or one == other for one, other in zip(wanted, given, strict=True)
    )

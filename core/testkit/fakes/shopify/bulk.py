"""Bulk operations: what a document asks for is collected in a file of one row a line.

By Shopify's rules: one connection at the root, five at most, two deep, none within a list. Unless
it is asked for, rows that belong to another do not follow it at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from typing import Any

from graphql import ArgumentNode
from graphql import FieldNode
from graphql import GraphQLError
from graphql import IntValueNode
from graphql import NameNode
from graphql import StringValueNode
from graphql import Visitor
from graphql import execute_sync
from graphql import parse
from graphql import validate
from graphql import visit
from werkzeug.wrappers import Response

from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import operation
from core.testkit.fakes.shopify.graphql import schema
from core.testkit.fakes.shopify.ids import gid
from core.testkit.fakes.shopify.ids import number_in
from core.testkit.fakes.shopify.paging import MOST
from core.testkit.fakes.shopify.paging import listed
from core.testkit.fakes.time import text_of

if TYPE_CHECKING:
    from core.testkit.fakes.shopify.shop import ShopifyFake

CONNECTIONS = 5
DEEP = 2
AT_WORK = ("CREATED", "RUNNING")
_RANGE = re.compile(r"bytes=(\d+)-(\d+)")
Document = dict[str, Any]


@dataclass
class Collected:
    """An operation; `looks` says how often it is looked at before it is done."""

    number: int
    query: str
    made_at: datetime
    content: bytes
    looks: int
    status: str = "CREATED"
    error: str | None = None


class Bulk:
    """The operations of a shop: one at a time.

    `looks` is how often each is looked at before it is done, `ends` how the next one ends instead
    of being completed, with so large a `part` of its file.
    """

    def __init__(self, fake: ShopifyFake) -> None:
        self.fake = fake
        self.made: dict[str, Collected] = {}
        self.looks = 0
        self.ends = ""
        self.part = 0.5

    def run(self, info: Any, query: str, groupObjects: bool = False) -> Document:  # noqa: N803
        """Begin to collect what a document asks for."""
        if any(each.status in AT_WORK for each in self.made.values()):
            text = "A bulk query operation for this app and shop is already in progress."
            return _refused("OPERATION_IN_PROGRESS", text)
        try:
            content = b"".join(self._lines(info.context, query, grouped=groupObjects))
        except GraphQLError as error:
            return _refused("INVALID", error.message)
        number = len(self.made) + 1
        self.made[str(number)] = made = Collected(
            number, query, self.fake.clock.now(), content, self.looks
        )
        return {"bulkOperation": self._document(made), "userErrors": []}

    def one(self, _info: Any, id: str) -> Document | None:  # noqa: A002 - Shopify's name
        """Return an operation, which goes on while it is looked at."""
        made = self.made.get(number_in(id, "BulkOperation"))
        if made is not None and made.status in AT_WORK:
            made.looks -= 1
            made.status = "RUNNING" if made.looks >= 0 else self._end(made)
        return self._document(made) if made is not None else None

    def all(self, _info: Any, first: int | None = None, **_given: object) -> Mapping[str, Any]:
        """Return the newest operations."""
        newest = sorted(self.made.values(), key=lambda each: -each.number)
        return listed([self._document(each) for each in newest])(None, first)

    def _end(self, made: Collected) -> str:
        status, self.ends = self.ends or "COMPLETED", ""
        if status == "FAILED":
            made.error = "INTERNAL_SERVER_ERROR"
            made.content = made.content[: int(len(made.content) * self.part)]
        return status

    def _document(self, made: Collected) -> Document:
        assert self.fake.served is not None
        place = f"{self.fake.served.url}/bulk/{made.number}?Signature=fake%2Bsignature"
        url = place if made.content else None
        lines = made.content.splitlines()
        return {
            "__typename": "BulkOperation",
            "id": gid("BulkOperation", made.number),
            "status": made.status,
            "query": made.query,
            "createdAt": text_of(made.made_at),
            "completedAt": None,
            "errorCode": made.error,
            "fileSize": len(made.content),
            "objectCount": len(lines),
            "rootObjectCount": sum(b'"__parentId"' not in each for each in lines),
            "url": url if made.status == "COMPLETED" else None,
            "partialDataUrl": url if made.status == "FAILED" else None,
        }

    def _lines(self, asked: Asked, query: str, *, grouped: bool) -> Iterator[bytes]:
        rows = list(self._rows(replace(asked, fault=None), query))
        if not grouped:
            rows.sort(key=lambda row: "__parentId" in row)
        for row in rows:
            yield json.dumps(row, ensure_ascii=False).encode() + b"\n"

    def _rows(self, asked: Asked, query: str) -> Iterator[Document]:
        after: str | None = None
        while True:
            document = prepared(query, after)
            done = execute_sync(
                schema(), document, root_value=self.fake.roots(), context_value=asked
            )
            if done.errors or done.data is None:
                raise done.errors[0] if done.errors else GraphQLError("nothing was found")
            (page,) = done.data.values()
            for edge in page["edges"]:
                yield from _flat(edge["node"], None)
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]


class BulkFiles(Part):
    """Where the files lie; their addresses are their own permission."""

    @operation("bulkFile", "GET", "/bulk/<number>", query=("Signature",), signed=False)
    def fetch(self, asked: Asked) -> Response:
        """Return a file, or a piece of it."""
        made = self.fake.bulk.made.get(asked.path["number"])
        if made is None or asked.query("Signature") != "fake+signature":
            raise Refusal(403, "AccessDenied", "Access denied.")
        if "X-Shopify-Access-Token" in asked.request.headers:
            raise Refusal(400, "InvalidInput", "The token of a shop has no business here.")
        wanted = _RANGE.fullmatch(asked.request.headers.get("Range", ""))
        if wanted is None:
            return Response(made.content, mimetype="application/jsonl")
        first, last = int(wanted[1]), int(wanted[2])
        if first >= len(made.content):
            return Response(status=416)
        piece = made.content[first : last + 1]
        told = f"bytes {first}-{first + len(piece) - 1}/{len(made.content)}"
        headers = {"Content-Range": told}
        return Response(piece, 206, headers=headers, mimetype="application/jsonl")


def prepared(query: str, after: str | None) -> Any:
    """Return a document that asks for a page of all that is to be collected.

    Raises: GraphQLError for a document that cannot be collected.
    """
    document = parse(query)
    if problems := validate(schema(), document):
        raise problems[0]
    rules = _Rules(after)
    made = visit(document, rules)
    if rules.count > CONNECTIONS:
        raise GraphQLError(f"Bulk queries cannot contain more than {CONNECTIONS} connections.")
    if rules.roots != 1 or not rules.count:
        raise GraphQLError("Bulk queries must contain exactly one connection at the root.")
    return made


class _Rules(Visitor):
    """Counts connections, and has all rows of each told at once."""

    def __init__(self, after: str | None) -> None:
        super().__init__()
        self.after = after
        self.count = self.roots = self.depth = self.fields = 0

    def enter_field(self, node: FieldNode, *_rest: Any) -> FieldNode | None:
        self.roots += self.fields == 0
        self.fields += 1
        chosen = node.selection_set.selections if node.selection_set else ()
        names = {each.name.value for each in chosen if isinstance(each, FieldNode)}
        if "edges" not in names:
            return None
        self.count += 1
        self.depth += 1
        if self.depth > DEEP:
            raise GraphQLError(f"Bulk queries cannot be nested deeper than {DEEP} connections.")
        return self._whole(node)

    def leave_field(self, node: FieldNode, *_rest: Any) -> None:
        self.fields -= 1
        chosen = node.selection_set.selections if node.selection_set else ()
        if any(isinstance(each, FieldNode) and each.name.value == "edges" for each in chosen):
            self.depth -= 1

    def _whole(self, node: FieldNode) -> FieldNode:
        more = [_argument("first", IntValueNode(value=str(MOST)))]
        assert node.selection_set is not None
        chosen = node.selection_set
        if self.depth == 1:
            info = parse("{ pageInfo { hasNextPage endCursor } }").definitions[0]
            extra = info.selection_set.selections  # type: ignore[attr-defined]
            chosen = type(chosen)(selections=(*chosen.selections, *extra))
            if self.after is not None:
                more.append(_argument("after", StringValueNode(value=self.after)))
        return FieldNode(
            alias=node.alias,
            name=node.name,
            arguments=(*(node.arguments or ()), *more),
            directives=node.directives or (),
            selection_set=chosen,
        )


def _argument(name: str, value: Any) -> ArgumentNode:
    return ArgumentNode(name=NameNode(value=name), value=value)


def _flat(node: Document, parent: str | None) -> Iterator[Document]:
    own = {k: v for k, v in node.items() if not (isinstance(v, dict) and "edges" in v)}
    yield own if parent is None else {**own, "__parentId": parent}
    for value in node.values():
        if isinstance(value, dict) and "edges" in value:
            for edge in value["edges"]:
                yield from _flat(edge["node"], node["id"])


def _refused(code: str, text: str) -> Document:
    fault = {"code": code, "field": None, "message": text}
    return {"bulkOperation": None, "userErrors": [fault]}

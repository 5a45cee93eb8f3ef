"""Large pulls: Shopify collects what is asked for in a file, which is read piece by piece.

A cursor says how far a collection is: `bulk/new` before it is asked for, `bulk/NUMBER/OFFSET/TRIES`
from then on. It is stored before it is used, so that a run that ends goes on with the collection
that was begun. Rows that belong to another, such as lines to an order, follow it in the file and
name it as `__parentId`. Where a collection fails, the pages of the list bring everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from datetime import timedelta
from typing import Any

from addons.shopify.asking import ask
from addons.shopify.asking import faults_of
from addons.shopify.asking import nodes_of
from addons.shopify.asking import number_of
from addons.shopify.asking import question
from addons.shopify.documents import BULK_STATE
from addons.shopify.documents import BULKS
from addons.shopify.documents import RUN_BULK
from core.api import Call
from core.api import ConnectorError
from core.api import Http
from core.api import MappingError
from core.api import Operation
from core.api import Rate
from core.api import Unavailable
from core.api import moment
from core.api import read_json

NEW = "bulk/new"
PAGES = "pages/"
"""The cursor at the start of a list that is walked page by page after all."""
SLICE = 1_000_000
"""So many bytes of a file are asked for at once."""
MOST = 16_000_000
PATIENCE = 60
"""So many times a collection is looked at in a run, before the next run does."""
FRESH = timedelta(hours=1)
KIND = "BulkOperation"
AT_WORK = frozenset({"CREATED", "RUNNING", "CANCELING"})
# Without an answer it may have begun: it is looked for, not begun again.
RUN = question("shopify.runBulk", repeatable=False)
LOOK = question("shopify.bulkState", rate=Rate(0.2, 4))
"""Every five seconds, until it is done."""
DONE = question("shopify.bulkState")
Document = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """A row at the root of a file, with those that belong to it."""

    document: Document
    start: int
    children: list[Document] = field(default_factory=list)


@dataclass(frozen=True)
class Piece:
    """What was read of a collection: rows, the shop, and the cursor behind them.

    With `later` Shopify is still at work.
    """

    rows: Sequence[Row]
    following: str | None
    shop: Document
    later: bool = False


def is_bulk(cursor: str | None) -> bool:
    """Say whether a cursor is one of a collection."""
    return cursor is not None and cursor.startswith("bulk/")


def begin(call: Call, document: str, now: datetime) -> str:
    """Have what a document asks for collected, and return the cursor to go on with.

    A collection of just that which was begun lately is taken. Shopify may be at work on others,
    as many as it takes; then the list is walked page by page.
    """
    told = nodes_of(ask(call.http, question("shopify.bulks"), BULKS).get("bulkOperations"), "bulks")
    for each in told:
        if each["query"].strip() == document.strip() and _is_of_use(each, now - FRESH):
            return _cursor(number_of(each["id"], KIND))
    data = ask(call.http, RUN, RUN_BULK, query=document).get("bulkOperationRunQuery")
    if faults_of(data, "bulkOperationRunQuery") or data is None:
        return PAGES
    made = data.get("bulkOperation")
    if not isinstance(made, dict):
        raise MappingError("bulkOperation", type(made).__name__)
    return _cursor(number_of(made["id"], KIND))


def piece_at(call: Call, cursor: str) -> Piece:
    """Return the next piece of a collection, or where to go on without it.

    Raises: ConnectorError.
    """
    number, offset, tries = _place(cursor)
    operation = DONE if offset else LOOK
    data = ask(call.http, operation, BULK_STATE, id=f"gid://shopify/{KIND}/{number}")
    told, shop = data.get("bulkOperation"), data["shop"]
    status = told["status"] if isinstance(told, dict) else "EXPIRED"
    if status in AT_WORK:
        later = (tries + 1) % PATIENCE == 0
        return Piece((), _cursor(number, offset, tries + 1), shop, later)
    if status == "EXPIRED":
        # What was collected is kept for seven days.
        return Piece((), NEW, shop)
    if status == "COMPLETED":
        return _next(call, number, offset, told["url"], shop, None)
    return _next(call, number, offset, (told or {}).get("partialDataUrl"), shop, PAGES)


def _next(
    call: Call, number: str, offset: int, url: str | None, shop: Document, end: str | None
) -> Piece:
    """Return a piece of a file, which is `end` once it is read; without a file nothing was found.

    A file that ends with pages to walk is cut somewhere: of its last row nobody knows whether it is
    whole.
    """
    if url is None:
        return Piece((), end, shop)
    size = SLICE
    while size <= MOST:
        content, is_end = _fetched(call.http, url, offset, size)
        rows = _rows(content, is_end=is_end, is_cut=end is not None)
        if is_end:
            return Piece(rows if end is None else rows[:-1], end, shop)
        if len(rows) > 1:
            # More of the last row may stand in the next piece: it begins with it.
            following = _cursor(number, offset + rows[-1].start)
            return Piece(rows[:-1], following, shop)
        size *= 4
    raise ConnectorError(f"A row of what Shopify collected is longer than {MOST} bytes.")


def _fetched(http: Http, url: str, offset: int, size: int) -> tuple[bytes, bool]:
    """Return a piece of a file, and whether it is the last."""
    place = url.replace("{", "%7B").replace("}", "%7D")
    # The address is its own permission: the shop's token must not leave with it.
    asked = Operation("shopify.bulkFile", "GET", place, signed=False)
    wanted = {"Range": f"bytes={offset}-{offset + size - 1}", "Accept-Encoding": "identity"}
    answer = http.call(asked, headers=wanted)
    if answer.status != 206:
        # Told as a whole.
        return answer.content[offset:], True
    told = answer.headers.get("content-range", "").partition("/")[2]
    if not told.isdecimal():
        raise MappingError("content-range", told)
    left = int(told) - offset
    if len(answer.content) != min(size, left):
        raise Unavailable("What Shopify collected came in part only.")
    return answer.content, size >= left


def _rows(content: bytes, *, is_end: bool, is_cut: bool) -> list[Row]:
    """Return the rows of a piece of a file that begins with a row at the root."""
    lines = content.split(b"\n")
    if not is_end or is_cut:
        lines.pop()
    rows: list[Row] = []
    known: dict[str, Row] = {}
    start = 0
    for line in lines:
        if line.strip():
            told = read_json(line)
            parent = told.pop("__parentId", None)
            if parent is None:
                rows.append(Row(told, start))
                known[told["id"]] = rows[-1]
            elif parent in known:
                known[parent].children.append(told)
            else:
                raise MappingError("__parentId", parent)
        start += len(line) + 1
    return rows


def _is_of_use(told: Document, since: datetime) -> bool:
    is_fresh = moment(told["createdAt"], path="createdAt") >= since
    return is_fresh and told["status"] in {"CREATED", "RUNNING", "COMPLETED"}


def _cursor(number: str, offset: int = 0, tries: int = 0) -> str:
    return f"bulk/{number}/{offset}/{tries}"


def _place(cursor: str) -> tuple[str, int, int]:
    try:
        _, number, offset, tries = cursor.split("/")
        return str(int(number)), int(offset), int(tries)
    except ValueError as error:
        raise ConnectorError("The place in what Shopify collected cannot be read.") from error

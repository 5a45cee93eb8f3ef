"""What would become of a file of orders: read to its end, and nothing is changed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from pathlib import Path

from core.channels.calling import as_addon
from core.channels.calling import connector_with
from core.channels.connector import FileConnector
from core.channels.connector import LineKind
from core.channels.connector import RejectedLine
from core.channels.connector import SourceLine
from core.collector import collecting_seldom
from core.kernel.connections import ConnectionInfo
from core.kernel.kernel import Kernel
from core.money import to_text
from core.orders.importing import mapping_of
from core.orders.lookups import Account
from core.orders.lookups import unknown_codes
from core.orders.staging import checked

SHOWN_LINES = 20
SHOWN_PROBLEMS = 100
SHOWN_CODES = 50


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """A line as it is understood; the amount is decimal text without tax."""

    line: int
    document: str
    day: str
    kind: str
    code: str
    title: str
    quantity: int
    amount: str
    currency: str
    country: str


@dataclass(slots=True)
class OrderFilePreview:
    """What a file of orders tells of; `problems` are the first lines that would be set aside.

    `unknown` are codes of goods that are no SKU yet: with `makes_skus` they become one, otherwise
    their orders wait for a mapping. Nothing here is personal.
    """

    mapping: str
    shop: str
    makes_skus: bool
    rows: int = 0
    documents: int = 0
    refused: int = 0
    first_day: str = ""
    last_day: str = ""
    by_kind: dict[str, int] = field(default_factory=dict)
    currencies: list[str] = field(default_factory=list)
    countries: list[str] = field(default_factory=list)
    unknown_count: int = 0
    unknown: list[str] = field(default_factory=list)
    lines: list[PreviewLine] = field(default_factory=list)
    problems: list[tuple[int, str, str]] = field(default_factory=list)


def preview_order_file(
    kernel: Kernel, connection: ConnectionInfo, path: Path, *, mapping: Path | None = None
) -> OrderFilePreview:
    """Read a file of orders through a connection and say what would become of it.

    Raises: InputError if the file or the mapping cannot be read.
    """
    connector: FileConnector = connector_with(kernel, connection, "open_orders", "reads no files")
    with (
        collecting_seldom(),
        as_addon(kernel, connection.addon, "orders file", "Nothing was imported."),
    ):
        file = connector.open_orders(
            path, mapping=mapping or mapping_of(connection), account=connection.account
        )
        facts = file.facts
        found = _Found(OrderFilePreview(facts.mapping, facts.shop.name, facts.create_skus))
        for line in file.lines():
            found.add(checked(line))
    account = Account(connection.company_id, connector.platform, connection.account)
    with kernel.db.read() as session:
        unknown = unknown_codes(session, account, found.codes)
    return found.end(unknown)


class _Found:
    """What has been read so far."""

    def __init__(self, preview: OrderFilePreview) -> None:
        self.preview = preview
        self.codes: set[str] = set()
        self._documents: set[str] = set()
        self._days: tuple[date, date] | None = None
        self._kinds: Counter[str] = Counter()
        self._currencies: set[str] = set()
        self._countries: set[str] = set()

    def add(self, line: SourceLine | RejectedLine) -> None:
        self.preview.rows += 1
        self._documents.add(line.document_ref)
        if isinstance(line, RejectedLine):
            self._refuse(line)
        else:
            self._understand(line)

    def _refuse(self, line: RejectedLine) -> None:
        self.preview.refused += 1
        if len(self.preview.problems) < SHOWN_PROBLEMS:
            self.preview.problems.append((line.line_number, line.document_ref, line.reason))

    def _understand(self, line: SourceLine) -> None:
        day = line.occurred_on
        first, last = self._days or (day, day)
        self._days = min(first, day), max(last, day)
        self._kinds[line.kind] += 1
        self._currencies.add(line.currency)
        self._countries.add(line.country)
        if line.kind in (LineKind.SALE, LineKind.RETURN):
            self.codes.add(line.code)
        if len(self.preview.lines) < SHOWN_LINES:
            self.preview.lines.append(_shown(line))

    def end(self, unknown: list[str]) -> OrderFilePreview:
        """Return the preview, with the codes of goods that are not known."""
        done = self.preview
        done.documents = len(self._documents)
        if self._days is not None:
            done.first_day, done.last_day = (each.isoformat() for each in self._days)
        done.by_kind = dict(self._kinds)
        done.currencies, done.countries = sorted(self._currencies), sorted(self._countries)
        done.unknown_count, done.unknown = len(unknown), unknown[:SHOWN_CODES]
        return done


def _shown(line: SourceLine) -> PreviewLine:
    return PreviewLine(
        line.line_number,
        line.document_ref,
        line.occurred_on.isoformat(),
        line.kind,
        line.code,
        line.title,
        line.quantity,
        to_text(line.net_amount, line.currency),
        line.currency,
        line.country,
    )

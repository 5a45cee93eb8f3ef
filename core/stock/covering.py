"""What a receipt that covers a short changes in the books: its cost was only provisional."""

from __future__ import annotations

from collections.abc import Container
from collections.abc import Iterator
from datetime import date

from core.ledger.journal import EntryDraft
from core.ledger.journal import Journal
from core.ledger.periods import open_day
from core.stock.batch import StockBatch

COGS_LATE = "5090"
STOCK_LOSS = "5100"


def book_covers(
    journal: Journal,
    stock: StockBatch,
    inventory_account: str,
    ids: Iterator[int],
    closed: Container[date],
) -> None:
    """Book exact less provisional cost on what was short, an entry for each event that covers."""
    entries: dict[tuple[int, date], EntryDraft] = {}
    for cover in stock.covers:
        if not cover.difference:
            continue
        event = stock.documents[cover.document_id]
        # A receipt that is told of late cannot cover what had not left yet.
        happened_on = max(event.booked_on, cover.short_on)
        day = open_day(happened_on, closed)
        entry = entries.get((event.id, day))
        if entry is None:
            entry = entries[event.id, day] = journal.entry(
                next(ids),
                f"cover:{event.kind}:{event.natural_key}:{day}",
                "short_cover",
                day,
                document_id=event.id,
                happened_on=happened_on,
                narration="Exact cost of goods that had left short",
            )
        account = COGS_LATE if cover.dimensions.line_id is not None else STOCK_LOSS
        entry.add(account, cover.difference, cover.dimensions, tag="trueup")
        entry.add(inventory_account, -cover.difference, cover.dimensions, tag="trueup")

"""What the books say of a physical event: its entry is told by the event's kind and key."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import any_of
from core.db import rows_of
from core.ledger.models import Account
from core.ledger.models import Entry
from core.ledger.models import Posting
from core.stock.models import Document


def postings_of(
    session: Session, company_id: int, documents: Collection[int], condition: Any
) -> Sequence[Any]:
    """Return document, SKU, account code and amount of postings of some events that fit.

    `condition` is one on `Posting` and `Account`.
    """
    query = (
        sa.select(Document.id, Posting.sku_id, Account.code, Posting.amount)
        .join(
            Entry,
            (Entry.company_id == Document.company_id)
            & (Entry.natural_key == Document.kind + ":" + Document.natural_key),
        )
        .join(
            Posting,
            (Posting.company_id == Entry.company_id)
            # The key of postings begins with the day.
            & (Posting.booked_on == Entry.booked_on)
            & (Posting.entry_id == Entry.id),
        )
        .join(
            Account,
            (Account.company_id == Posting.company_id) & (Account.id == Posting.account_id),
        )
        .where(
            Document.company_id == company_id,
            any_of(session, Document.id, sorted(documents)),
            condition,
        )
        .order_by(Document.id, Posting.seq)
    )
    return rows_of(session, query)

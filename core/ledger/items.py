"""Open items while a batch of entries moves them: amount and carrying value side by side."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.ledger.models import Item
from core.money import share_of
from core.prepared import Prepared
from core.prepared import among


@dataclass(slots=True)
class ItemDraft:
    """An open item with what a batch adds to it.

    `open_amount` in the item's currency and `open_functional` in the company's are what it was;
    `amount` and `functional` are what the batch adds.
    """

    id: int
    order_id: int | None
    new: bool
    currency: str
    open_amount: int = 0
    open_functional: int = 0
    amount: int = 0
    functional: int = 0

    def carried(self, amount: int) -> tuple[int, int]:
        """Return the carrying value of an amount that lessens the item, and what is beyond it."""
        left = self.open_amount + self.amount
        if left * amount >= 0:
            return 0, amount
        part = -left if abs(amount) >= abs(left) else amount
        value = share_of(self.open_functional + self.functional, abs(part), abs(left))
        return -value, amount - part


def load_items(
    session: Session,
    company_id: int,
    account_id: int,
    natural_keys: Sequence[str],
    *,
    locked: bool = False,
) -> Iterator[tuple[str, ItemDraft]]:
    """Yield those items of an account that exist, by natural key."""
    query = _LOCKED_ITEMS if locked else _ITEMS
    found = query.rows(session, company=company_id, account=account_id, keys=list(natural_keys))
    for key, item_id, order_id, *state in found:
        yield key, ItemDraft(item_id, order_id, False, *state)


_ITEMS_OF_ACCOUNT = sa.select(
    Item.natural_key,
    Item.id,
    Item.order_id,
    Item.currency,
    Item.open_amount,
    Item.open_functional,
).where(
    Item.company_id == sa.bindparam("company"),
    Item.account_id == sa.bindparam("account"),
    among(Item.natural_key, "keys"),
)
_ITEMS = Prepared(_ITEMS_OF_ACCOUNT)
# In the order of ids, so that two writers never wait for each other in a circle.
_LOCKED_ITEMS = Prepared(_ITEMS_OF_ACCOUNT.order_by(Item.id).with_for_update())

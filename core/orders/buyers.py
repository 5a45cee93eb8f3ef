"""What a batch of documents tells of its buyers, stored beside the orders."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence

from core.orders.batch import NewLine
from core.orders.batch import OrderBatch
from core.privacy.records import AddressMarks
from core.privacy.records import Told
from core.privacy.records import marks_of
from core.privacy.records import store_told


def store_buyers(
    batch: OrderBatch, documents: Mapping[str, Sequence[NewLine]]
) -> dict[int, AddressMarks]:
    """Store what the new lines of some documents tell of who they go to.

    Return the marks of their addresses.
    """
    told = []
    for ref, lines in documents.items():
        # The lines of a document tell the same as a rule: each different part once.
        parts = dict.fromkeys(each for line in lines if (each := line.source.personal))
        if parts:
            (order_id, version), country = batch.refs.orders[ref], lines[0].source.country
            given = [dict(part) for part in parts]
            told.append(Told(order_id, ref, country, given, new=version == 1))
    found = store_told(batch.session, batch.context.account, told)
    return {order_id: marks_of(checked) for order_id, (_, checked) in found.items()}

"""Buying a label at the price that somebody saw: he is asked for the offers, then it is bought.

Prices change between looking and buying. What costs more by then is refused before it is decided
on; once it is, nothing is raised any more: the label says what became of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import httpx2

from core.channels.labels import LabelOffer
from core.errors import Conflict
from core.errors import EntrepotError
from core.errors import NotFound
from core.kernel.connections import get_connection
from core.kernel.kernel import Kernel
from core.labelling.buying import Offers
from core.labelling.buying import buy_waiting
from core.labelling.buying import offers_for
from core.labelling.buying import order_label
from core.money import to_text
from core.orders.record import Actor


@dataclass(frozen=True, slots=True)
class Wish:
    """Which label somebody wants, and the price that he saw, in minor units of `currency`.

    The price is None where the seller tells it later.
    """

    order_id: int
    service: str
    price: int | None
    currency: str
    size: Mapping[str, int | None]
    warehouse: str = ""
    seller: str = ""


def buy_label(
    kernel: Kernel,
    company_id: int,
    wish: Wish,
    actor: Actor,
    *,
    transport: httpx2.BaseTransport | None = None,
) -> int:
    """Buy a label and return its id; where its seller does not answer now, a job settles it.

    Raises: what `offers_for` raises, NotFound where nobody offers the service, Conflict where it
    costs more than was seen.
    """
    found = offers_for(
        kernel, company_id, wish.order_id, size=wish.size, warehouse=wish.warehouse,
        seller=wish.seller, transport=transport,
    )  # fmt: skip
    chosen = offer_named(found, wish.service)
    require_seen(chosen, wish)
    with kernel.db.write() as session:
        made = order_label(
            session, company_id, wish.order_id, chosen, actor, size=wish.size,
            warehouse=wish.warehouse, seller=found.connection,
        ).id  # fmt: skip
        connection = get_connection(session, found.connection, company_id=company_id)
    # It is decided: whoever asks again must not be told that nothing was.
    with suppress(EntrepotError):
        buy_waiting(kernel, connection, transport=transport)
    return made


def offer_named(found: Offers, service: str) -> LabelOffer:
    """Return the offer of a service.

    Raises: NotFound.
    """
    chosen = next((each for each in found.offers if each.service == service), None)
    if chosen is None:
        names = ", ".join(each.service for each in found.offers)
        raise NotFound(f"Nobody offers {service!r} now.", hint=f"Offered: {names or 'nothing'}.")
    return chosen


def require_seen(offer: LabelOffer, wish: Wish) -> None:
    """Refuse an offer that costs more than what somebody saw.

    Raises: Conflict.
    """
    if offer.price is None:
        if wish.price is None:
            return
        raise Conflict("Its price is told later now.", hint="Look at the offers again.")
    seen = wish.price is not None and wish.currency == offer.currency
    if not seen or offer.price > (wish.price or 0):
        raise Conflict(
            f"It costs {to_text(offer.price, offer.currency)} {offer.currency} now.",
            hint="Look at the offers again: prices change.",
        )

"""How often the database is asked about the taxes of many parcels: as often as about a few."""

from __future__ import annotations

from datetime import date
from datetime import timedelta

import sqlalchemy as sa

from core.channels.connector import LineKind
from core.orders.taxing import AskedLine
from core.orders.taxing import AskedParcel
from core.orders.taxing import facts_of
from core.prepared import ASKED
from core.tax.deciding import decide
from core.tax.facts import Seller
from core.tax.profile import TaxProfile
from tests.tax.test_threshold import german as german  # noqa: PLC0414 - a fixture
from tests.tax.test_told import seller as seller  # noqa: PLC0414 - a fixture
from tests.world import World

FIRST = date(2026, 3, 10)
WAYS = (("DE", "EUR"), ("FR", "EUR"), ("FR", "GBP"), ("CH", "GBP"))


def parcels(number: int) -> list[AskedParcel]:
    """Return parcels of three lines each to four places, of ten days."""
    found = []
    for place in range(number):
        ship_to, currency = WAYS[place % len(WAYS)]
        kinds = (LineKind.SALE, LineKind.SALE, LineKind.POSTAGE)
        lines = [
            AskedLine((place, seq), kind, None, 1000 + place + seq, 1)
            for seq, kind in enumerate(kinds)
        ]
        day = FIRST + timedelta(days=place % 10)
        found.append(AskedParcel(day, day, "DE", ship_to, "file", currency, lines))
    return found


def asked(world: World, number: int) -> list[str]:
    """Return the statements that the decision of some parcels takes."""
    profile = TaxProfile("DE", seller=Seller(stock_in=("DE",)), channels={"file": "own"})
    statements: list[str] = []

    def note(*args: object) -> None:
        statements.append(str(args[2]))

    engine = world.kernel.db.engine
    with world.kernel.db.write() as session:
        session.info[ASKED] = statements
        sa.event.listen(engine, "before_cursor_execute", note)
        try:
            facts = facts_of(session, world.company.id, profile, parcels(number))
            decided = decide(session, world.company.id, facts.values())
        finally:
            sa.event.remove(engine, "before_cursor_execute", note)
            del session.info[ASKED]
    assert len(facts) == 3 * number
    assert not decided.unresolved
    assert set(facts.values()) == decided.decisions.keys()
    return statements


def test_the_taxes_of_many_parcels_ask_no_more_than_those_of_a_few(german: World) -> None:
    german.rates(*(f"GBP/EUR 1.25 on {FIRST + timedelta(days=day)}" for day in range(10)))
    asked(german, 400)  # Decisions are stored, and what lasts from batch to batch is remembered.

    few, many = asked(german, 40), asked(german, 400)

    assert len(many) <= len(few)
    assert len(few) < 20

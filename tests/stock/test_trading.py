"""Many who sell the same three things at once: nothing is promised twice, nobody waits forever."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat

import pytest
import sqlalchemy as sa

from core.invariants import verify
from tests.stock.trading import Event
from tests.stock.trading import Place
from tests.stock.trading import Trader
from tests.stock.trading import make_place
from tests.stock.trading import opened
from tests.stock.trading import promise
from tests.stock.trading import trade

TRADERS = 4
SKUS = ("MUG", "CUP", "PLATE")


def prepared(url: str, lines: int, quantity: int) -> Place:
    """Put some of each SKU on the shelf."""
    with opened(url) as database, database.write() as session:
        company_id = session.execute(sa.text("SELECT id FROM kernel_company")).scalar_one()
        place = make_place(session, company_id, lines)
        opening = [Event("receive", sku, quantity, value=1000) for sku in SKUS]
        Trader(place, "opening").apply(session, opening)
    return place


def broken(url: str) -> list[str]:
    with opened(url) as database, database.read() as session:
        return [verdict.sentence for verdict in verify(session) if not verdict.holds]


def totals(url: str) -> tuple[int, int, int, int]:
    """Return what lies on hand, is reserved, is promised by rows, and left short."""
    queries = (
        "SELECT SUM(on_hand) FROM stock_level",
        "SELECT SUM(reserved) FROM stock_level",
        "SELECT COALESCE(SUM(open_quantity), 0) FROM stock_reservation",
        "SELECT COALESCE(SUM(open_quantity), 0) FROM stock_short",
    )
    with opened(url) as database, database.read() as session:
        return tuple(int(session.execute(sa.text(query)).scalar_one()) for query in queries)


def at_once() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(TRADERS, multiprocessing.get_context("spawn"))


def run_trade(url: str, batches: int) -> None:
    place = prepared(url, TRADERS * batches * 3, 20)
    with at_once() as pool:
        done = list(
            pool.map(
                trade, repeat(url), repeat(place), range(TRADERS), repeat(batches), repeat(SKUS)
            )
        )
    sent, promised, received = map(sum, zip(*done, strict=True))
    on_hand, reserved, rows, short = totals(url)
    assert sent > 0
    assert reserved == rows == promised > 0
    assert on_hand - short == len(SKUS) * 20 + received - sent
    assert broken(url) == []


def test_traders_do_not_oversell(world_url: str) -> None:
    run_trade(world_url, 60)


@pytest.mark.soak
def test_traders_do_not_oversell_in_the_long_run(world_url: str) -> None:
    run_trade(world_url, 1200)


@pytest.mark.parametrize("careless", [False, True])
def test_the_guard_is_what_keeps_promises(world_url: str, careless: bool) -> None:
    place, each = prepared(world_url, TRADERS * 30, 50), 30
    with at_once() as pool:
        given = sum(
            pool.map(
                promise,
                repeat(world_url),
                repeat(place),
                range(TRADERS),
                repeat(each),
                repeat(careless),
            )
        )
    _, reserved, rows, _ = totals(world_url)
    assert rows == given
    if careless:
        # Without locks and guard the same promises are made twice, and the check sees it.
        assert rows > reserved
        assert "What is reserved is the sum of the reservations." in broken(world_url)
    else:
        assert (reserved, given) == (50, 50)
        assert broken(world_url) == []

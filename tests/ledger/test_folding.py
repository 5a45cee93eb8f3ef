"""Sums of profit: whatever was folded when, every report is what the postings say."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from core.catalog.models import Sku
from core.channels.models import Shop
from core.ids import next_id
from core.ledger import folding
from core.ledger.folding import fold_all
from core.ledger.folding import fold_changes
from core.ledger.journal import Dimensions
from core.ledger.journal import Journal
from core.ledger.profit import profit_report
from core.ledger.summing import Narrow
from core.ledger.summing import sum_profit
from core.testkit.factories import make_row
from tests.world import World

ACCOUNTS = {"4000": "sales", "5000": "cogs", "6000": "fees", "6030": "storage", "9000": "fx"}
DAYS = st.dates(date(2023, 11, 20), date(2024, 4, 12)) | st.dates(
    date(2022, 12, 20), date(2025, 1, 12)
)
AMOUNTS = st.integers(-(10**12), 10**12)
COLUMNS = {"sku_id": 4, "shop_id": 0, "country": 1, "month": None}

POSTING = st.tuples(
    st.sampled_from(sorted(ACCOUNTS)),
    AMOUNTS,
    st.integers(0, 2),
    st.integers(0, 2),
    st.sampled_from([None, "DE", "FR"]),
)
BATCHES = st.lists(
    st.tuples(st.lists(st.tuples(DAYS, st.lists(POSTING, min_size=1, max_size=4)), max_size=4))
    | st.just("fold"),
    max_size=6,
)


@pytest.fixture
def places(world: World) -> tuple[list[int | None], list[int | None]]:
    """Give two SKUs and two shops, and none of either."""
    with world.kernel.db.write() as session:
        make = {"session": session, "company_id": world.company.id}
        skus = [make_row(model=Sku, code=c, title=c, **make).id for c in "AB"]
        shops = [make_row(model=Shop, platform=c, marketplace=c, name=c, **make).id for c in "XY"]
    return [None, *skus], [None, *shops]


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    return itertools.count()


class Books:
    """What was posted, kept beside the database: day, dimensions, line, contribution."""

    def __init__(self, world: World, numbers: Iterator[int]) -> None:
        self.world, self.numbers = world, numbers
        self.posted: list[tuple[date, Dimensions, str, int]] = []

    def post(self, entries: list[Any], skus: list[int | None], shops: list[int | None]) -> None:
        with self.world.kernel.db.write() as session:
            journal = Journal(session, self.world.company.id, "GBP")
            for day, postings in entries:
                key = f"made {next(self.numbers)}"
                entry = journal.entry(next_id(session), key, "manual", day)
                for account, amount, sku, shop, country in postings:
                    where = Dimensions(shops[shop], country, sku_id=skus[sku])
                    entry.add(account, amount, where)
                    entry.add("1000", -amount, Dimensions())
                    self.posted.append((day, where, ACCOUNTS[account], -amount))
            journal.post()

    def expected(self, column: str, start: date, end: date) -> dict[Any, dict[str, int]]:
        """Return what a report must show, without keys and lines that come to nothing."""
        sums: dict[Any, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for day, where, line, amount in self.posted:
            if start <= day <= end:
                place = COLUMNS[column]
                value = f"{day:%Y-%m}" if place is None else where[place]
                sums[value or ("" if column == "country" else 0)][line] += amount
        return without_zeros(sums)

    def found(self, column: Any, start: date, end: date) -> dict[Any, dict[str, int]]:
        with self.world.kernel.db.read() as session:
            rows = sum_profit(session, self.world.company.id, column, start, end)
        return without_zeros({row.key: row.lines for row in rows})


def without_zeros(sums: dict[Any, dict[str, int]]) -> dict[Any, dict[str, int]]:
    lines = {key: {n: a for n, a in each.items() if a} for key, each in sums.items()}
    return {key: each for key, each in lines.items() if each}


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(batches=BATCHES, ranges=st.lists(st.tuples(DAYS, DAYS), min_size=1, max_size=3))
def test_every_report_is_what_was_posted_whatever_is_folded(
    world: World,
    numbers: Iterator[int],
    places: tuple[list[int | None], list[int | None]],
    batches: list[Any],
    ranges: list[tuple[date, date]],
) -> None:
    books = world.__dict__.setdefault("books", Books(world, numbers))
    for batch in batches:
        if batch == "fold":
            with world.kernel.db.write() as session:
                fold_changes(session, world.company.id)
        else:
            books.post(*batch, *places)

    for column in COLUMNS:
        for start, end in (*ranges, (date.min, date.max)):
            assert books.found(column, start, end) == books.expected(column, start, end)
    everything = sum(amount for *_, amount in books.posted)
    with world.kernel.db.read() as session:
        for by in ("sku", "shop", "country", "platform", "brand", "owner", "month", "order"):
            report = profit_report(session, world.company.id, by)
            assert sum(row.profit for row in report.rows) + report.not_allocated == everything
    assert not world.broken()


def test_many_changes_are_folded_as_they_come(
    world: World, numbers: Iterator[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folding, "FOLD_AT", 5)
    books = Books(world, numbers)

    for day in range(1, 8):
        books.post([(date(2024, 1, day), [("4000", -100, 0, 0, None)])], [None], [None])

    fresh = world.rows("SELECT COUNT(*) FROM ledger_profit_fresh")[0][0]
    folded = world.rows("SELECT SUM(changes) FROM ledger_profit_sum WHERE cut = 'sku.day'")[0][0]
    assert fresh < 5
    assert fresh + folded == 7
    assert not world.broken()


def test_many_small_postings_are_folded_too(
    world: World, numbers: Iterator[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folding, "FOLD_NOTES_AT", 3)
    monkeypatch.setattr(folding, "LOOK_AFTER", 2)
    books = Books(world, numbers)

    for _ in range(9):
        books.post([(date(2024, 1, 1), [("4000", -100, 0, 0, None)])], [None], [None])

    assert world.rows("SELECT COUNT(*) FROM ledger_profit_fresh")[0][0] <= 5
    assert books.found("month", date.min, date.max) == {"2024-01": {"sales": 900}}


def test_what_is_undone_leaves_no_sum(world: World, numbers: Iterator[int]) -> None:
    books = Books(world, numbers)
    books.post([(date(2024, 1, 1), [("4000", -100, 0, 0, None)])], [None], [None])

    def fold_and_fail() -> None:
        with world.kernel.db.write() as session:
            assert fold_changes(session, world.company.id) == 1
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fold_and_fail()

    assert world.rows("SELECT COUNT(*) FROM ledger_profit_sum")[0][0] == 0
    assert books.found("month", date.min, date.max) == {"2024-01": {"sales": 100}}


def test_only_one_folds_at_a_time(world: World, numbers: Iterator[int]) -> None:
    if world.kernel.db.dialect == "sqlite":
        pytest.skip("One writer at a time holds SQLite.")
    books = Books(world, numbers)
    books.post([(date(2024, 1, 1), [("4000", -100, 0, 0, None)])], [None], [None])
    company = world.company.id

    with world.kernel.db.write() as first, world.kernel.db.write() as second:
        assert (fold_changes(first, company), fold_changes(second, company)) == (1, 0)

    assert not world.broken()


def test_sums_made_anew_are_the_same(world: World, numbers: Iterator[int]) -> None:
    books = Books(world, numbers)
    for day in (1, 31):
        books.post([(date(2024, 1, day), [("4000", -100, 0, 0, "DE")])], [None], [None])
        with world.kernel.db.write() as session:
            fold_changes(session, world.company.id)
    before = world.rows("SELECT * FROM ledger_profit_sum ORDER BY 1, 2, 3")

    with world.kernel.db.write() as session:
        fold_all(session, world.company.id)

    assert world.rows("SELECT * FROM ledger_profit_sum ORDER BY 1, 2, 3") == before
    assert len(before) == 7


def test_a_report_is_narrowed(
    world: World, numbers: Iterator[int], places: tuple[list[int | None], list[int | None]]
) -> None:
    skus, shops = places
    books = Books(world, numbers)
    postings = [
        ("4000", -100, 1, 1, "DE"),
        ("4000", -200, 1, 2, "DE"),
        ("4000", -400, 2, 1, "FR"),
        ("6030", 50, 0, 1, None),
    ]
    books.post([(date(2024, 1, 1), postings)], skus, shops)

    def sums(column: Any, **narrow: tuple[Any, ...]) -> dict[Any, int]:
        with world.kernel.db.read() as session:
            rows = sum_profit(session, world.company.id, column, narrow=Narrow(**narrow))
        return {row.key: sum(row.lines.values()) for row in rows}

    assert sums("country", shop_ids=(shops[1],)) == {"DE": 100, "FR": 400, "": -50}
    assert sums("sku_id", shop_ids=(shops[1],)) == {skus[1]: 100, skus[2]: 400, 0: -50}
    assert sums("month", sku_ids=(skus[1], 0)) == {"2024-01": 250}
    assert sums("shop_id", countries=("",)) == {shops[1]: -50}
    assert sums("shop_id", countries=()) == {}

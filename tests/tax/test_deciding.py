"""Decisions of tax: exactly one regime, stored once, and nothing untaxed because one failed."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from core import clock
from core.errors import InputError
from core.ids import next_id
from core.kernel.database import KernelDatabase
from core.kernel.hookspecs import hookimpl
from core.kernel.models import Company
from core.kernel.models import Fault
from core.kernel.quarantine import Tally
from core.kernel.registry import Registry
from core.prepared import Prepared
from core.tax.deciding import Decided
from core.tax.deciding import decide
from core.tax.decision import TaxDecision
from core.tax.decision import tax_amount
from core.tax.facts import TaxFacts
from core.tax.models import Decision

DAY = date(2020, 5, 1)
GB = TaxFacts(DAY, "GB", "GB", "GB", "shop")
FR = replace(GB, ship_to="FR")
US = replace(GB, ship_to="US")

FLAT = TaxDecision(
    "flat", "seller", "GB", "vat", 200_000, "2300", "A flat rate", "the test says so"
)


class Regime:
    """Answers by a table of destinations and counts how often it is asked."""

    code = "flat"

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.calls: list[int] = []

    def decide(self, facts: Sequence[TaxFacts]) -> list[Any]:
        self.calls.append(len(facts))
        return [self._one(fact) for fact in facts]

    def _one(self, fact: TaxFacts) -> Any:
        answer = self.answers.get(fact.ship_to)
        if isinstance(answer, BaseException):
            raise answer
        return answer


class House:
    """A database with two companies, and addons that each offer one regime."""

    def __init__(self, url: str) -> None:
        self.db = KernelDatabase(url)
        registry = Registry({}, ())
        self.addons = registry._manager
        self.enabled: set[str] = set()
        self.absent: dict[str, str] = {}
        self.db.info["kernel"] = SimpleNamespace(
            registry=registry,
            enabled=self.enabled,
            db=self.db,
            tally=Tally(),
            config=SimpleNamespace(slow_hook=0),
            isolate=lambda _session, _places: None,
            refresh=lambda: None,
            absent=lambda _capability: self.absent,
        )
        with self.db.write() as session:
            self.company, self.other = (_company(session, code) for code in ("ONE", "TWO"))

    def add(self, addon: str, regime: object) -> None:
        self.addons.register(_Addon(regime), name=addon)
        self.enabled.add(addon)

    def decide(self, *facts: TaxFacts, company: int | None = None) -> Decided:
        with self.db.write() as session:
            return decide(session, company or self.company, facts)

    def rows(self, table: type[Decision] | type[Fault]) -> list[Any]:
        with self.db.read() as session:
            return list(session.scalars(sa.select(table).order_by(table.id)))


class _Addon:
    def __init__(self, regime: object) -> None:
        self._regime = regime

    @hookimpl
    def tax_regimes(self) -> list[object]:
        return [self._regime]


def _company(session: Any, code: str) -> int:
    company = Company(
        id=next_id(session),
        code=code,
        name=code,
        country="GB",
        currency="GBP",
        timezone="Europe/London",
        created_at=clock.now(),
    )
    session.add(company)
    session.flush()
    return company.id


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    house = House(database_url)
    yield house
    house.db.dispose()


def test_a_batch_is_one_call_of_distinct_facts(house: House) -> None:
    regime = Regime({"GB": FLAT, "FR": FLAT})
    house.add("tax_flat", regime)

    decided = house.decide(GB, FR, GB, GB, FR)

    assert regime.calls == [2]
    assert set(decided.decisions) == {GB, FR}
    assert decided.unresolved == {}


def test_a_decision_is_stored_once_whatever_it_is_for(house: House) -> None:
    house.add("tax_flat", Regime({"GB": FLAT, "FR": FLAT, "US": replace(FLAT, rate=0)}))

    first, again = house.decide(GB, FR, US), house.decide(US, GB)

    assert first.decisions[GB] == first.decisions[FR] == again.decisions[GB]
    assert first.decisions[US] == again.decisions[US]
    by_id = {row.id: row for row in house.rows(Decision)}
    assert len(by_id) == 2
    for decision_id, decision in first.decisions.values():
        stored = by_id[decision_id]
        assert {name: getattr(stored, name) for name in decision.__slots__} == {
            name: getattr(decision, name) for name in decision.__slots__
        }


def test_each_company_has_its_own_decisions(house: House) -> None:
    house.add("tax_flat", Regime({"GB": FLAT}))

    house.decide(GB)
    house.decide(GB, company=house.other)

    assert [row.company_id for row in house.rows(Decision)] == [house.company, house.other]


def test_a_decision_that_was_rolled_back_is_stored_anew(house: House) -> None:
    house.add("tax_flat", Regime({"GB": FLAT}))
    with house.db.write() as session:
        decide(session, house.company, [GB])
        session.rollback()
    assert house.rows(Decision) == []

    decision_id, _ = house.decide(GB).decisions[GB]

    assert [row.id for row in house.rows(Decision)] == [decision_id]


def test_statements_do_not_grow_with_the_batch(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = [f"P{n}" for n in range(300)]
    house.add("tax_flat", Regime({p: replace(FLAT, evidence=p) for p in places}))
    facts = [replace(GB, ship_to=place) for place in places]
    house.decide(*facts)
    statements: list[str] = []
    sa.event.listen(
        house.db.engine, "before_cursor_execute", lambda *args: statements.append(args[2])
    )
    # Prepared queries go past the events of SQLAlchemy.
    rows = Prepared.rows

    def counted(query: Prepared, session: Session, **values: Any) -> Any:
        statements.append(str(query._query))
        return rows(query, session, **values)

    monkeypatch.setattr(Prepared, "rows", counted)

    decided = house.decide(*facts)

    assert len(decided.decisions) == 300
    assert len([each for each in statements if "tax_decision" in each]) == 1


def test_evidence_may_be_longer_than_an_index_row(house: House) -> None:
    long = replace(FLAT, evidence="".join(chr(0x4E00 + n) for n in range(6000)))
    house.add("tax_flat", Regime({"GB": long}))

    assert house.decide(GB).decisions[GB] == house.decide(GB).decisions[GB]
    assert house.rows(Decision)[0].evidence == long.evidence


def test_nothing_is_asked_for_an_empty_batch(house: House) -> None:
    regime = Regime({})
    house.add("tax_flat", regime)

    assert house.decide() == Decided({}, {})
    assert regime.calls == []


def test_without_an_answer_the_sale_waits_and_the_rest_is_decided(house: House) -> None:
    house.add("tax_flat", Regime({"GB": FLAT}))

    decided = house.decide(GB, FR)

    assert set(decided.decisions) == {GB}
    assert decided.unresolved == {
        FR: "No enabled tax regime answers for a sale from GB to FR on 2020-05-01 by a seller in"
        " GB. Enable the addon that covers it."
    }


def test_a_disabled_addon_is_not_asked(house: House) -> None:
    house.add("tax_flat", Regime({"GB": FLAT}))
    house.enabled.clear()

    assert set(house.decide(GB).unresolved) == {GB}


def test_two_claims_on_a_sale_name_both_addons_and_hold_only_that_sale(house: House) -> None:
    house.add("tax_flat", Regime({"GB": FLAT, "FR": FLAT}))
    house.add("tax_other", Regime({"FR": FLAT}))

    decided = house.decide(GB, FR)

    assert set(decided.decisions) == {GB}
    assert "tax_flat (flat)" in decided.unresolved[FR]
    assert "tax_other (flat)" in decided.unresolved[FR]


@pytest.mark.parametrize(
    "error", [RuntimeError("out of luck"), SystemExit(3)], ids=["error", "exit"]
)
def test_a_failing_regime_holds_only_the_sales_it_fails_on(
    house: House, error: BaseException
) -> None:
    house.add("tax_flat", Regime({"GB": FLAT, "FR": error}))

    decided = house.decide(GB, FR, US)

    assert set(decided.decisions) == {GB}
    assert decided.unresolved[FR] == (
        f"tax_flat failed to decide the tax: {type(error).__name__}: {error}."
        " Correct or disable the addon and post again."
    )
    assert [(fault.addon, fault.count) for fault in house.rows(Fault)] == [("tax_flat", 1)]


def test_a_sale_waits_though_another_regime_would_answer(house: House) -> None:
    # The one that failed might have claimed it too: who is right is not for us to guess.
    house.add("tax_flat", Regime({"FR": FLAT}))
    house.add("tax_other", Regime({"FR": RuntimeError("down")}))

    assert "tax_other failed" in house.decide(FR).unresolved[FR]


def test_all_sales_wait_for_an_addon_that_fails_to_offer_its_regime(house: House) -> None:
    # Asked without it, a sale to its country would be an untaxed export of the other one.
    class Failing:
        @hookimpl
        def tax_regimes(self) -> list[object]:
            raise RuntimeError("no settings")

    house.add("tax_flat", Regime({"GB": FLAT, "FR": FLAT}))
    house.addons.register(Failing(), name="tax_failing")
    house.enabled = {"tax_flat", "tax_failing"}
    house.db.info["kernel"].enabled = house.enabled

    decided = house.decide(GB, FR)

    assert decided.decisions == {}
    assert decided.unclaimed == frozenset()
    assert decided.unresolved[FR] == (
        "tax_failing failed to offer anything: RuntimeError: no settings."
        " Correct or disable it and post again."
    )
    assert [fault.addon for fault in house.rows(Fault)] == ["tax_failing"]


def test_all_sales_wait_for_an_enabled_addon_that_does_not_run(house: House) -> None:
    house.add("tax_flat", Regime({"GB": FLAT}))
    house.absent["tax_lost"] = "Its files are missing."

    assert house.decide(GB).unresolved[GB] == (
        "tax_lost is enabled and does not run: Its files are missing."
        " Correct or disable it and post again."
    )


def test_a_regime_may_explain_itself_without_being_at_fault(house: House) -> None:
    house.add("tax_flat", Regime({"FR": InputError("No such class.", hint="Correct it.")}))

    assert house.decide(FR).unresolved == {FR: "tax_flat: No such class. Correct it."}
    assert house.rows(Fault) == []


UNSOUND = {
    "no decision": "20 %",
    "fraction": replace(FLAT, rate=17.5),  # type: ignore[arg-type]
    "truth": replace(FLAT, rate=True),
    "negative": replace(FLAT, rate=-1),
    "above all": replace(FLAT, rate=1_000_001),
    "collector": replace(FLAT, collector="somebody"),
    "no reason": replace(FLAT, reason=""),
    "no evidence": replace(FLAT, evidence=None),  # type: ignore[arg-type]
    "two lines": replace(FLAT, evidence="one\ntwo"),
    "zero byte": replace(FLAT, evidence="one\0two"),
    "half a letter": replace(FLAT, evidence="\ud800"),
}


@pytest.mark.parametrize("answer", UNSOUND.values(), ids=UNSOUND)
def test_an_answer_that_the_books_cannot_carry_is_a_failure(house: House, answer: object) -> None:
    house.add("tax_flat", Regime({"GB": FLAT, "FR": answer}))

    decided = house.decide(GB, FR)

    assert set(decided.decisions) == {GB}
    assert "tax_flat failed" in decided.unresolved[FR]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_answers_that_do_not_match_the_questions_are_a_failure(house: House, count: int) -> None:
    class Careless:
        code = "careless"

        def decide(self, _facts: Sequence[TaxFacts]) -> list[TaxDecision]:
            return [FLAT] * count

    house.add("tax_careless", Careless())

    decided = house.decide(GB, FR)

    # Asked alone, one answer to one question is in order; any other number never is.
    assert set(decided.decisions) == ({GB, FR} if count == 1 else set())


def test_without_a_kernel_nothing_is_decided(house: House) -> None:
    del house.db.info["kernel"]

    assert set(house.decide(GB).unresolved) == {GB}


def test_writers_who_meet_share_one_row(house: House) -> None:
    places = [f"P{n}" for n in range(50)]
    house.add("tax_flat", Regime({p: replace(FLAT, evidence=p) for p in places}))
    facts = [replace(GB, ship_to=place) for place in places]
    start = threading.Barrier(4, timeout=30)
    found: list[Decided] = []

    def work(order: Callable[[list[TaxFacts]], list[TaxFacts]]) -> None:
        start.wait()
        found.append(house.decide(*order(facts)))

    orders = [list, lambda all_: all_[::-1], lambda all_: all_[::2], lambda all_: all_[1::2]]
    threads = [threading.Thread(target=work, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(found) == len(orders)
    assert len(house.rows(Decision)) == len(places)
    ids = {fact: {d.decisions[fact][0] for d in found if fact in d.decisions} for fact in facts}
    assert {len(each) for each in ids.values()} == {1}


@given(st.integers(-(10**14), 10**14), st.integers(0, 1_000_000))
def test_tax_is_rounded_half_away_from_zero(net: int, rate: int) -> None:
    tax = tax_amount(net, rate)

    exact = abs(net) * rate
    assert tax_amount(-net, rate) == -tax
    assert 2 * abs(abs(tax) * 1_000_000 - exact) <= 1_000_000
    if (2 * exact) % 2_000_000 == 1_000_000:
        assert abs(tax) * 1_000_000 > exact


def test_tax_of_halves_that_floats_get_wrong() -> None:
    assert [tax_amount(net, 175_000) for net in (20, -20, 60, 2, 3)] == [4, -4, 11, 0, 1]
    assert tax_amount(sys.maxsize, 1_000_000) == sys.maxsize

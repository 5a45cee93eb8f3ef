"""What every tax regime must hold to."""

from __future__ import annotations

import csv
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from datetime import timedelta
from importlib.resources import files
from itertools import pairwise
from itertools import product
from types import MappingProxyType
from typing import Any

import pytest

from core import clock
from core.errors import EntrepotError
from core.kernel import lifecycle
from core.kernel.kernel import Kernel
from core.kernel.models import Company
from core.tax.deciding import decide
from core.tax.decision import Given
from core.tax.decision import TaxDecision
from core.tax.decision import check_decision
from core.tax.decision import levies_of
from core.tax.decision import tax_amount
from core.tax.facts import Registration
from core.tax.facts import Seller
from core.tax.facts import TaxFacts
from core.tax.regime import TaxRegime
from core.testkit.factories import make_row
from core.testkit.installed import InstalledAddon

# Destinations that say nothing: unspecified, empty, misspelt, invented, reserved by ISO 3166.
NO_COUNTRY = ("ZZ", "", " ", "??", "gb", "G B", "Atlantis", "QQ", "XX", "AA", "\N{NO-BREAK SPACE}")

DESTINATIONS = ("GB", "IE", "DE", "FR", "GR", "HR", "CH", "NO", "US", "JP", "AU", "JE", *NO_COUNTRY)


class TaxRegimeContract(InstalledAddon):
    """Tests of a tax regime; a subclass names the addon and says what the regime is the law of.

    `home` is the country whose seller and stock the regime judges. `standard_rates` are the rates
    of a domestic sale of standard goods, each by its first day; the first of them is the first
    day that the regime covers. `law` makes the regime as it is by default. Where the law wants a
    seller to be registered, `registration` is his, who then sells on a site of his own; `places`
    are his state and the buyer's, as the facts call them.
    """

    home: str
    standard_rates: Mapping[date, int]
    law: Callable[[], TaxRegime]
    registration: Registration | None = None
    places: Mapping[str, Any] = MappingProxyType({})

    @pytest.fixture
    def regime(self) -> TaxRegime:
        """Return the regime under test."""
        return type(self).law()

    def sale(self, taxed_on: date, ship_to: str | None = None) -> TaxFacts:
        """Return a sale by a seller at home from stock at home."""
        sale = TaxFacts(taxed_on, self.home, ship_to or self.home, self.home, "shop")
        if self.registration is None:
            return sale
        seller = Seller((self.registration,))
        return replace(sale, channel="own", seller=seller, **self.places)

    def sales(self) -> list[TaxFacts]:
        """Return sales around every change of the rate, to many destinations."""
        changes = list(self.standard_rates)
        days = {day + timedelta(days=n) for day in changes for n in (-1, 0, 1)} | {_today()}
        days = {day for day in days if day >= min(changes)}
        places = dict.fromkeys((self.home, *DESTINATIONS))
        return [
            replace(self.sale(day), ship_to=place, item=item)
            for day, place, item in product(sorted(days), places, ("goods", "delivery"))
        ]

    def test_decisions_can_be_booked_and_say_why(self, regime: TaxRegime) -> None:
        """Each has reason, evidence, a collector, an account and a rate that the books carry."""
        decisions = _decisions(regime.decide(self.sales()))
        assert decisions
        chart = files("core.ledger").joinpath("chart.csv").read_text(encoding="utf-8")
        accounts = {row["code"] for row in csv.DictReader(chart.splitlines())}
        for decision in decisions:
            check_decision(decision)
            assert decision.account in accounts
            assert decision.regime == regime.code

    def test_same_facts_get_the_same_decision_in_any_order(self, regime: TaxRegime) -> None:
        """The answer depends on the facts alone, not on what was asked before."""
        sales = self.sales()
        answers = list(regime.decide(sales))
        assert list(regime.decide(sales)) == answers
        assert list(regime.decide(sales[::-1])) == answers[::-1]

    def test_a_batch_is_decided_as_its_parts_are(self, regime: TaxRegime) -> None:
        """One call for many sales and many calls for one sale agree."""
        sales = self.sales()
        assert list(regime.decide(sales)) == [regime.decide([sale])[0] for sale in sales]

    def test_nothing_asked_is_nothing_answered(self, regime: TaxRegime) -> None:
        """An empty batch is no error."""
        assert list(regime.decide([])) == []

    def test_the_standard_rate_has_no_gap_and_no_overlap(self, regime: TaxRegime) -> None:
        """Every day to a year ahead has a rate, which changes on the given days only."""
        first = min(self.standard_rates)
        days = [first + timedelta(days=n) for n in range((_today() - first).days + 366)]
        answers = regime.decide([self.sale(day) for day in days])
        missing = [day for day, answer in zip(days, answers, strict=True) if answer is None]
        assert missing == []
        rates = [decision.rate for decision in _decisions(answers)]
        by_day = list(zip(days, rates, strict=True))
        changes = [new for old, new in pairwise(by_day) if new[1] != old[1]]
        assert dict([by_day[0], *changes]) == dict(self.standard_rates)

    def test_a_day_before_the_first_rate_is_not_untaxed(self, regime: TaxRegime) -> None:
        """There the regime raises or has no say; a rate of zero would be a guess."""
        day = min(self.standard_rates) - timedelta(days=1)
        assert self._refuses(regime, self.sale(day))

    @pytest.mark.parametrize("ship_to", NO_COUNTRY)
    def test_a_destination_that_is_no_country_is_never_untaxed(
        self, regime: TaxRegime, ship_to: str
    ) -> None:
        """It bears the domestic tax, or waits for an answer."""
        for day in self.standard_rates:
            home, abroad = self.sale(day), replace(self.sale(day), ship_to=ship_to)
            assert self._refuses(regime, abroad) or _rate(regime, abroad) == _rate(regime, home) > 0

    def test_a_tax_class_that_nobody_knows_is_refused(self, regime: TaxRegime) -> None:
        """A misspelt tax class must not fall back to some rate."""
        assert self._refuses(regime, replace(self.sale(_today()), tax_class="no such class"))

    def test_a_sale_that_never_touches_home_is_left_to_others(self, regime: TaxRegime) -> None:
        """Two regimes must never claim one sale."""
        abroad = "BR" if self.home != "BR" else "CL"
        facts = [TaxFacts(day, abroad, abroad, abroad, "shop") for day in self.standard_rates]
        assert list(regime.decide(facts)) == [None] * len(facts)

    def test_a_credit_note_mirrors_its_invoice(self, regime: TaxRegime) -> None:
        """What a sale added to the tax, its full return takes away, to the last minor unit."""
        rates = {decision.rate for decision in _decisions(regime.decide(self.sales()))}
        for rate, net in product(rates, (1, 2, 3, 7, 49, 50, 99, 1_25, 10_01, 123_456_789)):
            assert tax_amount(-net, rate) == -tax_amount(net, rate)

    def test_the_addon_decides_while_it_is_enabled(self, kernel: Kernel, regime: TaxRegime) -> None:
        """A domestic sale is decided as the regime says; with the addon disabled it waits."""
        sale = self.sale(_today())
        with kernel.db.write() as session:
            company = make_row(session, Company).id
            (decided,) = decide(session, company, [sale]).decisions.values()
        assert decided[1] == regime.decide([sale])[0]

        lifecycle.disable(kernel, self.addon)
        with kernel.db.write() as session:
            assert set(decide(session, company, [sale]).unresolved) == {sale}

    def _refuses(self, regime: TaxRegime, sale: TaxFacts) -> bool:
        try:
            return regime.decide([sale])[0] is None
        except EntrepotError:
            return True


def _rate(regime: TaxRegime, sale: TaxFacts) -> int:
    (decision,) = _decisions(regime.decide([sale]))
    return decision.rate


def _decisions(answers: Sequence[Given]) -> list[TaxDecision]:
    """Return the decisions that account for the lines."""
    return [
        levy.decision
        for answer in answers
        if answer is not None
        for levy in levies_of(answer, None)
        if not levy.further
    ]


def _today() -> date:
    return clock.now().date()

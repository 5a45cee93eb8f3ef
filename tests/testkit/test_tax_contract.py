"""The contract of tax regimes can fail: each of these is wrong in one way, and is found out."""

from __future__ import annotations

from pathlib import Path

from tests.testkit.wrong import Change
from tests.testkit.wrong import assert_found_out

DECIDE = "return [self._decide(fact) for fact in facts]"
BOOKED = "TestRegime::test_decisions_can_be_booked_and_say_why"
NO_GAP = "TestRegime::test_the_standard_rate_has_no_gap_and_no_overlap"
CHANGES: dict[str, Change] = {
    "says_nothing": (
        "regime.py",
        "reason=f\"Domestic sale: {row['rate'] / 10_000:g} %\"",
        'reason=""',
        BOOKED,
    ),
    "no_proof": (
        "regime.py",
        'evidence=f"all in {home}; rate from',
        'evidence="" and f"all {home}; rate',
        BOOKED,
    ),
    "no_account": ("regime.py", 'account=rates()["account"]', 'account="no account"', BOOKED),
    "odd_collector": ("regime.py", 'collector="seller"', 'collector="somebody"', BOOKED),
    "borrowed_name": ("regime.py", "regime=self.code", 'regime="another"', BOOKED),
    "pays_out": ("regime.py", 'rate=row["rate"]', 'rate=-row["rate"]', BOOKED),
    "counts_questions": (
        "regime.py",
        'reason=f"Domestic',
        "reason=f\"{__import__('uuid').uuid4()} Domestic",
        "TestRegime::test_same_facts_get_the_same_decision_in_any_order",
    ),
    "looks_at_neighbours": (
        "regime.py",
        DECIDE,
        "facts = [max(facts, key=lambda f: f.taxed_on)] * len(facts)\n        " + DECIDE,
        "TestRegime::test_a_batch_is_decided_as_its_parts_are",
    ),
    "wants_something": (
        "regime.py",
        DECIDE,
        "facts[0]\n        " + DECIDE,
        "TestRegime::test_nothing_asked_is_nothing_answered",
    ),
    "rate_of_today": (
        "regime.py",
        'row["since"] <= fact.taxed_on',
        'row["since"] <= __import__("datetime").date.today()',
        NO_GAP,
    ),
    "a_day_late": ("regime.py", 'row["since"] <= fact', 'row["since"] < fact', NO_GAP),
    "wrong_rate": ("tables/rates.toml", "rate = 125_000", "rate = 120_000", NO_GAP),
    "before_the_law": (
        "regime.py",
        "return held[-1] if held else None",
        "return held[-1] if held else rates()['standard'][0]",
        "TestRegime::test_a_day_before_the_first_rate_is_not_untaxed",
    ),
    "guesses_places": (
        "regime.py",
        "        if {fact.seller_country, fact.ship_from, fact.ship_to} != {home}:\n"
        "            return None\n",
        "        if {fact.seller_country, fact.ship_from} != {home}:\n"
        "            return None\n"
        "        if fact.ship_to != home:\n"
        "            account = rates()['account']\n"
        "            return TaxDecision(\n"
        "                self.code, 'seller', home, 'export', 0, account, 'Export', 'abroad'\n"
        "            )\n",
        "TestRegime::test_a_destination_that_is_no_country_is_never_untaxed[ZZ]",
    ),
    "any_class": (
        "regime.py",
        'if fact.tax_class != "standard":',
        "if False:",
        "TestRegime::test_a_tax_class_that_nobody_knows_is_refused",
    ),
    "claims_all": (
        "regime.py",
        "if {fact.seller_country, fact.ship_from, fact.ship_to} != {home}:",
        "if False:",
        "TestRegime::test_a_sale_that_never_touches_home_is_left_to_others",
    ),
    "stays_home": (
        "addon.py",
        "return [Regime()]",
        "return []",
        "TestRegime::test_the_addon_decides_while_it_is_enabled",
    ),
    "offers_twice": (
        "addon.py",
        "return [Regime()]",
        "return [Regime(), Regime()]",
        "TestRegime::test_the_addon_decides_while_it_is_enabled",
    ),
}


def test_every_wrong_tax_regime_is_found_out(tmp_path: Path) -> None:
    assert_found_out(tmp_path, "tax", CHANGES)

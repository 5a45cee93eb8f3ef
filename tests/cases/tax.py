"""Worked cases of tax: facts of a sale in, the decision of the enabled regimes out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from core.errors import Conflict
from core.errors import EntrepotError
from core.kernel import hooks
from core.kernel import lifecycle
from core.kernel.companies import create_company
from core.kernel.settings import save_addon_settings
from core.money import to_minor
from core.money import to_text
from core.setup import prepare_company
from core.stock.warehouses import make_warehouse
from core.tax.decision import RATE_ONE
from core.tax.quoting import QuotedTax
from core.tax.quoting import quote
from core.tax.sale import Sale
from core.tax.sale import SaleLine
from core.tax.sellers import add_registration
from core.tax.sellers import load_seller
from tests.cases.running import Check
from tests.cases.running import Companies
from tests.cases.running import Failed
from tests.cases.running import NotRun
from tests.cases.running import same
from tests.world import World

Facts = dict[str, Any]

SAID = {
    "over_10k": ("EU", "distance_sales"),
    "oss": ("EU", "oss"),
    "ioss": ("EU", "ioss"),
    "voec": ("NO", "voec"),
    "ch_mailorder": ("CH", "mail_order"),
    "au_gst": ("AU", "local"),
    "nz_gst": ("NZ", "local"),
    "sg_ovr": ("SG", "ovr"),
    "gst_hst": ("CA", "local"),
    "jct": ("JP", "local"),
    "nexus": ("US", "nexus"),
}
"""What a case says of the seller, as the registration that a seller notes."""

FACTS = frozenset(
    "regime date channel seller goods_at ship_to buyer items buyer_vat_valid shipping_net province"
    " state inter_state local_rate shipping_taxable".split()
)

COLLECTORS = {"buyer": "buyer_reverse_charge"}
"""What cases call a collector that has another name here."""


def note_local_rate(world: World, _company_id: int, facts: Facts) -> None:
    """Note the rate of a case's address as a seller does, in the settings of the regime."""
    if "local_rate" in facts:
        percent = f"{Decimal(facts['local_rate']) * 100:f}"
        with world.kernel.db.write() as session:
            save_addon_settings(session, "tax_us", {"local_rates": {facts["state"]: percent}})


LOCAL_RATES: list[Callable[[World, int, Facts], None]] = [note_local_rate]
"""What puts the local rate of a case's address in place, where a regime has such rates."""

LONG_AGO = date(2000, 1, 1)

_numbers = count(1)


def checks(document: Facts, folder: Path) -> Iterator[Check]:
    """Yield every case of a file as a check; all share a database, each has its own company."""
    with Companies(folder).fresh() as world:
        enable_regimes(world)
        for case in document["cases"]:
            yield f"{case['id']} {case['title']}", partial(run_case, world, case)


def enable_regimes(world: World) -> None:
    """Enable every tax addon that is shipped."""
    for name, found in sorted(world.kernel.found.items()):
        if found.manifest.category == "tax":
            with suppress(Conflict):
                lifecycle.install(world.kernel, name)
            lifecycle.enable(world.kernel, name)


def run_case(world: World, case: Facts) -> None:
    """Ask for the tax of a case's sale by a company as the case describes it."""
    facts, expected = case["facts"], case["expected"]
    if unknown := sorted(facts.keys() - FACTS):
        raise NotRun(f"no sale has {', '.join(unknown)}")
    currency = currency_of(world, facts["regime"])
    company_id = company_of(world, facts, currency)
    for place in LOCAL_RATES:
        place(world, company_id, facts)
    with world.kernel.db.write() as session:
        sale = sale_of(facts, currency, load_seller(session, company_id))
        try:
            taxes = quote(session, company_id, sale)
        except EntrepotError as error:
            raise Failed(str(error)) from None
    found = in_cases_words(taxes, expected, currency)
    if unknown := sorted(expected.keys() - found.keys()):
        raise NotRun(f"a decision does not tell {', '.join(unknown)}")
    found["border"] = {name: found["border"][name] for name in expected.get("border", ())}
    same({name: found[name] for name in expected}, expected_of(expected, currency))


def currency_of(world: World, regime: str) -> str:
    """Return the money in which a regime's law sets its limits, that of a case's amounts."""
    with world.kernel.db.read() as session:
        for addon, offered in hooks.collect(session, "tax_regimes"):
            if addon == f"tax_{regime.lower()}":
                return str(offered.currency)
    raise NotRun(f"no shipped addon is the regime {regime}")


def company_of(world: World, facts: Facts, currency: str) -> int:
    """Make a company that is established, registered and keeps stock as a case says."""
    told = facts["seller"]
    places = {facts["goods_at"], *told.get("other_stock_ms", ())}
    if unknown := sorted(told.keys() - SAID.keys() - {"established", "other_stock_ms"}):
        raise NotRun(f"no seller says {', '.join(unknown)}")
    number = next(_numbers)
    with world.kernel.db.write() as session:
        company = create_company(
            session,
            f"Case {number}",
            country=told["established"],
            currency=currency,
            timezone="UTC",
            code=f"case{number}",
        )
        prepare_company(session, company)
        for place in sorted(places):
            make_warehouse(session, company.id, f"IN{place}", f"In {place}", place, "own", "1300")
        for name, (country, scheme) in SAID.items():
            if told.get(name):
                for region in regions_of(country, facts):
                    add_registration(
                        session, company.id, country, scheme, since=LONG_AGO, region=region
                    )
    return company.id


def regions_of(country: str, facts: Facts) -> list[str]:
    """Return for which parts of a country a case's seller is registered: the buyer's, if any."""
    if country == "US":
        return [facts["state"]]
    own_tax = country == "CA" and facts.get("province") in {"BC", "MB", "QC", "SK"}
    return ["", facts["province"]] if own_tax else [""]


def sale_of(facts: Facts, currency: str, seller: Any) -> Sale:
    """Return the sale of a case."""
    lines = [
        SaleLine(minor(item["net"], currency) * item["qty"], item["qty"], hs6=item["hs6"])
        for item in facts["items"]
    ]
    if "shipping_net" in facts:
        lines.append(SaleLine(minor(facts["shipping_net"], currency), item="delivery"))
    valid, away = facts.get("buyer_vat_valid"), facts.get("inter_state", False)
    home = "XB" if facts["regime"] == "IN" else ""
    return Sale(
        taxed_on=date.fromisoformat(facts["date"]),
        ship_from=facts["goods_at"],
        ship_to=facts["ship_to"],
        seller_country=facts["seller"]["established"],
        platform="shop",
        currency=currency,
        lines=lines,
        channel=facts["channel"],
        buyer={"B": "business", "C": "consumer"}[facts["buyer"]],
        buyer_number="none" if valid is None else "valid" if valid else "invalid",
        region=facts.get("province") or facts.get("state") or ("XA" if away else home),
        from_region=home,
        seller=seller,
    )


def minor(amount: str, currency: str) -> int:
    """Return an amount of a case in minor units."""
    return to_minor(Decimal(amount), currency)


def in_cases_words(taxes: Sequence[QuotedTax], expected: Facts, currency: str) -> Facts:
    """Return the decision by the names that cases use, what is due at the border apart."""
    groups: defaultdict[tuple[str, ...], list[QuotedTax]] = defaultdict(list)
    for each in taxes:
        decision = each.decision
        if decision.tax != "duty" and decision.role != "export":
            key = (decision.role, decision.collector, decision.jurisdiction, decision.scheme)
            groups[key].append(each)
    main = main_group(list(groups.values()), expected)
    decision = main[0].decision
    parts: dict[str, list[int]] = {}
    rates: dict[str, set[int]] = defaultdict(set)
    for each in main:
        sums = parts.setdefault(each.decision.tax, [0, 0])
        sums[0] += each.base
        sums[1] += each.amount
        rates[each.decision.tax].add(each.decision.rate)
    border = [each for each in taxes if each.decision.role == "import" and each not in main]
    duty = sum(each.amount for each in border if each.decision.tax == "duty")
    rest = [each for each in border if each.decision.tax != "duty"]
    return {
        "collector": COLLECTORS.get(decision.collector, decision.collector),
        "jurisdiction": decision.jurisdiction,
        "scheme": decision.scheme,
        "seller_supply": decision.supply,
        "rate": Decimal(sum(max(each) for each in rates.values())) / RATE_ONE,
        "base": max(base for base, _ in parts.values()),
        "tax": sum(tax for _, tax in parts.values()),
        "parts": {name: to_text(tax, currency) for name, (_, tax) in parts.items()},
        "border": {
            "duty": duty,
            "import_base": sum(each.base for each in rest),
            "import_tax": sum(each.amount for each in rest),
        },
    }


def main_group(groups: list[list[QuotedTax]], expected: Facts) -> list[QuotedTax]:
    """Return what accounts for the sale first, or what is withheld from it if a case asks that."""
    for group in groups:
        decision = group[0].decision
        if decision.role == "withholding" and decision.scheme == expected.get("scheme"):
            return group
    return groups[0]


def expected_of(expected: Facts, currency: str) -> Facts:
    """Return what a case expects with its amounts in minor units."""
    wanted = dict(expected)
    for name in ("base", "tax"):
        if name in wanted:
            wanted[name] = minor(wanted[name], currency)
    if "rate" in wanted:
        wanted["rate"] = Decimal(wanted["rate"])
    if "border" in wanted:
        wanted["border"] = {name: minor(v, currency) for name, v in wanted["border"].items()}
    return wanted

"""Worked cases of orders: steps, messages, routes, charges, components, platforms' states."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from core.addresses.address import Address
from core.addresses.checking import check_address
from core.catalog.services import skus_by_code
from core.money import to_minor
from core.money import to_text
from core.orders import platforms
from core.orders.lookups import Account
from core.orders.record import Actor
from core.orders.routing import Option
from core.orders.routing import choose
from core.orders.shipping import ship
from core.orders.states import TRANSITIONS
from core.orders.states import State
from core.orders.states import may
from core.orders.statuses import StatusFact
from core.orders.statuses import apply_statuses
from core.publishing.reckoning import TERMS
from core.publishing.reckoning import Terms
from core.publishing.rules import Scope
from core.publishing.rules import set_rule
from core.publishing.showing import preview
from core.stock.availability import available_to_sell
from core.stock.warehouses import make_warehouse
from tests.cases.running import Check
from tests.cases.running import Companies
from tests.cases.running import Failed
from tests.cases.running import NotRun
from tests.cases.running import same
from tests.orders.life import Life
from tests.stock.trading import START
from tests.world import World

Facts = dict[str, Any]
CASE = Actor("case")

ADDRESS = {
    "country_code": "country",
    "country_area": "region",
    "city": "city",
    "city_area": "district",
    "postal_code": "postcode",
    "street_address": "street",
    "name": "name",
    "company_name": "company",
    "phone": "phone",
    "email": "email",
}
"""What cases call the fields of an address."""


def checks(document: Facts, folder: Path) -> Iterator[Check]:
    """Yield all that a file of cases says, each as a check."""
    companies = Companies(folder)
    if "states" in document:
        yield "states", partial(same, sorted(State), sorted(document["states"]))
    for state, follow in document.get("transitions", {}).items():
        yield f"transitions from {state}", partial(check_transitions, state, follow)
    for name, rows in document.get("status_mapping", {}).items():
        for row in rows:
            yield f"{name}: {row['native']}", partial(check_status, rows, row)
    for case in document["cases"]:
        yield f"{case['id']} {case['title']}", partial(run_case, companies, case)


def check_transitions(state: str, follow: list[str]) -> None:
    """Compare what may follow a state."""
    found = TRANSITIONS[State(state)] if state in set(State) else None
    same(sorted(found or ()), sorted(follow))


def check_status(rows: list[Facts], row: Facts) -> None:
    """Compare what a platform's state means, in the map that knows all states of the platform."""
    name = map_for({each["native"] for each in rows})
    meaning = platforms.meaning_of(name, row["native"])
    state = None if row["state"].startswith("(") else row["state"]
    same((meaning.state, meaning.stock), (state, stock_effect(row["stock"])))


def map_for(natives: set[str]) -> str:
    """Return the map that knows some states of a platform."""
    for name in platforms.status_maps():
        if natives <= platforms.status_map(name).keys():
            return name
    raise NotRun(f"no map of states knows all of {', '.join(sorted(natives))}")


def stock_effect(told: str) -> str:
    """Return what a case's words ask of the stock: the longest effect that they begin with."""
    found = [effect for effect in platforms.STOCK_EFFECTS if told.startswith(effect)]
    return max(found, key=len, default="keep")


def run_case(companies: Companies, case: Facts) -> None:
    """Run a case by the facts that it gives."""
    facts, expected = case["input"], case["expected"]
    for keys, run in _RUNNERS:
        if keys <= facts.keys():
            run(companies, facts, expected)
            return
    raise NotRun(f"no service takes {', '.join(sorted(facts))}")


def run_step(_companies: Companies, facts: Facts, expected: Facts) -> None:
    """Ask whether a command may take a step."""
    same({"allowed": may(facts["frm"], facts["to"])}, expected)


def run_events(companies: Companies, facts: Facts, expected: Facts) -> None:
    """Tell what a platform says of an order in the order in which it arrives."""
    name = map_for({event["s"] for event in facts["events"]})
    with companies.fresh() as world:
        life = Life(world)
        world.stock("X 5 @ 1.00 on 2010-11-30")
        life.orders("1 X 1 @ 5.00 on 2011-02-01 to US")
        account = account_of(world)
        superseded = 0
        for event in facts["events"]:
            fact = StatusFact("1", event["s"], START.replace(minute=event["seq"]))
            with world.kernel.db.write() as session:
                told = apply_statuses(session, account, name, [fact], CASE)
            superseded += told.superseded
        found = {"state": life.state("1")[0], "ignored": superseded}
        sound(world)
    same(found, expected)


def account_of(world: World) -> Account:
    """Return the account of the world's orders."""
    order = world.rows("SELECT platform, account FROM orders_order")[0]
    return Account(world.company.id, order.platform, order.account)


def run_shared(companies: Companies, facts: Facts, expected: Facts) -> None:
    """Sell a kit and ask what is left of its components and of the kit itself."""
    said = re.fullmatch(r"(\S+) x (\d+)", facts["sold"])
    if said is None:
        raise NotRun(f"{facts['sold']!r} is not told as `SKU x quantity`")
    with companies.fresh() as world:
        life = Life(world)
        for kit, parts in facts["kits"].items():
            life.bundle(kit, **parts)
        world.stock(*(f"{sku} {n} @ 1.00 on 2010-11-30" for sku, n in facts["stock"].items()))
        life.orders(f"1 {said[1]} {said[2]} @ 99.00 on 2011-02-01 to US")
        found = {sku: free(world, sku) for sku in expected["after"]}
        sound(world)
    same({"after": found}, expected)


def free(world: World, sku: str) -> int:
    """Return what may still be sold of a SKU."""
    with world.kernel.db.read() as session:
        (sku_id,) = skus_by_code(session, world.company.id, [sku]).values()
        return sum(available_to_sell(session, world.company.id, [sku_id])[sku_id].values())


def run_pools(companies: Companies, facts: Facts, expected: Facts) -> None:
    """Lay goods into our own warehouse and a platform's, and ask what other channels may sell."""
    if facts["mcf"]:
        raise NotRun("no provider of a platform's warehouse sends for other channels yet")
    with companies.fresh() as world:
        with world.kernel.db.write() as session:
            make_warehouse(
                session, world.company.id, "FBA", "Platform", "DE", "platform_fulfilment", "1340"
            )
        world.stock_in("FBA", f"X {facts['fba']} @ 1.00 on 2010-11-30")
        world.stock(f"X {facts['own']} @ 1.00 on 2010-11-30")
        found = free(world, "X")
    same({"own_channels": found}, expected)


def run_published(companies: Companies, facts: Facts, expected: Facts) -> None:
    """Let a rule hold for each platform, and ask how much of the goods each would be told."""
    with companies.fresh() as world:
        world.stock(f"X {facts['ats']} @ 1.00 on 2010-11-30")
        found = {each["ch"]: published(world, each) for each in facts["channels"]}
        sound(world)
    same({"published": found}, expected)


def published(world: World, told: Facts) -> int:
    """Return how much a platform is told by the rule of a case."""
    company_id = world.company.id
    with world.kernel.db.write() as session:
        (sku_id,) = skus_by_code(session, company_id, ["X"]).values()
        set_rule(session, company_id, Scope(told["ch"]), terms_of(told))
        return preview(session, company_id, Scope(told["ch"], "", sku_id), Terms()).quantity


def terms_of(told: Facts) -> Terms:
    """Return the rule of a case, whose share is a fraction."""
    given = {name: value for name, value in told.items() if name != "ch"}
    if unknown := sorted(given.keys() - set(TERMS)):
        raise NotRun(f"no publish rule has {', '.join(unknown)}")
    if "share" in given:
        given["share"] = Decimal(str(given["share"])) * 100
    if any(value != int(value) for value in given.values()):
        raise NotRun("publish rules have whole units, and a share in whole per cent")
    return Terms(**{name: int(value) for name, value in given.items()})


def run_address(_companies: Companies, facts: Facts, expected: Facts) -> None:
    """Check an address, and compare its fields in order, or what is wrong with them."""
    if unknown := sorted(facts.keys() - ADDRESS.keys()):
        raise NotRun(f"no address has {', '.join(unknown)}")
    checked = check_address(Address(**{ADDRESS[name]: text for name, text in facts.items()}))
    ours = {ours: theirs for theirs, ours in ADDRESS.items()}
    errors = {ours[problem.field]: problem.code for problem in checked.problems}
    forms = {"valid": not errors, "errors": errors, "latin": in_cases_words(checked.latin)}
    found: Facts = {**in_cases_words(checked.address), **forms}
    if unknown := sorted(expected.keys() - found.keys() - ADDRESS.keys()):
        raise NotRun(f"checking an address does not tell {', '.join(unknown)}")
    if errors and "errors" not in expected and expected.get("valid") is not False:
        raise Failed(f"the address is refused: {errors}")
    if "latin" in expected:
        found["latin"] = {name: found["latin"].get(name, "") for name in expected["latin"]}
    same({name: found.get(name, "") for name in expected}, expected)


def in_cases_words(address: Address) -> Mapping[str, str]:
    """Return the fields of an address by the names that cases use."""
    given = address.given()
    return {theirs: given[ours] for theirs, ours in ADDRESS.items() if ours in given}


def run_route(_companies: Companies, facts: Facts, expected: Facts) -> None:
    """Choose the warehouses of an order."""
    options = [
        Option(w["id"], w["stock"], pennies(w["cost"]), w["days"], w["dg"])
        for w in facts["warehouses"]
    ]
    route = choose(
        facts["lines"],
        options,
        max_days=facts.get("max_days"),
        dangerous=facts.get("dg", False),
    )
    found = route and [list(route.places), route.cost, route.days]
    want = expected["route"]
    same(found, want and [want[0], pennies(want[1]), want[2]])


def pennies(amount: object) -> int:
    """Return an amount of a case in minor units."""
    return to_minor(Decimal(str(amount)), "EUR")


def run_charges(companies: Companies, facts: Facts, expected: Facts) -> None:
    """Ship each line of an order in a parcel of its own and see what went with it."""
    with companies.fresh() as world:
        life = Life(world)
        world.stock(*(f"{sku} 1 @ 1.00 on 2010-11-30" for sku, _ in facts["lines"]))
        life.orders(
            *(f"1 {sku} 1 @ {price} on 2011-02-01 to US" for sku, price in facts["lines"]),
            f"1 D -1 @ {facts['discount']} on 2011-02-01 to US",
            f"1 POST 1 @ {facts['shipping']} on 2011-02-01 to US",
        )
        for sku, _ in facts["lines"]:
            life.do(ship, "1", quantities=dict.fromkeys(life.line_ids("1", sku), 1))
        lines = world.lines("1")
        found = {sku: {} for sku in expected}
        parcels = {line.document_id: line.code for line in lines if line.code in expected}
        for line in lines:
            name = {"discount": "discount", "postage": "shipping"}.get(line.kind)
            if name:
                found[parcels[line.document_id]][name] = to_text(abs(line.net_amount), "GBP")
        sound(world)
    same(found, expected)


def sound(world: World) -> None:
    """Raise unless every sentence holds."""
    same(world.broken(), [])


_RUNNERS: list[tuple[set[str], Callable[[Companies, Facts, Facts], None]]] = [
    ({"frm", "to"}, run_step),
    ({"events"}, run_events),
    ({"stock", "kits", "sold"}, run_shared),
    ({"fba", "own", "mcf"}, run_pools),
    ({"ats", "channels"}, run_published),
    ({"lines", "warehouses"}, run_route),
    ({"lines", "discount", "shipping"}, run_charges),
    ({"country_code"}, run_address),
]

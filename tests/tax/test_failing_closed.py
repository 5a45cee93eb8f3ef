"""Nothing is sold untaxed because a regime's addon is broken: the parcel waits, the goods leave."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Any

import pytest

from core.config import Config
from core.errors import Conflict
from core.kernel import hooks
from core.kernel import kernel
from core.kernel import lifecycle
from core.kernel import registry
from core.kernel.discovery import Found
from core.kernel.graph import Graph
from core.kernel.graph import order_addons
from core.kernel.kernel import Kernel
from core.orders.exceptions import count_queues
from core.orders.waiting import post_waiting
from core.tax.channels import set_channel
from core.tax.returns import forms
from core.tax.sellers import add_registration
from core.tax.watching import thresholds
from tests.world import World

EU = "tax_eu"
TO_GERMANY = "1 MUG 1 @ 25.00 on 2026-08-01 from ann to DE"


@pytest.fixture
def seller(world: World) -> World:
    """Return a British seller with a site of his own, who has the regime of the Union."""
    with suppress(Conflict):
        lifecycle.install(world.kernel, EU)
    lifecycle.enable(world.kernel, EU)
    world.rates("GBP/EUR 1.2 on 2026-08-01")
    with world.kernel.db.write() as session:
        set_channel(session, world.company.id, "file", "own")
        add_registration(session, world.company.id, "EU", "ioss", since=date(2021, 7, 1))
    world.stock("MUG 100 @ 2.00 on 2010-11-30")
    return world


def boot_anew(world: World) -> None:
    world.kernel.db.dispose()
    world.kernel = Kernel.boot(world.kernel.config)


Patch = pytest.MonkeyPatch


def _removed(_world: World, patch: Patch) -> None:
    look = kernel.look

    def without(config: Config) -> tuple[dict[str, Found], Graph]:
        found, _ = look(config)
        left = {name: each for name, each in found.items() if name != EU}
        return left, order_addons({name: each.manifest for name, each in left.items()}, {})

    patch.setattr(kernel, "look", without)


def _not_importable(_world: World, patch: Patch) -> None:
    load = registry.load_addon

    def failing(found: Found) -> object:
        if found.name == EU:
            raise ImportError("no such package")
        return load(found)

    patch.setattr(registry, "load_addon", failing)


def _not_upgraded(world: World, _patch: Patch) -> None:
    world.change("UPDATE kernel_addon SET version = '0.0.1' WHERE name = 'tax_eu'")


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (_removed, "Its files are missing."),
        (_not_importable, "no such package"),
        (_not_upgraded, "run `entrepot addons install tax_eu`"),
    ],
)
def test_a_sale_waits_while_an_enabled_regime_does_not_run(
    seller: World, monkeypatch: Patch, broken: Callable[[World, Patch], None], why: str
) -> None:
    broken(seller, monkeypatch)
    boot_anew(seller)

    seller.orders(TO_GERMANY)

    # The British regime alone would call it an export, and free it.
    assert seller.booked("/1#") == {}
    assert seller.on_hand("MUG") == 99
    (reason,) = seller.rows("SELECT waiting_for FROM stock_document WHERE waiting_for IS NOT NULL")
    assert "tax_eu is enabled and does not run" in reason[0]
    assert why in reason[0]
    assert seller.order("1").exception == "waiting"

    monkeypatch.undo()
    seller.change("UPDATE kernel_addon SET version = '0.1.0' WHERE name = 'tax_eu'")
    boot_anew(seller)
    with seller.kernel.db.write() as session:
        post_waiting(session, seller.company.id)
    assert seller.booked("/1#")["2330"] == -475
    assert not seller.broken()


def test_disabling_it_says_that_its_law_does_not_concern_the_company(
    seller: World, monkeypatch: Patch
) -> None:
    _not_importable(seller, monkeypatch)
    boot_anew(seller)
    seller.orders(TO_GERMANY)

    lifecycle.disable(seller.kernel, EU)
    with seller.kernel.db.write() as session:
        post_waiting(session, seller.company.id)

    assert seller.booked("/1#")["1210"] == 2500


def test_a_sale_that_no_regime_claims_stands_in_the_queue_with_what_helps(seller: World) -> None:
    seller.change("UPDATE stock_warehouse SET country = 'BR'")

    seller.orders("9 MUG 1 @ 25.00 on 2026-08-01 from ann to AR")

    assert seller.booked("/9#") == {}
    assert seller.order("9").exception == "waiting"
    with seller.kernel.db.read() as session:
        assert count_queues(session, seller.company.id)["waiting"] == 1
    (detail,) = seller.rows("SELECT detail FROM orders_exception WHERE kind = 'waiting'")
    assert "No enabled tax regime answers for a sale from BR to AR" in str(detail[0])
    assert "Enable the addon that covers it" in str(detail[0])


def test_two_regimes_that_claim_a_sale_are_both_named_and_nothing_is_booked(
    seller: World, monkeypatch: Patch
) -> None:
    collect = hooks.collect_strictly

    def twice(*asked: Any) -> Any:
        offers, failed = collect(*asked)
        rival = [("tax_rival", regime) for addon, regime in offers if addon == EU]
        return [*offers, *rival], failed

    monkeypatch.setattr(hooks, "collect_strictly", twice)

    seller.orders(TO_GERMANY)

    assert seller.booked("/1#") == {}
    (reason,) = seller.rows("SELECT waiting_for FROM stock_document WHERE waiting_for IS NOT NULL")
    assert "tax_eu (eu_vat) and tax_rival (eu_vat) both decide" in reason[0]
    assert "Disable all but one" in reason[0]


def test_returns_and_thresholds_of_others_are_there_while_one_regime_fails(
    seller: World, monkeypatch: Patch
) -> None:
    def failing(_regime: object) -> list[object]:
        raise RuntimeError("the table is missing")

    with seller.kernel.db.read() as session:
        (union,) = (each for addon, each in hooks.collect(session, "tax_regimes") if addon == EU)
    for name in ("returns", "thresholds"):
        monkeypatch.setattr(type(union), name, failing)

    with seller.kernel.db.read() as session:
        assert "uk_vat100" in forms(session)
        assert "eu_oss" not in forms(session, disabled=True)
        assert {"gb_registration"} <= {each.code for each in thresholds(session)}
    faults = seller.rows("SELECT addon, place FROM kernel_fault")
    assert ("tax_eu", "hook:tax_regimes") in {tuple(row) for row in faults}

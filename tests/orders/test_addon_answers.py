"""Answers of addons that the books cannot carry: goods move, money waits, sentences say why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.errors import NotFound
from core.orders import applying
from core.tax import deciding
from core.tax.decision import TaxDecision
from tests.world import World


def test_tax_on_an_account_that_the_chart_lacks_waits(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = deciding._call

    def elsewhere(offer: Any, facts: Any) -> Any:
        return [moved(answer) for answer in call(offer, facts)]

    def moved(answer: Any) -> Any:
        if isinstance(answer, TaxDecision):
            return replace(answer, account="2399")
        return [replace(each, decision=moved(each.decision)) for each in answer]

    monkeypatch.setattr(deciding, "_call", elsewhere)
    world.stock("MUG 9 @ 2.00 on 2010-11-29")
    world.orders("1001 MUG 1 @ 10.00 on 2011-02-01 from ann")

    assert world.on_hand("MUG") == 8
    assert world.booked("/1001#") == {}
    (waiting,) = world.rows("SELECT waiting_for FROM stock_document WHERE kind = 'shipment'")
    assert "2399" in waiting[0]
    assert not world.broken()


def test_a_route_to_no_warehouse_of_the_company_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def astray(_session: object, _name: str, *, default: object, orders: Any) -> dict[int, int]:
        return {order.id: 424242 for order in orders}

    monkeypatch.setattr(applying.hooks, "resolve", astray)
    with pytest.raises(NotFound, match="424242"):
        world.orders("1001 MUG 1 @ 10.00 on 2011-02-01 from ann")
    assert not world.broken()

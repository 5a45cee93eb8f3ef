"""The contract of warehouses can fail: each of these is wrong in one way, and is found out."""

from __future__ import annotations

from pathlib import Path

from tests.testkit.wrong import Change
from tests.testkit.wrong import assert_found_out

ROUTE = "    return routed or None"
CHANGES: dict[str, Change] = {
    "other_name": (
        "provider.py",
        'CODE = "other_name"',
        'CODE = "another"',
        "TestProvider::test_provider_says_what_it_is",
    ),
    "nameless": (
        "provider.py",
        'title: str = "Nameless"',
        'title: str = " "',
        "TestProvider::test_provider_says_what_it_is",
    ),
    "odd_kind": (
        "provider.py",
        '= "3pl"',
        '= "borrowed"',
        "TestProvider::test_provider_says_what_it_is",
    ),
    "on_revenue": (
        "provider.py",
        '"1340"',
        '"4000"',
        "TestProvider::test_goods_lie_on_an_inventory_account",
    ),
    "no_account": (
        "provider.py",
        '"1340"',
        '"1399"',
        "TestProvider::test_goods_lie_on_an_inventory_account",
    ),
    "sells_twice": (
        "provider.py",
        '= "3pl"',
        '= "platform"',
        "TestProvider::test_a_platform_promises_its_stock_itself",
    ),
    "offers_twice": (
        "addon.py",
        "return [Provider()]",
        "return [Provider(), Provider()]",
        "TestProvider::test_the_enabled_addon_offers_the_provider",
    ),
    "offers_nothing": (
        "addon.py",
        "return [Provider()]",
        "return []",
        "TestProvider::test_the_enabled_addon_offers_the_provider",
    ),
    "anywhere": (
        "provider.py",
        ROUTE,
        "    first = min(defaults.values(), default=1)\n    return {o.id: first for o in orders}",
        "TestProvider::test_orders_go_to_warehouses_of_their_company_and_provider",
    ),
    "invents": (
        "provider.py",
        ROUTE,
        "    return {o.id: 1 for o in orders} or None",
        "TestProvider::test_orders_go_to_warehouses_of_their_company_and_provider",
    ),
    "adds_orders": (
        "provider.py",
        ROUTE,
        "    return {**routed, 999_999: 1}",
        "TestProvider::test_orders_go_to_warehouses_of_their_company_and_provider",
    ),
    "needs_orders": (
        "provider.py",
        "    defaults = default",
        "    orders[0]\n    defaults = default",
        "TestProvider::test_nothing_to_route_is_no_error",
    ),
    "moody": (
        "provider.py",
        ROUTE,
        "    return {key: routed[key] for key in list(routed)[:-1]} or None",
        "TestProvider::test_the_same_orders_get_the_same_warehouses",
    ),
    "scribbles": (
        "provider.py",
        ROUTE,
        "    from sqlalchemy import text\n"
        "    session.execute(text('UPDATE stock_warehouse SET row_version = row_version + 1'))\n"
        + ROUTE,
        "TestProvider::test_the_same_orders_get_the_same_warehouses",
    ),
    "one_by_one": (
        "provider.py",
        ROUTE,
        "    from sqlalchemy import text\n"
        "    for order in orders:\n"
        "        session.execute(text(f'SELECT {order.company_id} FROM stock_move'))\n" + ROUTE,
        "TestProvider::test_many_orders_cost_no_more_questions_than_one",
    ),
    "lets_go": (
        "provider.py",
        "    if count:",
        "    if count > 99:",
        "TestProvider::test_goods_that_are_promised_keep_the_addon_enabled",
    ),
    "counts_badly": (
        "provider.py",
        'f"{count} reservations',
        'f"Some reservations',
        "TestProvider::test_goods_that_are_promised_keep_the_addon_enabled",
    ),
    "never_lets_go": (
        "provider.py",
        "    if count:",
        "    if count >= 0:",
        "TestProvider::test_goods_that_are_promised_keep_the_addon_enabled",
    ),
    "meddles": (
        "addon.py",
        "        if addon == CODE:\n            refuse",
        "        if addon:\n            refuse",
        "TestProvider::test_what_others_promised_is_not_its_concern",
    ),
    "jealous": (
        "provider.py",
        "open_reservations(session, CODE)",
        "open_reservations(session, 'somebody_else')",
        "TestProvider::test_what_others_promised_is_not_its_concern",
    ),
}


def test_every_wrong_warehouse_is_found_out(tmp_path: Path) -> None:
    assert_found_out(tmp_path, "warehouse", CHANGES)

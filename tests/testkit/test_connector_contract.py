"""The contract of connectors can fail: each of these is wrong in one way, and is found out."""

from __future__ import annotations

from pathlib import Path

from tests.testkit.wrong import Change
from tests.testkit.wrong import assert_found_out

CHANGES: dict[str, Change] = {
    "floats": (
        "mapping.py",
        'net=money(line["amount"], currency, path=f"lines.{line[\'id\']}.amount")',
        'net=float(line["amount"]) * 100',
        "TestConnector::test_amounts_are_never_floats_and_moments_are_aware",
    ),
    "naive_time": (
        "mapping.py",
        'moment(order["updated_at"], path="updated_at")',
        'moment(order["updated_at"], path="").replace(tzinfo=None)',
        "TestConnector::test_amounts_are_never_floats_and_moments_are_aware",
    ),
    "guesses": (
        "mapping.py",
        'choice(order["status"], STATUS, path="status")',
        'STATUS.get(order["status"], OrderStatus.UNSHIPPED)',
        "TestConnector::test_an_unknown_status_is_no_guess",
    ),
    "looks_away": (
        "connector.py",
        "call.http.call(ORDERS, query=query)",
        "call.http.call(ORDERS, query=query, expect=(401,))",
        "TestConnector::test_failures_have_their_names[401-headers0-AuthFailed]",
    ),
    "calls_it_an_outage": (
        "connector.py",
        "        body = _document(call.http.call(ORDERS",
        "        from core.api import RateLimited, Unavailable\n"
        "        try:\n"
        "            call.http.call(ORDERS)\n"
        "        except RateLimited as error:\n"
        "            raise Unavailable(str(error)) from error\n"
        "        body = _document(call.http.call(ORDERS",
        "TestConnector::test_failures_have_their_names[429-headers2-RateLimited]",
    ),
    "elsewhere": (
        "manifest.toml",
        'hosts = ["api.elsewhere.example"]',
        'hosts = ["api.example.org"]',
        "TestConnector::test_recorded_orders_show_what_matters",
    ),
    "silent_skill": (
        "manifest.toml",
        '["orders.import", "stock.export"]',
        '["orders.import"]',
        "TestConnector::test_capabilities_are_those_of_the_manifest",
    ),
    "boasts": (
        "manifest.toml",
        '"stock.export"]',
        '"stock.export", "prices.export"]',
        "TestConnector::test_capabilities_are_those_of_the_manifest",
    ),
    "tells_names": (
        "mapping.py",
        '{**order, "buyer": {key: buyer[key] for key in buyer if key not in PERSONAL}}',
        "order",
        "TestConnector::test_what_was_received_is_kept_and_personal_data_stands_apart",
    ),
    "keeps_nothing": (
        "mapping.py",
        "personal={key: buyer[key] for key in PERSONAL if buyer.get(key)},",
        "",
        "TestConnector::test_what_was_received_is_kept_and_personal_data_stands_apart",
    ),
    "loses_lines": (
        "mapping.py",
        'for line in order["lines"]\n',
        'for line in order["lines"][:1]\n',
        "TestConnector::test_orders_balance",
    ),
    "sells_cancelled": (
        "mapping.py",
        'cancelled=line["cancelled"]',
        "cancelled=0",
        "TestConnector::test_orders_balance",
    ),
    "refunds_wrongly": (
        "mapping.py",
        'net=-money(line["amount"]',
        'net=money(line["amount"]',
        "TestConnector::test_orders_balance",
    ),
    "talks": (
        "connector.py",
        "        return replace(request",
        "        __import__('logging').getLogger('x').warning('%s', headers)\n"
        "        return replace(request",
        "TestConnector::test_secrets_are_never_told",
    ),
    "talks_in_errors": (
        "connector.py",
        "        body = _document(call.http.call(ORDERS",
        "        from core.api import Unavailable\n"
        "        if call.http.call(ORDERS, query=query, expect=(500,)).status == 500:\n"
        "            raise Unavailable(call.settings['token'].reveal())\n"
        "        body = _document(call.http.call(ORDERS",
        "TestConnector::test_secrets_are_never_told",
    ),
    "remembers": (
        "connector.py",
        "        query = {\n",
        "        cursor = cursor if self.__dict__ else None\n        self.met = True\n"
        "        query = {\n",
        "TestConnector::test_the_cursor_survives_a_crash",
    ),
    "renames": (
        "mapping.py",
        'external_id=order["id"]',
        "external_id=__import__('uuid').uuid4().hex",
        "TestConnector::test_importing_again_changes_nothing",
    ),
    "never_ends": (
        "connector.py",
        'body.get("next"))',
        'body.get("next") or "page-2")',
        "TestConnector::test_recorded_orders_show_what_matters",
    ),
    "forgives": (
        "connector.py",
        "call.http.call(ORDERS, query=query).json()",
        "(call.http.call(ORDERS, query=query).content or {'orders': []})",
        "TestConnector::test_an_answer_that_was_cut_off_is_an_error[]",
    ),
    "hides_zero": (
        "connector.py",
        "            for update in updates\n",
        "            for update in updates if update.quantity\n",
        "TestConnector::test_stock_is_told_once_and_never_below_zero",
    ),
    "answers_half": (
        "connector.py",
        'for result in body["results"]\n',
        'for result in body["results"][:1]\n',
        "TestConnector::test_every_update_is_answered_once[stock.export]",
    ),
    "refuses_silently": (
        "connector.py",
        'result.get("error", "")',
        '""',
        "TestConnector::test_every_update_is_answered_once[stock.export]",
    ),
}


def test_every_wrong_connector_is_found_out(tmp_path: Path) -> None:
    assert_found_out(tmp_path, "connector", CHANGES)

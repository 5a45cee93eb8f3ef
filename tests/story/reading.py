"""What the books say of the worked story, in the shape in which the story expects it.

Every figure is read from the public reports and from the ledger's postings; amounts come back as
integers in minor units, quantities and units costs as they stand in the file.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import Any

from core.ledger.profit import profit_report
from core.tax.forms import period_of
from core.tax.returns import boxes
from core.tax.returns import form_of
from core.tax.returns import taxed_in
from tests.settlements.test_story import ref_of
from tests.world import World

STORED = {"quantity", "weight", "value", "volume", "direct"}
WITH_SKU = ("13", "4", "5", "6", "7", "8", "9")
WITH_ORDER = ("1210", "1220", "2150", "2310")
TAGS = {"estimate", "trueup", "refund"}

_POSTINGS = """
    SELECT e.natural_key, e.kind, p.booked_on, a.code, a.title, o.external_ref, k.code AS sku,
        w.code AS warehouse, p.tag, p.currency, p.currency_amount, p.amount, a.profit_line
    FROM ledger_posting p
    JOIN ledger_entry e ON e.company_id = p.company_id AND e.id = p.entry_id
    JOIN ledger_account a ON a.company_id = p.company_id AND a.id = p.account_id
    LEFT JOIN orders_order o ON o.company_id = p.company_id AND o.id = p.order_id
    LEFT JOIN catalog_sku k ON k.company_id = p.company_id AND k.id = p.sku_id
    LEFT JOIN stock_warehouse w ON w.company_id = p.company_id AND w.id = p.warehouse_id"""

_LAYERS = """
    SELECT k.code, w.code AS warehouse, SUM(y.remaining) AS quantity,
        SUM(y.remaining_value) AS value
    FROM stock_layer y JOIN stock_level v ON v.company_id = y.company_id AND v.id = y.level_id
    JOIN catalog_sku k ON k.company_id = v.company_id AND k.id = v.sku_id
    JOIN stock_warehouse w ON w.company_id = v.company_id AND w.id = v.warehouse_id
    WHERE y.remaining <> 0 GROUP BY k.code, w.code"""

_SHARES = """
    SELECT a.code, o.external_ref, k.code AS sku, s.amount FROM allocation_share s
    JOIN ledger_account a ON a.company_id = s.company_id AND a.id = s.account_id
    LEFT JOIN orders_order o ON o.company_id = s.company_id AND o.id = s.order_id
    LEFT JOIN catalog_sku k ON k.company_id = s.company_id AND k.id = s.sku_id"""

_CHARGES = """
    SELECT c.reference, c.rule, c.estimated, k.code, s.estimated AS share FROM costing_charge c
    JOIN costing_share s ON s.company_id = c.company_id AND s.charge_id = c.id
    JOIN catalog_sku k ON k.company_id = s.company_id AND k.id = s.sku_id"""


def short(ref: str | None) -> str:
    """Return the story's name of an order, O1 to O7, empty for none."""
    names = {ref_of(f"O{number}"): f"O{number}" for number in range(1, 8)}
    return names.get(ref or "", ref or "")


class Books:
    """The books at the end of the story; `unit_costs` were read before the late invoice came."""

    def __init__(self, world: World, unit_costs: dict[str, Decimal], fees: dict[str, int]) -> None:
        self.world = world
        self.fees = fees
        self.postings = world.rows(_POSTINGS)
        self.shares = world.rows(_SHARES)
        self.layers = world.rows(_LAYERS)
        self.charges = world.rows(_CHARGES)
        self.unit_costs = unit_costs

    def sum(self, *codes: str, key: str = "", own: bool = False) -> int:
        """Return what entries whose key begins so booked on accounts."""
        return sum(
            row.currency_amount if own else row.amount
            for row in self.postings
            if row.code in codes and row.natural_key.startswith(key)
        )

    def journal(self) -> dict[tuple[str, ...], dict[str, int]]:
        """Return the journal by day, account, order, SKU and tag, in each currency."""
        found: defaultdict[tuple[str, ...], defaultdict[str, int]] = defaultdict(
            lambda: defaultdict(int)
        )
        for row in self.postings:
            tag = row.tag if row.tag in TAGS else ""
            place = line_key(str(row.booked_on), row.code, short(row.external_ref), row.sku, tag)
            found[place]["CNY in the books"] += row.amount
            if row.currency != "CNY" and row.code < "3":
                found[place][row.currency] += row.currency_amount
        return {key: dict(sums) for key, sums in found.items()}

    def landed_cost(self) -> list[dict[str, Any]]:
        """Return each landed cost with its rule and the shares of the goods."""
        found: dict[str, dict[str, Any]] = {}
        for row in self.charges:
            each = found.setdefault(
                row.reference, {"rule": row.rule, "total": row.estimated, "shares": {}}
            )
            each["shares"][row.code] = row.share
        for each in found.values():
            each["rule"] = RULES.get(each["rule"], each["rule"])
        return [{"component": NAMES.get(name, name), **each} for name, each in found.items()]

    def late_invoice(self) -> dict[str, Any]:
        """Return where the difference of the late freight went."""
        key = "landed_cost:sea/actual"
        places: list[dict[str, Any]] = []
        goods: defaultdict[str, int] = defaultdict(int)
        for row in self.postings:
            if row.natural_key != key or row.code < "13" or row.code[0] == "2":
                continue
            goods[row.sku] += row.amount
            target = f"{row.code} {short(row.external_ref) or LOSSES.get(row.code, '')}"
            if row.code == "1330":
                target = f"inventory {row.warehouse}"
            places.append({"sku": row.sku, "target": target, "amount": row.amount})
        return {
            "estimate_cny": self.sum("2120", key=key),
            "invoice_cny": -self.sum("2100", key=key),
            "difference": sum(goods.values()),
            "by_sku": dict(goods),
            "distribution": places,
        }

    def payouts(self) -> dict[str, dict[str, int]]:
        """Return each payout with what its conversion cost."""
        found = {}
        for number, name in ((1, "S1"), (2, "S2")):
            key, paid = f"conversion:Wallet/{name}", f"payout:amazon/Amazon/1999900000{number}"
            sent = -self.sum("1050", key=key, own=True)
            fee = self.fees[name]
            found[name] = {
                "deposit_eur": sent,
                "carrying_cny": self.sum("1060", key=paid),
                "fee_eur": fee,
                "fee_cny": self.sum("9020", key=key),
                "cash_cny": self.sum("1000", key=key),
                "fx_loss_cny": self.sum("9000", key=key),
            }
        return found

    def own_goods(self) -> dict[str, int]:
        """Return what the goods that moved to Poland cost, and the VAT on them."""
        key = "own_goods:FC-1"
        moved = [
            row for row in self.postings
            if row.natural_key == "transfer_out:FC-1/ship" and row.code == "1330"
        ]  # fmt: skip
        poland = self.poland()
        return {
            "cost_cny": -sum(row.amount for row in moved),
            "value_eur": poland["K_23"],
            "pl_vat_eur": -self.sum("2300", key=key, own=True),
        }

    def _boxes(self, code: str, currency: str) -> dict[str, int]:
        with self.world.kernel.db.read() as session:
            form = replace(form_of(session, code), currency=currency)
            filled = boxes(session, self.world.company.id, form, period_of("2026-08"))
        return defaultdict(int, {" ".join((b.code, *b.key)): b.amount or 0 for b in filled})

    def poland(self) -> dict[str, int]:
        """Return Poland's return, in euros: the story tells no rate to the zloty it is filed in."""
        return self._boxes("pl_jpk_v7m", "EUR")

    def vat(self) -> dict[str, Any]:
        """Return the returns of August, and the tax that the marketplace collected."""
        germany, poland = self._boxes("de_ustva", "EUR"), self.poland()
        listed = self._boxes("de_sales_list", "EUR")
        with self.world.kernel.db.read() as session:
            form = form_of(session, "de_ustva")
            taxed = taxed_in(session, self.world.company.id, form, period_of("2026-08"))
        passed: defaultdict[str, int] = defaultdict(int)
        for each in taxed:
            if each.decision.collector == "marketplace":
                passed[each.decision.jurisdiction] += each.tax
        return {
            "DE_UStVA_2026_08": {
                "Kz81_base": germany["81"],
                "Kz81_tax": germany["81.tax"],
                "Kz43_exempt_supplies_to_marketplace": germany["43"],
                "Kz41_intra_EU_own_goods_to_PL": listed["own_goods"],
                "Kz41_intra_EU_supply_B2B_FR": listed["goods FR"],
                "Kz41_total": germany["41"],
                "Kz62_import_VAT": germany["62"],
                "Kz83_payable": germany["83"],
            },
            "DE_EC_sales_list_2026_08": [
                {"vat_id": "PL", "type": "own goods movement", "eur": listed["own_goods"]},
                {"vat_id": "FR", "type": "supply", "eur": listed["goods FR"]},
            ],
            "PL_2026_08": {
                "WNT_base": poland["K_23"],
                "output_23": poland["K_24"],
                "input_23": poland["K_43"],
                "payable": poland["K_24"] - poland["K_43"],
            },
            "marketplace_collected_pass_through": dict(passed),
        }

    def trial_balance(self) -> dict[str, int]:
        """Return what stands on each account that has something on it."""
        sums: defaultdict[str, int] = defaultdict(int)
        for row in self.postings:
            sums[f"{row.code} {row.title}"] += row.amount
        return {name: amount for name, amount in sums.items() if amount}

    def inventory(self) -> dict[str, dict[str, int]]:
        """Return what lies where, with its value."""
        return {
            f"{row.code}@{row.warehouse}": {"qty": int(row.quantity), "value": int(row.value)}
            for row in self.layers
        }

    def allocations(self, accounts: list[str]) -> dict[str, Any]:
        """Return the shares of what stands on some accounts."""
        found: defaultdict[tuple[str, str], int] = defaultdict(int)
        for row in self.shares:
            # Each month of the run shares its own part of an account.
            if row.code in accounts:
                found[short(row.external_ref), row.sku] += int(row.amount)
        return {
            "total": sum(found.values()),
            "shares": [
                {"order": order, "sku": sku, "amount": amount}
                for (order, sku), amount in found.items()
            ],
        }

    def borne(self) -> dict[str, int]:
        """Return what each order bears of the costs without an order; a cost is negative."""
        found: defaultdict[str, int] = defaultdict(int)
        for row in self.shares:
            found[short(row.external_ref)] -= int(row.amount)
        return found

    def direct(self, by: str) -> dict[str, int]:
        """Return the profit report as posted, by the story's names."""
        with self.world.kernel.db.read() as session:
            report = profit_report(session, self.world.company.id, by)
        rows = {short(row.key): row.profit for row in report.rows}
        rows[""] = report.not_allocated
        return rows

    def orders(self) -> dict[str, dict[str, Any]]:
        """Return the profit of each order, line by line."""
        direct, borne = self.direct("order"), self.borne()
        where = {
            short(row.ref): row
            for row in self.world.rows(
                "SELECT o.external_ref AS ref, o.country, k.code FROM orders_order o"
                " JOIN orders_line l ON l.company_id = o.company_id AND l.order_id = o.id"
                " JOIN catalog_sku k ON k.company_id = l.company_id AND k.id = l.sku_id"
            )
        }
        lines: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
        for row in self.postings:
            if row.external_ref and row.profit_line:
                lines[short(row.external_ref)][row.title] -= row.amount
        return {
            order: {
                "sku": where[order].code,
                "ship_to": where[order].country,
                "direct": direct[order],
                "allocated": borne[order],
                "profit": direct[order] + borne[order],
                "lines": {title: amount for title, amount in lines[order].items() if amount},
            }
            for order in (f"O{number}" for number in range(1, 8))
        }

    def skus(self) -> dict[str, dict[str, int]]:
        """Return the profit of each SKU: of its orders, and what concerns no order."""
        of_orders: defaultdict[str, int] = defaultdict(int)
        for each in self.orders().values():
            of_orders[each["sku"]] += each["profit"]
        direct = self.direct("sku")
        of_sales: defaultdict[str, int] = defaultdict(int)
        for row in self.postings:
            if row.sku and row.external_ref and row.profit_line:
                of_sales[row.sku] -= row.amount
        return {
            sku: {
                "order_profit": of_orders[sku],
                "sku_level": direct[sku] - of_sales[sku],
                "profit": of_orders[sku] + direct[sku] - of_sales[sku],
            }
            for sku in ("A", "B")
        }

    def found(self, expected: dict[str, Any]) -> dict[str, Any]:
        """Return everything that the story expects but its journal."""
        orders = self.orders()
        countries: defaultdict[str, int] = defaultdict(int)
        for each in orders.values():
            countries[each["ship_to"]] += each["profit"]
        market = self.direct("shop")
        rest = market.pop("")
        # What concerns no shop was shared to the orders of the only one.
        net = sum(market.values()) + rest
        return {
            "landed_cost_allocation": self.landed_cost(),
            "unit_cost_before_late_invoice": self.unit_costs,
            "own_goods_movement": self.own_goods(),
            "late_invoice": self.late_invoice(),
            "payouts": self.payouts(),
            "vat_returns": self.vat(),
            "trial_balance_cny": self.trial_balance(),
            "inventory": self.inventory(),
            "allocations": [
                {"cost": each["cost"], **self.allocations(each["accounts"])}
                for each in expected["allocations"]
            ],
            "profit_by_order": orders,
            "profit_by_sku": self.skus(),
            "profit_by_ship_to_country_orders_only": dict(countries),
            "profit_by_market": {"amazon.de": net},
            "net_profit": net,
        }


NAMES = {"sea": "sea_freight_estimate", "IMP-1": "customs_duty", "broker": "broker_and_delivery"}
RULES = {"direct": "direct_per_customs_line"}
LOSSES = {"5110": "WH-LOST", "5120": "INBOUND-LOST"}


def line_key(day: str, account: str, order: str, sku: str | None, tag: str) -> tuple[str, ...]:
    """Return what tells lines apart; balances of goods have no order, cash has no SKU."""
    earns = account >= "4"
    return (
        day,
        account,
        order if earns or account in WITH_ORDER else "",
        (sku or "") if account.startswith(WITH_SKU) else "",
        tag if earns else "",
    )


def unit_costs(world: World) -> dict[str, Decimal]:
    """Return what a unit of each SKU costs in all, wherever it lies."""
    sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in world.rows(_LAYERS):
        sums[row.code][0] += int(row.value)
        sums[row.code][1] += int(row.quantity)
    return {sku: Decimal(value) / quantity / 100 for sku, (value, quantity) in sums.items()}

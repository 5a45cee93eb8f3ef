"""The worked story told to one company through the public services, day by day.

Everything of it goes in as it would at a seller's: purchases, landed costs, transfers, orders as a
file, fee estimates, settlements as flat files, returns, losses, payouts, conversions, the shares of
costs without an order. What the story expects is not read here.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from datetime import UTC
from datetime import date
from datetime import datetime
from pathlib import Path
from typing import Any

import time_machine

from core.allocation.details import import_details
from core.allocation.rules import save_rule
from core.allocation.running import run_allocation
from core.banking.converting import Conversion
from core.banking.converting import convert_money
from core.banking.importing import import_bank_file
from core.banking.profiles import get_profile
from core.banking.profiles import save_profile
from core.catalog.measuring import Measures
from core.catalog.measuring import measure_skus
from core.catalog.services import make_skus
from core.costing.charging import ChargeDraft
from core.costing.charging import estimate
from core.costing.charging import settle
from core.costing.paying import Payment
from core.costing.paying import pay_deposit
from core.costing.paying import pay_supplier
from core.costing.receiving import ReceiptLine
from core.costing.receiving import invoice_goods
from core.costing.receiving import receive_goods
from core.costing.suppliers import charge_key
from core.costing.suppliers import receipt_key
from core.costing.suppliers import vat_key
from core.customs.declaring import DeclarationDraft
from core.customs.declaring import check
from core.customs.declaring import declare
from core.fees.backfilling import FeeEstimate
from core.fees.backfilling import book_estimates
from core.kernel import lifecycle
from core.kernel.companies import create_company
from core.kernel.connections import create_connection
from core.money import parse_decimal
from core.money import round_div
from core.money import to_minor
from core.orders.record import Actor
from core.orders.taking_back import take_back
from core.rates.revaluing import revalue
from core.settlements.attributing import attribute_row
from core.setup import prepare_company
from core.stock.warehouses import make_warehouse
from core.tax.buyers import store_numbers
from core.tax.channels import set_channel
from core.tax.checking import state_number
from core.tax.goods import GoodsNote
from core.tax.goods import note_goods
from core.tax.numbers import read_tax_number
from core.tax.sellers import add_registration
from core.warehousing.handling import Act
from core.warehousing.handling import Goods
from core.warehousing.handling import adjust
from core.warehousing.transferring import lose_transfer
from core.warehousing.transferring import plan_transfer
from core.warehousing.transferring import receive_transfer
from core.warehousing.transferring import ship_transfer
from tests.settlements.test_story import CASES
from tests.settlements.test_story import ref_of
from tests.world import HEADER
from tests.world import MAPPING
from tests.world import World
from tests.world import boot
from tests.world import order_row

ADDONS = ("file_channel", "own_warehouse", "amazon_settlements", "tax_eu")
PO = "PO-1001"
SEA, FC = "SEA-77", "FC-1"
ANN = Actor("ann")

# Rates that a bank or a wallet gave for one payment are what it took, no market's.
OF_A_PAYMENT = {"2026-08-12", "2026-09-06", "2026-09-20"}


def cents(text: str) -> int:
    """Return an amount of the story in minor units; all its currencies have two digits."""
    return to_minor(parse_decimal(text), "CNY")


def found_company(url: str, folder: Path) -> World:
    """Make the seller: a company in Shenzhen that keeps its books in yuan."""
    kernel = boot(url, folder)
    for addon in ADDONS:
        lifecycle.install(kernel, addon)
        lifecycle.enable(kernel, addon)
    with kernel.db.write() as session:
        company = create_company(
            session, "Shenzhen Home", country="CN", currency="CNY", timezone="Asia/Shanghai"
        )
        prepare_company(session, company)
        create_connection(session, "file_channel", "Till", {}, company_id=company.id)
        paid = {"orders_from": "Till"}
        create_connection(session, "amazon_settlements", "Amazon", paid, company_id=company.id)
    return World(kernel, company, folder)


@dataclass
class Telling:
    """The story on its way into the books."""

    world: World
    facts: dict[str, Any]
    clock: time_machine.Coordinates
    fees: dict[str, int] = field(default_factory=dict)

    def on(self, day: str, hour: int = 4) -> None:
        """Let it be a day; four in the morning in London is noon in Shenzhen."""
        self.clock.move_to(datetime.fromisoformat(f"{day}T{hour:02d}:00:00").replace(tzinfo=UTC))

    def do(self, service: Callable[..., Any], *given: Any, **options: Any) -> Any:
        """Call a service in a transaction of its own."""
        with self.world.kernel.db.write() as session:
            return service(session, self.world.company.id, *given, **options)

    def set_up(self) -> None:
        """Make goods, warehouses, registrations, banks and rates known."""
        self.on("2026-06-01")
        facts = self.facts
        self.do(make_skus, {sku: each["name"] for sku, each in facts["products"].items()})
        # The story tells weight and volume of a unit; the sides make up that volume.
        sides = {"A": (200, 200, 100), "B": (300, 200, 200)}
        for sku, each in facts["products"].items():
            grams = int(parse_decimal(each["weight_kg"]) * 1000)
            long, wide, high = sides[sku]
            assert long * wide * high == parse_decimal(each["volume_m3"]) * 10**9
            self.do(measure_skus, {sku: Measures(grams, long, wide, high)})
        self.do(note_goods, [GoodsNote(s, p["hs6"]) for s, p in facts["products"].items()])
        for country in ("DE", "PL"):
            name = f"FBA-{country}"
            self.do(make_warehouse, name, name, country, "amazon", "1330", "platform")
            self.do(add_registration, country, "local", since=date(2026, 1, 1))
        self.do(set_channel, "file", "marketplace")
        layout = {"date": "Date", "amount": "Amount", "text": "Text"}
        for name, account, currency in (("Wallet", "1050", "EUR"), ("Bank", "1000", "CNY")):
            self.do(save_profile, name, account=account, currency=currency, layout=layout)
        market = {d: r for d, r in facts["fx_eur_cny"].items() if d not in OF_A_PAYMENT}
        usd = facts["fx_usd_cny"]
        self.world.rates(
            *(f"EUR/CNY {rate} on {day}" for day, rate in market.items()),
            f"USD/CNY {usd['freight_estimate']} on 2026-07-01",
            f"USD/CNY {usd['freight_invoice']} on 2026-09-15",
        )

    def buy(self) -> None:
        """Pay a deposit, receive, be invoiced, pay the rest, and pay for what it took."""
        lines = [
            ReceiptLine(each["sku"], each["qty"], each["qty"] * cents(each["unit_price_cny"]))
            for each in self.facts["purchase_order"]
        ]
        total = sum(line.value for line in lines)
        self.on("2026-06-10")
        self.do(pay_deposit, Payment("deposit", date(2026, 6, 10)), total * 3 // 10)
        self.on("2026-06-28")
        self.do(receive_goods, "MAIN", PO, lines)
        self.do(invoice_goods, PO, {line.sku: line.value for line in lines}, invoice="I-1")
        paid = Payment("balance", date(2026, 6, 29))
        self.do(pay_supplier, paid, receipt_key(PO), deposit="deposit")
        self.on("2026-06-30")
        for name, rule, amount in (
            ("inspection", "quantity", 1500_00),
            ("domestic_freight", "weight", 900_00),
            ("insurance", "value", 450_00),
        ):
            self.bear(name, "other", rule, amount)
            self.do(pay_supplier, Payment(name, date(2026, 6, 30)), charge_key(name))

    def bear(
        self, name: str, component: str, rule: str, amount: int, currency: str = "CNY", **more: Any
    ) -> None:
        """Book a landed cost and its invoice."""
        draft = ChargeDraft(name, component, rule, amount, [PO], currency=currency, **more)
        self.do(estimate, draft)
        self.do(settle, name, amount, invoice=name, currency=currency)

    def bring(self) -> None:
        """Let the goods go by sea, through customs, to the platform's warehouse, some to Poland."""
        self.on("2026-07-01")
        ordered = {each["sku"]: each["qty"] for each in self.facts["purchase_order"]}
        self.do(plan_transfer, "MAIN", "FBA-DE", ordered, reference=SEA)
        self.do(ship_transfer, SEA)
        freight = ChargeDraft("sea", "first_leg", "volume", 2400_00, [PO], currency="USD")
        self.do(estimate, freight)
        self.clear_customs()
        self.on("2026-08-15")
        self.do(receive_transfer, SEA, self.facts["received_at_fba"])
        self.on("2026-08-16")
        moved = self.facts["fc_transfer"]
        wanted = {moved["sku"]: moved["qty"]}
        here, there = f"FBA-{moved['from_']}", f"FBA-{moved['to']}"
        self.do(plan_transfer, here, there, wanted, reference=FC)
        self.do(ship_transfer, FC)
        self.do(receive_transfer, FC)

    def clear_customs(self) -> None:
        """Bear duty by heading, broker and delivery by weight, import VAT; pay it all in euros."""
        self.on("2026-08-10")
        facts = self.facts
        values = {sku: cents(text) for sku, text in facts["customs_values_eur"].items()}
        rates = {s: parse_decimal(each["duty_rate"]) for s, each in facts["products"].items()}
        duty = {sku: round_div(v * int(rates[sku] * 1000), 1000) for sku, v in values.items()}
        broker = 300_00
        base = sum(values.values()) + sum(duty.values()) + broker
        draft = DeclarationDraft(
            "IMP-1", "DE", date(2026, 8, 10), "EUR", [PO], duty,
            vat=round_div(19 * base, 100), values=values, further=broker, vat_rate=190_000,
        )  # fmt: skip
        checked = self.do(check, draft)
        assert checked.difference(draft.vat) == 0
        self.do(declare, draft, actor="ann")
        self.bear("broker", "other", "weight", broker, "EUR")
        paid = date(2026, 8, 12)
        self.on("2026-08-12")
        for name, key, amount in (
            ("duty", charge_key("IMP-1"), draft.duty),
            ("broker", charge_key("broker"), broker),
            ("vat", vat_key("IMP-1"), draft.vat),
        ):
            taken = round_div(amount * 781, 100)
            self.do(pay_supplier, Payment(f"{name}-paid", paid, None, taken), key)

    def sell(self) -> None:
        """Let the orders leave from Germany, and estimate their fees."""
        numbers = {order: read_tax_number(text, "") for order, text in BUYERS.items()}
        self.do(store_numbers, list(numbers.values()))
        for number in BUYERS.values():
            self.do(state_number, number, valid=True, actor="ann")
        mapping = MAPPING.replace('currency = "GBP"', 'currency = "EUR"')
        mapping = mapping.replace('marketplace = "till"', 'marketplace = "amazon.de"')
        mapping = mapping.replace('"Europe/London"', '"Europe/Berlin"')
        mapping = mapping.replace("shipped = true", 'shipped = true\nwarehouse = "FBA-DE"')
        mapping += '\n[tax]\nbuyer_number = "VAT"\n'
        for order in self.facts["orders"]:
            self.on(order["shipped"], 10)
            rate = round_div(cents(order["vat_rate"]), 1)
            net = round_div(cents(order["gross_unit_price_eur"]) * 100, 100 + rate)
            row = order_row(
                f"{ref_of(order['id'])} {order['sku']} {order['qty']} @ {net / 100:.2f} EUR"
                f" on {order['shipped']} from {order['id']} to {order['ship_to']}"
            )
            path = self.world.folder / f"{order['id']}.csv"
            with path.open("w", encoding="utf-8", newline="") as out:
                csv.writer(out).writerows([(*HEADER, "VAT"), (*row, BUYERS.get(order["id"], ""))])
            self.world.order_file(path, mapping)
        assert self.do(book_estimates, self.estimates()) == 14

    def estimates(self) -> list[FeeEstimate]:
        """Return the story's estimates of each order: 15 % of what is paid, and FBA by unit."""
        foreseen = self.facts["fee_estimates"]["fba_estimate_eur"]
        return [
            FeeEstimate(
                self.world.lines(ref_of(order["id"]))[0].id, account, amount,
                date.fromisoformat(order["shipped"]), "story",
            )
            for order in self.facts["orders"]
            for account, amount in (
                ("6000", round_div(15 * order["qty"] * cents(order["gross_unit_price_eur"]), 100)),
                ("6020", order["qty"] * cents(foreseen[order["sku"]])),
            )
        ]  # fmt: skip

    def after_the_sales(self) -> None:
        """Revalue August, lose goods, settle, take back, hear of the freight, be paid, convert."""
        self.on("2026-08-31", 15)
        self.do(revalue, date(2026, 8, 1))
        self.on("2026-09-01")
        self.do(lose_transfer, SEA)
        self.on("2026-09-04", 10)
        self.settlement("S1")
        self.on("2026-09-05")
        lost = Goods("FBA-DE", "A", -1)
        self.do(adjust, lost, "lost", Act("ann", "lost in the warehouse"))
        self.convert("S1", "2026-09-04", "2026-09-06", "7.83")
        self.on("2026-09-08")
        self.take_back("O4", "sellable")
        self.on("2026-09-12")
        self.take_back("O5", "damaged")
        self.on("2026-09-15")
        self.do(settle, "sea", 2700_00, invoice="sea", currency="USD")
        self.on("2026-09-18", 10)
        self.settlement("S2")
        # The row of the disposal names the SKU alone; it is the unit that came back from O5.
        self.do(attribute_row, "19999000002", self.line_of("S2", "DisposalComplete"), ref_of("O5"))
        self.convert("S2", "2026-09-18", "2026-09-20", "7.79")
        self.on("2026-09-25")
        taken = round_div(2700_00 * 712, 100)
        self.do(
            pay_supplier, Payment("sea-paid", date(2026, 9, 25), None, taken), charge_key("sea")
        )

    def settlement(self, name: str) -> None:
        """Import a settlement of the platform."""
        path = CASES / "fixtures" / f"amazon_settlement_v2_{name}.txt"
        found = self.world.settlement_file(path)
        assert [(each.state, each.suspense) for each in found.statements] == [("booked", 0)]

    @staticmethod
    def line_of(name: str, code: str) -> int:
        """Return the line of a settlement's file on which a code stands."""
        path = CASES / "fixtures" / f"amazon_settlement_v2_{name}.txt"
        lines = path.read_text(encoding="utf-8").splitlines()
        return next(number for number, line in enumerate(lines, 1) if code in line)

    def take_back(self, order: str, disposition: str) -> None:
        """Take a unit back; the platform refunds it by the settlement."""
        line = self.world.lines(ref_of(order))[0]
        self.do(
            take_back, line.order_id, ANN,
            quantities={line.id: 1}, disposition=disposition, refund=False,
        )  # fmt: skip

    def convert(self, name: str, arrived: str, on: str, rate: str) -> None:
        """Let a payout reach the wallet, and convert it at the wallet's rate and fee."""
        self.on(on)
        sent = cents(PAYOUTS[name])
        fee = self.fees[name] = round_div(sent * 3, 1000)
        path = self.world.folder / f"{name}.csv"
        path.write_text(f"Date,Amount,Text\n{arrived},{PAYOUTS[name]},{name}\n")
        company = self.world.company.id
        assert import_bank_file(self.world.kernel, company, "Wallet", path).matched == 1
        got = round_div((sent - fee) * cents(rate), 100)
        with self.world.kernel.db.write() as session:
            wallet, bank = (get_profile(session, company, each) for each in ("Wallet", "Bank"))
            told = Conversion(name, sent, fee, got, date.fromisoformat(on))
            convert_money(session, wallet, bank, told)

    def share(self) -> None:
        """Share the costs without an order by what the platform's reports say of the two SKUs."""
        self.on("2026-09-30")
        for kind, a, b in (("ads", "80", "40"), ("storage", "3.964", "5.928")):
            path = self.world.folder / f"{kind}.csv"
            path.write_text(f"sku,weight\nA,{a}\nB,{b}\n", encoding="utf-8")
            import_details(
                self.world.kernel, self.world.company.id, path, kind, month=date(2026, 8, 1)
            )
        rule = {
            "code": "storage", "title": "Storage", "accounts": ["6030", "6032"],
            "to_sku": ["report:storage"], "to_order": ["units"],
        }  # fmt: skip
        self.do(save_rule, rule, by="ann")
        run_allocation(
            self.world.kernel, self.world.company.id, date(2026, 8, 1), date(2026, 9, 30), by="ann"
        )


BUYERS = {"O3": "DE136695976", "O7": "FR40303265045"}
"""Numbers of the businesses that bought, which the register knew before their goods left."""

PAYOUTS = {"S1": "175.71", "S2": "435.60"}
"""What reached the wallet, as its statement says."""

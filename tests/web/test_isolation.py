"""The matrix of every route × role × {own company, another one}: generated from the routes.

A company never sees another's rows, a role only what it grants, a field only who may see it. Rows
of the second company hold strings that stand nowhere else; no byte of them may reach anybody of
the first, by whatever route, nor somebody of the second who may not see that field.
A new route fails here until it says how it is called.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from core import clock
from core.catalog.models import Listing
from core.catalog.models import Sku
from core.catalog.services import make_skus
from core.channels.disputes import DisputeKind
from core.channels.disputes import DisputeState
from core.channels.disputes import DisputeStep
from core.channels.disputes import ExternalDispute
from core.channels.external import ExternalMessage
from core.channels.external import ExternalReturn
from core.channels.models import Import
from core.channels.models import RawRow
from core.channels.models import Shop
from core.costing.charging import ChargeDraft
from core.costing.charging import estimate
from core.costing.models import Charge
from core.costing.receipts import RECEIPT
from core.costing.receiving import ReceiptLine
from core.costing.receiving import Terms
from core.costing.receiving import invoice_goods
from core.costing.receiving import receive_goods
from core.demo import loading
from core.disputes.models import Dispute
from core.disputes.storing import keep_disputes
from core.identity.access import is_public
from core.identity.access import needs_of
from core.identity.models import Invitation
from core.identity.models import User
from core.identity.models import UserSession
from core.identity.permissions import granted
from core.identity.permissions import matrix
from core.ids import next_id
from core.inbound.models import InboundRow
from core.invoicing.issuing import issue_invoice
from core.invoicing.issuing import set_issuer
from core.invoicing.models import Invoice
from core.kernel.connections import create_connection
from core.kernel.job_models import Job
from core.kernel.jobs import enqueue
from core.kernel.models import Connection
from core.labelling.models import Label
from core.ledger.models import Entry
from core.lists.keeping import save_view
from core.lists.models import View
from core.messages.models import Conversation
from core.messages.pulling import MessageAccount
from core.messages.storing import keep_messages
from core.orders.announcing import keep_returns
from core.orders.lookups import Account
from core.orders.models import AnnouncedReturn
from core.orders.models import Order
from core.orders.models import OrderLine
from core.publishing.models import PriceTarget
from core.publishing.prices import Wish
from core.publishing.prices import set_prices
from core.rules import storing
from core.rules.models import Rule as Rules
from core.rules.rule import read_rule
from core.settlements.models import Statement
from core.stock.models import Document
from core.stock.models import Warehouse
from core.tax.models import SellerRegistration
from core.tax.sellers import add_registration
from core.warehousing import counting
from core.warehousing import transferring
from core.warehousing.models import Count
from core.warehousing.models import Transfer
from core.warehousing.places import add_warehouse
from tests.inbound_rows import make_plan
from tests.web.conftest import Site
from tests.web.conftest import form_token
from tests.web.people import browser_of
from tests.web.people import make_user

ROLES = tuple(matrix().roles)

# Strings of the second company, and the permission that it takes to see each there.
FOREIGN = (
    ("CANARYSKU", "CANARYTITLE", "CANARYDOC", "CANARYBUYER", "CANARYLABEL", "CANARYACCOUNT")
    + ("CANARYRULE", "CANARYVIEW", "CANARYTRANSFER", "CANARYCOUNT", "CANARYHOUSE")
    + ("CANARYTALK",)
    + ("CANARYRECEIPT", "CANARYFREIGHT", "CANARYSUPPLIER", "CANARYGST", "CANARYFIRM")
    + ("CANARYRETURN",)
)  # fmt: skip
FIELDS = {
    "CANARYBUYER": "personal.view",
    "CANARYWORDS": "messages.answer",
    "91.37": "money.view",  # the price
    "77.13": "costs.view",  # the unit cost
    "231.39": "costs.view",  # what three of them cost
}

Values = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """How a route is called: what stands in its address, and whether that is a company's own."""

    values: Callable[[Site, int], Values] = lambda _site, _company: {}
    owned: bool = False


def of(name: str, model: Any, /, **more: object) -> Row:
    """Return a row whose address names a row of the company by its id."""

    def values(site: Site, company_id: int) -> Values:
        query = sa.select(sa.func.max(model.id)).where(model.company_id == company_id)
        found = site.rows(query)[0][0]
        assert found is not None, f"let `seeded` make one for each company: {model.__name__}"
        return {name: found, **more}

    return Row(values, owned=True)


def receipt_of(site: Site, company_id: int) -> Values:
    """Name a receipt."""
    query = sa.select(sa.func.max(Document.id)).where(
        Document.company_id == company_id, Document.kind == RECEIPT
    )
    return {"document_id": site.rows(query)[0][0]}


def user_of(site: Site, company_id: int) -> Values:
    """Name a user who works for the company alone."""
    name = "victim" if company_id == site.company.id else "victim.other"
    return {"user_id": make_user(site, name, "support", company_id)}


def user_and_token(site: Site, company_id: int) -> Values:
    """Name such a user and a token that he does not have."""
    return {**user_of(site, company_id), "token_id": 1}


def session_of_victim(site: Site, company_id: int) -> Values:
    """Name a session of somebody else."""
    values = user_of(site, company_id)
    browser_of(site, "victim" if company_id == site.company.id else "victim.other")
    query = sa.select(sa.func.max(UserSession.id)).where(UserSession.user_id == values["user_id"])
    return {"session_id": site.rows(query)[0][0]}


def always(**values: object) -> Row:
    """Return a row whose address says the same for every company."""
    return Row(lambda _site, _company: dict(values))


FREE = Row()
ADDON = always(name="tax_uk")
RETURN = always(code="uk_vat100", period="2026-Q3")

MATRIX: dict[str, Row] = {
    "account.begin_totp": FREE,
    "account.change_password": FREE,
    "account.confirm": FREE,
    "account.confirm_totp": FREE,
    "account.end_session": Row(session_of_victim),
    "account.end_totp": FREE,
    "account.make_token": FREE,
    "account.revoke_token": always(token_id=1),
    "account.show": FREE,
    "addons.disable": always(name="no_such_addon"),
    "addons.enable": always(name="no_such_addon"),
    "addons.impact": ADDON,
    "addons.index": FREE,
    "addons.retry": always(name="no_such_addon"),
    "addons.settings": ADDON,
    "addons.show": ADDON,
    "attention.mark": always(kind="shorts"),
    "allocation.index": FREE,
    "allocation.run": FREE,
    "allocation.show": always(number=1),
    "allocation_api.index": FREE,
    "allocation_api.preview": FREE,
    "allocation_api.run": FREE,
    "allocation_api.show": always(number=1),
    "bills_api.enter": FREE,
    "bills_api.index": FREE,
    "bills_api.reverse": FREE,
    "bills_api.types": FREE,
    "api.me": FREE,
    "api.openapi": FREE,
    "reference.index": FREE,
    "reference.show": always(part="orders"),
    "closing.close": FREE,
    "closing.index": FREE,
    "closing.reopen": FREE,
    "expenses.enter": FREE,
    "expenses.index": FREE,
    "expenses.reverse": FREE,
    "audit.export": FREE,
    "audit.index": FREE,
    "audit.verify": FREE,
    "columns.choose": of("connection_id", Connection, key="0" * 32),
    "columns.look": of("connection_id", Connection, key="0" * 32),
    "connections.add": always(addon="file_channel"),
    "connections.change": of("connection_id", Connection),
    "connections.choose": FREE,
    "connections.index": FREE,
    "connections.pause": of("connection_id", Connection),
    "connections.requests": of("connection_id", Connection),
    "connections.run": of("connection_id", Connection),
    "connections.schedule": of("connection_id", Connection),
    "connections.resume": of("connection_id", Connection),
    "connections.show": of("connection_id", Connection),
    "connections.test": of("connection_id", Connection),
    "costing.charge": of("charge_id", Charge),
    "costing.charges": FREE,
    "costing.estimate": FREE,
    "costing.invoice": Row(receipt_of, owned=True),
    "costing.receipt": Row(receipt_of, owned=True),
    "costing.receipts": FREE,
    "costing.receive": FREE,
    "costing.replay": Row(receipt_of, owned=True),
    "costing.settle": of("charge_id", Charge),
    "customs.enter": FREE,
    "customs.index": FREE,
    "costs_api.charge": of("charge_id", Charge),
    "costs_api.charges": FREE,
    "costs_api.estimate": FREE,
    "costs_api.invoice": Row(receipt_of, owned=True),
    "costs_api.preview": FREE,
    "costs_api.preview_replay": Row(receipt_of, owned=True),
    "costs_api.receipt": Row(receipt_of, owned=True),
    "costs_api.receipts": FREE,
    "costs_api.receive": FREE,
    "costs_api.replay": Row(receipt_of, owned=True),
    "costs_api.settle": of("charge_id", Charge),
    "customs_api.enter": FREE,
    "customs_api.index": FREE,
    "health.healthy": FREE,
    "health.live": FREE,
    "health.ready": FREE,
    "home.show": FREE,
    "onboarding.index": FREE,
    "onboarding.keep_company": FREE,
    "onboarding.say": always(code="skus"),
    "onboarding.show": always(code="skus"),
    "imports.index": FREE,
    "imports.raw": of("row_id", RawRow),
    "imports.rows": of("import_id", Import),
    "imports.show": of("import_id", Import),
    "jobs.cancel": of("job_id", Job),
    "jobs.change_schedule": always(name="no.such.schedule", act="pause"),
    "jobs.index": FREE,
    "jobs.list_schedules": FREE,
    "jobs.retry": of("job_id", Job),
    "jobs.show": of("job_id", Job),
    "addons_api.change": ADDON,
    "addons_api.disable": always(name="no_such_addon"),
    "addons_api.enable": always(name="no_such_addon"),
    "addons_api.impact": ADDON,
    "addons_api.index": FREE,
    "addons_api.retry": always(name="no_such_addon"),
    "addons_api.settings": ADDON,
    "addons_api.show": ADDON,
    "users_api.add": FREE,
    "users_api.disable": Row(user_of, owned=True),
    "users_api.enable": Row(user_of, owned=True),
    "users_api.give_role": Row(user_of, owned=True),
    "users_api.index": FREE,
    "users_api.reset": Row(user_of, owned=True),
    "users_api.revoke_token": Row(user_and_token, owned=True),
    "users_api.show": Row(user_of, owned=True),
    "users_api.take_role": Row(user_of, owned=True),
    "connections_api.add": FREE,
    "connections_api.change": of("connection_id", Connection),
    "connections_api.index": FREE,
    "connections_api.offered": FREE,
    "connections_api.pause": of("connection_id", Connection),
    "connections_api.requests": of("connection_id", Connection),
    "connections_api.resume": of("connection_id", Connection),
    "connections_api.run": of("connection_id", Connection),
    "connections_api.schedule": of("connection_id", Connection),
    "connections_api.settings": of("connection_id", Connection),
    "connections_api.show": of("connection_id", Connection),
    "connections_api.test": of("connection_id", Connection),
    "imports_api.index": FREE,
    "imports_api.preview": of("job_id", Job),
    "imports_api.rows": of("import_id", Import),
    "imports_api.rows_as_csv": of("import_id", Import),
    "imports_api.send": FREE,
    "imports_api.show": of("import_id", Import),
    "imports_api.take": of("job_id", Job),
    "jobs_api.cancel": of("job_id", Job),
    "jobs_api.index": FREE,
    "jobs_api.list_schedules": FREE,
    "jobs_api.pause": always(name="no.such.schedule"),
    "jobs_api.resume": always(name="no.such.schedule"),
    "jobs_api.retry": of("job_id", Job),
    "jobs_api.run": always(name="no.such.schedule"),
    "jobs_api.show": of("job_id", Job),
    "labels.ask": of("order_id", Order),
    "labels.buy": of("order_id", Order),
    "labels.download": of("label_id", Label),
    "labels.offers": of("order_id", Order),
    "labels.settle": of("label_id", Label),
    "labels.void": of("label_id", Label),
    "labels_api.buy": FREE,
    "labels_api.fetch": of("label_id", Label),
    "labels_api.file": of("label_id", Label),
    "labels_api.index": FREE,
    "labels_api.keep_sender": always(code="MAIN"),
    "labels_api.lost": of("label_id", Label),
    "labels_api.offers": FREE,
    "labels_api.sender": always(code="MAIN"),
    "labels_api.show": of("label_id", Label),
    "labels_api.void": of("label_id", Label),
    "ledger.entries": FREE,
    "ledger.entry": of("entry_id", Entry),
    "ledger.index_accounts": FREE,
    "login.accept": always(secret="no-such-invitation"),
    "login.enter": FREE,
    "login.leave": FREE,
    "login.show": FREE,
    "oauth.authorise": of("connection_id", Connection),
    "oauth.callback": FREE,
    "several_orders.act": FREE,
    "several_orders.take_back": FREE,
    "shortages.transfer": of("order_id", Order),
    "prices.index": FREE,
    "prices.say": FREE,
    "prices.show": of("price_id", PriceTarget),
    "prices.retry": of("price_id", PriceTarget),
    "periods_api.close": FREE,
    "periods_api.index": FREE,
    "periods_api.reopen": FREE,
    "periods_api.tasks": always(month="2026-09"),
    "prices_api.index": FREE,
    "prices_api.retry": of("price_id", PriceTarget),
    "prices_api.versions": of("price_id", PriceTarget),
    "prices_api.preview": FREE,
    "prices_api.hold": FREE,
    "disputes.index": FREE,
    "disputes.show": of("dispute_id", Dispute),
    "disputes.preview": of("dispute_id", Dispute),
    "disputes.answer": of("dispute_id", Dispute),
    "disputes_api.index": FREE,
    "returns.index": FREE,
    "returns.arrived": of("return_id", AnnouncedReturn),
    "returns.end": of("return_id", AnnouncedReturn),
    "returns.again": of("return_id", AnnouncedReturn),
    "returns_api.again": of("return_id", AnnouncedReturn),
    "returns_api.arrived": of("return_id", AnnouncedReturn),
    "returns_api.end": of("return_id", AnnouncedReturn),
    "returns_api.index": FREE,
    "lists.change": of("view_id", View, name="orders"),
    "lists.choose_columns": always(name="orders"),
    "lists.save": always(name="orders"),
    "lists.take_away": of("view_id", View, name="orders"),
    "messages.answer": of("talk_id", Conversation),
    "messages.ask": of("talk_id", Conversation),
    "messages.begin": of("order_id", Order),
    "messages.index": FREE,
    "messages.keep_template": FREE,
    "messages.list_templates": FREE,
    "messages.mark": of("talk_id", Conversation),
    "messages.repeat": of("talk_id", Conversation, message_id=1),
    "messages.show": of("talk_id", Conversation),
    "messages_api.index": FREE,
    "messages_api.mark": of("talk_id", Conversation),
    "messages_api.repeat": of("talk_id", Conversation, message_id=1),
    "messages_api.reply": of("talk_id", Conversation),
    "messages_api.show": of("talk_id", Conversation),
    "orders_api.approve": of("order_id", Order),
    "orders_api.cancel": of("order_id", Order),
    "orders_api.confirm_cancel": of("order_id", Order),
    "orders_api.correct_tax": of("order_id", Order),
    "orders_api.hold": of("order_id", Order),
    "orders_api.keep_tax": of("order_id", Order),
    "orders_api.index": FREE,
    "orders_api.lock": of("order_id", Order),
    "orders_api.merge_them": FREE,
    "orders_api.pack": of("order_id", Order),
    "orders_api.paid": of("order_id", Order),
    "orders_api.pick": of("order_id", Order),
    "orders_api.recall": of("order_id", Order),
    "orders_api.refuse_cancel": of("order_id", Order),
    "orders_api.release": of("order_id", Order),
    "orders_api.resume": of("order_id", Order),
    "orders_api.return_it": of("order_id", Order),
    "orders_api.separate": of("order_id", Order),
    "orders_api.ship_it": of("order_id", Order),
    "orders_api.show": of("order_id", Order),
    "orders_api.split_it": of("order_id", Order),
    "orders.act": of("order_id", Order, verb="hold"),
    "orders.act_on_lines": of("order_id", Order, verb="ship"),
    "orders.fix": of("order_id", Order, kind="loss"),
    "orders.index": FREE,
    "orders.line": of("line_id", OrderLine),
    "orders.queue": always(kind="short"),
    "orders.show": of("order_id", Order),
    "payables.deposit": FREE,
    "payables.index": FREE,
    "payables.pay": FREE,
    "suppliers_api.deposit": FREE,
    "suppliers_api.index": FREE,
    "suppliers_api.pay": FREE,
    "suppliers_api.payments": FREE,
    "privacy.address": of("order_id", Order),
    "privacy.correct": of("order_id", Order),
    "profit_api.bridge": FREE,
    "profit_api.order": of("order_id", Order),
    "profit_api.orders": FREE,
    "profit_api.report": FREE,
    "profit.index": FREE,
    "profit.lines": always(by="month", key="2026-09"),
    "profits.bridge": FREE,
    "profits.order": of("order_id", Order),
    "profits.orders": FREE,
    "profit_report.download": always(form="csv"),
    "profit_report.show": FREE,
    "safe_mode.disable": always(name="no_such_addon"),
    "safe_mode.index": FREE,
    "shell.choose_company": FREE,
    "shell.prefer": FREE,
    "finality.index": FREE,
    "search.show": FREE,
    "uploads.preview": of("job_id", Job),
    "uploads.send": FREE,
    "uploads.take_it": of("job_id", Job),
    "senders.keep_sender": always(code="MAIN"),
    "senders.show_sender": always(code="MAIN"),
    "settlements_api.index": FREE,
    "settlements_api.show": of("statement_id", Statement),
    "settlements_api.unmapped": FREE,
    "settlements_api.owed": FREE,
    "settlements_api.ages": FREE,
    "settlements_api.map_it": FREE,
    "settlements_api.wishes": FREE,
    "settlements_api.demand": FREE,
    "settlements_api.resolve": FREE,
    "shortages_api.show": of("order_id", Order),
    "shortages_api.transfer": of("order_id", Order),
    "fees_api.plans": FREE,
    "fees_api.drift": FREE,
    "fees_api.why_not_final": FREE,
    "settlements.index": FREE,
    "settlements.map_it": FREE,
    "settlements.resolve": FREE,
    "settlements.demand": FREE,
    "settlements.show": of("statement_id", Statement),
    "rates_api.feeds": FREE,
    "rates_api.index": FREE,
    "rates_api.missing": FREE,
    "rates_api.own": FREE,
    "rates_api.customs": FREE,
    "rates_api.say": FREE,
    "rates_api.say_customs": FREE,
    "rates.index": FREE,
    "rates.say": FREE,
    "rates.say_customs": FREE,
    "rules_api.add": FREE,
    "rules_api.apply": FREE,
    "rules_api.change": of("rule_id", Rules),
    "rules_api.index": FREE,
    "rules_api.live": of("rule_id", Rules),
    "rules_api.order": FREE,
    "rules_api.put_away": of("rule_id", Rules),
    "rules_api.show": of("rule_id", Rules),
    "rules_api.switch": of("rule_id", Rules),
    "rules_api.simulate": FREE,
    "rules.add": FREE,
    "rules.change": of("rule_id", Rules),
    "rules.index": FREE,
    "rules.live": of("rule_id", Rules),
    "rules.move": of("rule_id", Rules),
    "rules.order": FREE,
    "rules.put_away": of("rule_id", Rules),
    "rules.show": of("rule_id", Rules),
    "rules.simulate": of("rule_id", Rules),
    "rules.switch": of("rule_id", Rules),
    "publishing_api.keep_rule": FREE,
    "publishing_api.listings": FREE,
    "publishing_api.map_them": FREE,
    "publishing_api.rules": FREE,
    "publishing_api.targets": FREE,
    "publishing_api.try_rule": FREE,
    "fulfilling.choose": of("order_id", Order),
    "publishing.incident": of("order_id", Order),
    "publishing.keep_rule": FREE,
    "publishing.listings": FREE,
    "publishing.map_them": FREE,
    "publishing.oversold": FREE,
    "publishing.targets": FREE,
    "tax.act": RETURN,
    "tax.box": always(code="uk_vat100", period="2026-Q3", box="6"),
    "tax.change": of("registration_id", SellerRegistration),
    "tax.choose": always(form="uk_vat100", period="2026-Q3"),
    "tax.download": always(code="uk_vat100", period="2026-Q3", kind="csv"),
    "tax.index": FREE,
    "tax.register": FREE,
    "tax.registrations": FREE,
    "tax.show": RETURN,
    "tax.compare": FREE,
    "tax.platforms": FREE,
    "tax_api.change": of("registration_id", SellerRegistration),
    "tax_api.compare": FREE,
    "tax_api.watch": FREE,
    "tax_api.platform_months": FREE,
    "tax_api.platforms": FREE,
    "invoicing.ask": of("order_id", Order),
    "invoicing.cancel": of("invoice_id", Invoice),
    "invoicing.download": of("invoice_id", Invoice),
    "invoicing.electronic": of("invoice_id", Invoice, kind="xml"),
    "invoicing.index": FREE,
    "invoicing.issue": of("order_id", Order),
    "invoicing.issue_several": FREE,
    "invoicing.set_issuer": FREE,
    "invoicing.show": of("invoice_id", Invoice),
    "invoices_api.cancel": of("invoice_id", Invoice),
    "invoices_api.electronic": of("invoice_id", Invoice),
    "invoices_api.index": FREE,
    "invoices_api.issue": of("order_id", Order),
    "invoices_api.issue_several": FREE,
    "invoices_api.show": of("invoice_id", Invoice),
    "tax.thresholds": FREE,
    "tax.watch": FREE,
    "tax_api.thresholds": FREE,
    "tax_api.file": RETURN,
    "tax_api.lines": always(code="uk_vat100", period="2026-Q3", box="6"),
    "tax_api.prepare": RETURN,
    "tax_api.register": FREE,
    "tax_api.registrations": FREE,
    "tax_api.returns": FREE,
    "tax_api.show": RETURN,
    "stock_api.cancel_count": always(reference="C1"),
    "stock_api.cancel_transfer": always(reference="T1"),
    "stock_api.count": always(reference="C1"),
    "stock_api.counts": FREE,
    "stock_api.enter_counts": always(reference="C1"),
    "stock_api.freeze_count": always(reference="C1"),
    "stock_api.levels": FREE,
    "stock_api.lose_transfer": always(reference="T1"),
    "stock_api.move": FREE,
    "stock_api.open_count": FREE,
    "stock_api.plan_transfer": FREE,
    "stock_api.post_count": always(reference="C1"),
    "stock_api.receive_transfer": always(reference="T1"),
    "stock_api.ship_transfer": always(reference="T1"),
    "stock_api.transfer": always(reference="T1"),
    "stock_api.transfers": FREE,
    "catalog.add": FREE,
    "catalog.archive": of("sku_id", Sku),
    "catalog.change": of("sku_id", Sku),
    "catalog.compose": of("sku_id", Sku),
    "catalog.index": FREE,
    "catalog.show": of("sku_id", Sku),
    "products_api.add": FREE,
    "products_api.change": of("sku_id", Sku),
    "products_api.compose": of("sku_id", Sku),
    "products_api.index": FREE,
    "products_api.show": of("sku_id", Sku),
    "stock.index": FREE,
    "stock.show": of("sku_id", Sku),
    "users.add": FREE,
    "users.disable": Row(user_of, owned=True),
    "users.enable": Row(user_of, owned=True),
    "users.give_role": Row(user_of, owned=True),
    "users.index": FREE,
    "users.require_totp": always(role="no-such-role"),
    "users.reset": Row(user_of, owned=True),
    "users.revoke_token": Row(user_and_token, owned=True),
    "users.show": Row(user_of, owned=True),
    "users.take_role": Row(user_of, owned=True),
    "warehouses_api.add": FREE,
    "warehouses_api.archive": always(code="MAIN"),
    "warehouses_api.index": FREE,
    "warehousing.add": FREE,
    "warehousing.count": of("count_id", Count),
    "warehousing.counts": FREE,
    "warehousing.do_handle": of("sku_id", Sku),
    "warehousing.handle": of("sku_id", Sku),
    "warehousing.open_count": FREE,
    "warehousing.take_stored": FREE,
    "warehousing.plan": FREE,
    "warehousing.step_count": of("count_id", Count, verb="freeze"),
    "warehousing.step_transfer": of("transfer_id", Transfer, verb="ship"),
    "inbound.index": FREE,
    "inbound.begin": FREE,
    "inbound.show": of("plan_id", InboundRow),
    "inbound.step": of("plan_id", InboundRow, verb="again"),
    "inbound.labels": of("plan_id", InboundRow),
    "inbound_api.index": FREE,
    "inbound_api.begin": FREE,
    "inbound_api.show": of("plan_id", InboundRow),
    "inbound_api.choose": of("plan_id", InboundRow),
    "inbound_api.pack": of("plan_id", InboundRow),
    "inbound_api.track": of("plan_id", InboundRow),
    "inbound_api.again": of("plan_id", InboundRow),
    "inbound_api.cancel": of("plan_id", InboundRow),
    "inbound_api.labels": of("plan_id", InboundRow),
    "warehousing.transfer": of("transfer_id", Transfer),
    "warehousing.transfers": FREE,
    "warehousing.warehouses": FREE,
    "webhooks.receive": always(addon="file_channel", connection_id=1),
    "webhooks.answer": always(addon="file_channel", connection_id=1),
}

# Signing out, or changing who one is, would end the walk; each has tests of its own.
ENDING = {"login.leave", "login.enter", "account.change_password", "account.begin_totp"}


def rules(site: Site) -> list[Rule]:
    """Return every route but those of static files."""
    return [r for r in site.app.url_map.iter_rules() if not r.endpoint.endswith("static")]


def test_every_route_has_a_row_in_the_matrix(site: Site) -> None:
    routes = {rule.endpoint for rule in rules(site)}

    assert routes - MATRIX.keys() == set(), "say in MATRIX how the route is called"
    assert MATRIX.keys() - routes == set()


def test_every_id_in_an_address_is_tried_with_another_companys(site: Site) -> None:
    personal = {
        "account.end_session",
        "account.revoke_token",
        "webhooks.receive",
        "webhooks.answer",
    }
    # Runs are counted by company: another one's number names a run of one's own, or none.
    personal |= {"allocation.show", "allocation_api.show"}
    unowned = {
        rule.endpoint
        for rule in rules(site)
        if any(kind in str(rule.rule) for kind in ("<int:", "<id:"))
        and not MATRIX[rule.endpoint].owned
    }

    assert unowned <= personal


@pytest.fixture(scope="module")
def seeded(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Put strings into the second company that stand nowhere else."""
    folder: Path = tmp_path_factory.mktemp("canaries")
    stock, orders = folder / "stock.csv", folder / "CANARYFILE.csv"
    stock.write_text(
        "sku,warehouse,quantity,unit_cost,currency,received_on\n"
        "CANARYSKU,MAIN,3,77.13,GBP,2026-07-15\n"
    )
    orders.write_text(
        "Document,Date,Code,Title,Quantity,Price,Buyer,Country\n"
        "CANARYDOC,2026-09-01 11:10,CANARYSKU,CANARYTITLE,1,91.37,CANARYBUYER,Germany\n"
    )
    mapping = Path(loading.__file__).parent / "mapping.toml"
    loading._import(site.kernel, site.other, stock, orders, mapping, lambda _line: None)
    with site.kernel.db.write() as session:
        known = sa.select(Connection.id).where(Connection.label == "CANARYLABEL")
        if session.scalar(known) is None:
            create_connection(
                session,
                "file_channel",
                "CANARYLABEL",
                {},
                company_id=site.other.id,
                account="CANARYACCOUNT",
            )
    make_work(site, site.company.id, "OWN")
    make_work(site, site.other.id, "CANARY")
    for role in ROLES:
        make_user(site, f"{role}.first", role, site.company.id)
        make_user(site, f"{role}.second", role, site.other.id)
    return site


def listed_in(session: Session, company_id: int) -> Wish:
    """Return a price of a listing of a company that brings enough."""
    query = (
        sa.select(Listing.platform, Listing.account, Listing.external_ref, Shop.currency)
        .join(
            Shop,
            (Shop.company_id == Listing.company_id)
            & (Shop.platform == Listing.platform)
            & (Shop.account == Listing.account),
        )
        .where(Listing.company_id == company_id, Listing.seller_sku.is_(None))
        .order_by(Listing.id)
    )
    platform, account, code, currency = session.execute(query.limit(1)).one()
    return Wish(platform, account, code, 1_000_000, currency)


def make_work(site: Site, company_id: int, mark: str) -> None:
    """Give a company what demo data lacks: work in warehouses, and what goods cost."""
    rule = {"name": f"{mark}RULE", "actions": [{"do": "tag", "value": "home"}]}
    with site.kernel.db.write() as session:
        storing.add_rule(session, company_id, read_rule(rule), "x")
        told = ExternalReturn(f"{mark}RETURN", "1", f"{mark}CODE", 1, "Unwanted", clock.now())
        keep_returns(session, Account(company_id, "file", f"{mark}SHOP"), [told])
        dispute = ExternalDispute(
            f"{mark}DISPUTE", DisputeKind.PAYMENT, "1", DisputeState.OPEN, "Fraud", "open",
            clock.now(), 100, "EUR", steps=(DisputeStep.ACCEPT,),
        )  # fmt: skip
        keep_disputes(session, Account(company_id, "file", f"{mark}SHOP"), [dispute])
        wish = listed_in(session, company_id)
        set_prices(session, company_id, [wish], actor="x", note=f"{mark}PRICE")
        first = session.scalars(sa.select(sa.func.min(User.id))).one()
        save_view(session, company_id, first, "orders", f"{mark}VIEW", "", shared=True)
        enqueue(session, "http.purge", {}, company_id=company_id)
        code = f"{mark}HOUSE"
        if session.scalar(sa.select(Warehouse.id).where(Warehouse.code == code)) is not None:
            return
        add_warehouse(session, company_id, code, "3pl", "DE")
        skus = sa.select(Sku.code).where(Sku.company_id == company_id).order_by(Sku.id).limit(1)
        goods = {session.scalars(skus).one(): 1}
        transferring.plan_transfer(
            session, company_id, "MAIN", code, goods, reference=f"{mark}TRANSFER", actor="x"
        )
        make_plan(session, company_id, mark)
        make_label(session, company_id, mark)
        counting.open_count(
            session, company_id, "MAIN", [*goods], reference=f"{mark}COUNT", actor="x"
        )
        make_skus(session, company_id, {f"{mark}GOODS": f"{mark}GOODS"})
        receipt, lines = f"{mark}RECEIPT", [ReceiptLine(f"{mark}GOODS", 3, 23139)]
        terms = Terms(supplier=f"{mark}SUPPLIER")
        receive_goods(session, company_id, "MAIN", receipt, lines, terms=terms)
        invoice_goods(session, company_id, receipt, {f"{mark}GOODS": 23139}, invoice="1")
        estimate(
            session,
            company_id,
            ChargeDraft(f"{mark}FREIGHT", "first_leg", "value", 300, [receipt]),
        )
        set_issuer(session, company_id, f"{mark}FIRM", "1 High Street")
        sold = sa.select(sa.func.max(Order.id)).where(
            Order.company_id == company_id, Order.country == "US", Order.kind == "sale"
        )
        issue_invoice(session, company_id, session.scalars(sold).one(), by="x")
        account = MessageAccount(company_id, "amazon", f"{mark}TALK")
        told = ExternalMessage(f"{mark}TALK", f"{mark}TALK", clock.now(), f"{mark}WORDS")
        keep_messages(session, account, [told])
        day, number = date(2026, 1, 1), f"{mark}GST"
        add_registration(session, company_id, "NZ", "all_goods", since=day, number=number)


def make_label(session: Session, company_id: int, mark: str) -> None:
    """Have refused a company a label for one of its orders."""
    first = {
        model: session.scalars(sa.select(sa.func.min(model.id)).where(of_company)).one()
        for model, of_company in (
            (Order, Order.company_id == company_id),
            (Warehouse, Warehouse.company_id == company_id),
            (Connection, Connection.company_id == company_id),
        )
    }
    label = Label(
        company_id=company_id, id=next_id(session), order_id=first[Order],
        warehouse_id=first[Warehouse], connection_id=first[Connection], key=f"{mark}LABEL",
        state="refused", lines={}, parcel={}, offer={}, ref="", carrier="", service="",
        tracking="", price=9137, currency="GBP", booked=0, reason="", made_by="x",
        created_at=clock.now(), attempts=1,
    )  # fmt: skip
    session.add(label)


def calls(site: Site, company_id: int) -> Iterator[tuple[str, str, str]]:
    """Yield endpoint, method and address of every way to call a route with a company's ids."""
    adapter = site.app.url_map.bind("localhost")
    for rule in rules(site):
        if rule.endpoint in ENDING:
            continue
        values = MATRIX[rule.endpoint].values(site, company_id)
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            yield rule.endpoint, method, adapter.build(rule.endpoint, values, method=method)


def call(browser: FlaskClient, method: str, address: str, token: str) -> tuple[int, str]:
    """Call a route; return the status and whatever the answer says, headers included."""
    data = {"csrf_token": token, "row_version": "1"} if method == "POST" else None
    answer = browser.open(address, method=method, data=data)
    return answer.status_code, f"{answer.headers}\n{answer.get_data().decode('utf-8', 'replace')}"


def test_owner_reaches_nothing_of_another_company(seeded: Site) -> None:
    browser = browser_of(seeded, "owner.first")
    token = form_token(browser, "/account")
    tried = 0

    for endpoint, method, address in calls(seeded, seeded.other.id):
        if MATRIX[endpoint].owned:
            status, said = call(browser, method, address, token)
            assert status == 404, (endpoint, method, address, status)
            assert not [each for each in FOREIGN if each in said], (endpoint, method, address)
            tried += 1
    assert tried > 40


def test_auditor_of_a_company_looks_and_changes_nothing(seeded: Site) -> None:
    may_do = granted(["auditor"], (), {})
    browser = browser_of(seeded, "auditor.first")
    token = form_token(browser, "/account")

    for endpoint, method, address in calls(seeded, seeded.company.id):
        view = seeded.app.view_functions[endpoint]
        status, said = call(browser, method, address, token)
        place = (endpoint, method, address, status)
        assert not [each for each in FOREIGN if each in said], place
        if not is_public(view):
            allowed = may_do.issuperset(needs_of(view))
            assert status < 500, place
            # A permission of the POST alone is asked for by the view itself.
            assert (method == "POST" and status == 403) or (status != 403) is allowed, place


@pytest.mark.soak
@pytest.mark.parametrize("role", ROLES)
def test_nobody_reaches_more_than_his_role_and_his_company(seeded: Site, role: str) -> None:
    may_do = granted([role], (), {})
    browser = browser_of(seeded, f"{role}.first")
    token = form_token(browser, "/account")

    for company_id in (seeded.company.id, seeded.other.id):
        for endpoint, method, address in calls(seeded, company_id):
            view = seeded.app.view_functions[endpoint]
            status, said = call(browser, method, address, token)
            place = (endpoint, method, address, status)
            assert not [each for each in FOREIGN if each in said], place
            if is_public(view):
                continue
            assert status < 500, place
            if not may_do.issuperset(needs_of(view)):
                assert status == 403, place
            elif company_id == seeded.other.id and MATRIX[endpoint].owned:
                assert status == 404 or "/account" in said.partition("Location:")[2], place
            else:
                # A permission of the POST alone is asked for by the view itself.
                assert status != 403 or method == "POST", place


@pytest.mark.soak
@pytest.mark.parametrize("role", ROLES)
def test_nobody_sees_a_field_without_its_permission(seeded: Site, role: str) -> None:
    may_do = granted([role], (), {})
    hidden = [text for text, permission in FIELDS.items() if permission not in may_do]
    browser = browser_of(seeded, f"{role}.second")
    token = form_token(browser, "/account")
    seen = ""

    for endpoint, method, address in calls(seeded, seeded.other.id):
        status, said = call(browser, method, address, token)
        found = [text for text in hidden if text in said]
        assert not found, (endpoint, method, address, status)
        seen += said
    if {"orders.view", "stock.view"} <= may_do:
        shown = set(FIELDS) - set(hidden)
        assert not [text for text in shown if text not in seen]


def test_another_companys_trail_and_users_stay_unseen(seeded: Site) -> None:
    browser = browser_of(seeded, "owner.first")

    trail, people = browser.get("/audit").text, browser.get("/users").text

    assert "owner.second" not in trail
    assert "victim.other" not in people
    assert "owner.first" in people


def test_no_invitation_and_no_secret_stands_on_a_page(seeded: Site) -> None:
    browser = browser_of(seeded, "owner.first")
    kept = [row[0] for row in seeded.rows(sa.select(Invitation.token_hash))]
    kept += [row[0] for row in seeded.rows(sa.select(User.password_hash)) if row[0]]

    said = "".join(browser.get(address).text for address in ("/users", "/account", "/audit"))

    assert kept
    assert not [each for each in kept if each in said]

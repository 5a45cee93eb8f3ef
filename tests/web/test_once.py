"""Every form sent twice at once acts once: generated from the routes.

Two browsers' worth of the same click, with the same token, at the same moment, against every route
that takes a POST. A new one fails here until it says how it is called.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from threading import Barrier
from typing import Any
from uuid import uuid4
from zlib import crc32

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

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
from core.costing.charging import ChargeDraft
from core.costing.charging import estimate
from core.costing.models import Charge
from core.costing.models import SupplierPayment
from core.costing.receiving import ReceiptLine
from core.costing.receiving import invoice_goods
from core.costing.receiving import receive_goods
from core.costing.suppliers import receipt_key
from core.customs.models import Declaration
from core.demo import loading
from core.disputes.reading import dispute_by_name
from core.disputes.storing import keep_disputes
from core.expenses.entering import enter_bills
from core.expenses.models import Bill
from core.expenses.reading import make_bill
from core.fees.models import Meaning
from core.identity import second_factor
from core.identity import tokens
from core.identity import totp
from core.identity import users
from core.identity.claims import KEPT_FOR
from core.identity.models import ApiToken
from core.identity.models import FormClaim
from core.identity.models import User
from core.identity.models import UserSession
from core.identity.sessions import open_session
from core.invoicing.models import Issuer
from core.kernel.connections import create_connection
from core.kernel.job_models import Job
from core.kernel.jobs import enqueue
from core.kernel.models import Connection
from core.labelling.models import Sender
from core.lists.keeping import save_view
from core.lists.models import View
from core.messages.models import AnswerTemplate
from core.messages.models import Conversation
from core.messages.pulling import MessageAccount
from core.messages.storing import keep_messages
from core.orders.announced_list import return_by_name
from core.orders.announcing import keep_returns
from core.orders.lookups import Account
from core.orders.models import Order
from core.privacy.models import PersonalRecord
from core.privacy.records import Told
from core.privacy.records import store_told
from core.publishing.models import PriceTarget
from core.publishing.models import PriceTold
from core.publishing.models import Rule as Terms
from core.publishing.prices import set_prices
from core.rules import storing
from core.rules.forms import read_form
from core.rules.models import RuleVersion
from core.rules.rule import read_rule
from core.stock.models import Document
from core.stock.models import Warehouse
from core.tax.models import SellerRegistration
from core.tax.sellers import add_registration
from core.warehousing import counting
from core.warehousing import transferring
from core.warehousing.models import Count
from core.warehousing.models import Transfer
from core.warehousing.places import add_warehouse
from core.web.guarding import SESSION_COOKIE
from core.web.once import is_repeatable
from tests.web.conftest import Site
from tests.web.conftest import form_token
from tests.web.people import PASSWORD
from tests.web.people import make_user
from tests.web.test_isolation import listed_in

Data = dict[str, Any]
SHORT = 0.05


@dataclass
class Scene:
    """A user of his own for one form, and what he finds."""

    site: Site
    session: Session
    user: User
    company_id: int
    name: str

    def connection(self, *, paused: bool = False) -> int:
        """Make a connection."""
        made = create_connection(
            self.session, "file_channel", self.name, {}, company_id=self.company_id
        )
        row = self.session.get_one(Connection, made.id)
        row.state = "paused" if paused else row.state
        return made.id

    def victim(self) -> int:
        """Make a user to be administered."""
        made, _secret = users.add_user(self.session, f"v.{self.name}", "support", self.company_id)
        return made.id

    def token(self, user_id: int) -> int:
        """Make a token."""
        owner = self.session.get_one(User, user_id)
        tokens.make_token(
            self.session, owner, self.company_id, self.name, ["jobs.view"], allowed=["jobs.view"]
        )
        query = sa.select(ApiToken.id).where(ApiToken.user_id == user_id)
        return self.session.scalars(query).one()

    def job(self, state: str) -> int:
        """Make a job."""
        made = enqueue(self.session, "http.purge", {}, company_id=self.company_id)
        assert made is not None
        self.session.execute(sa.update(Job).where(Job.id == made).values(state=state))
        return made

    def preview(self) -> int:
        """Make a preview of a file."""
        args = {"kind": "stock", "company_id": self.company_id, "file": "x", "upload": self.name}
        made = enqueue(self.session, "uploads.look", args, company_id=self.company_id)
        assert made is not None
        return made

    def sku(self) -> Sku:
        """Return a SKU."""
        query = sa.select(Sku).where(Sku.company_id == self.company_id).order_by(Sku.id).limit(1)
        return self.session.scalars(query).one()

    def transfer(self) -> int:
        """Write down a transfer."""
        self.far()
        goods = {self.sku().code: 1}
        return transferring.plan_transfer(
            self.session, self.company_id, "MAIN", "FAR", goods, actor="x"
        ).id

    def count(self) -> int:
        """Make the sheet of a count."""
        return counting.open_count(
            self.session, self.company_id, "MAIN", [self.sku().code], actor="x"
        ).id

    def goods(self) -> str:
        """Return a SKU of which nothing ever came in."""
        make_skus(self.session, self.company_id, {self.name: self.name})
        return self.name

    def receipt(self) -> int:
        """Take goods in."""
        lines = [ReceiptLine(self.goods(), 2, 500)]
        return receive_goods(self.session, self.company_id, "MAIN", self.name, lines)

    def charge(self) -> int:
        """Book a landed cost."""
        self.receipt()
        draft = ChargeDraft(self.name, "first_leg", "value", 300, [self.name])
        return estimate(self.session, self.company_id, draft).id

    def order(self) -> int:
        """Return an order that has left."""
        query = sa.select(sa.func.max(Order.id)).where(
            Order.company_id == self.company_id, Order.state == "shipped"
        )
        return self.session.scalar(query) or 0

    def price(self, **more: str) -> Data:
        """Return the form of a price that no listing has had."""
        wish = listed_in(self.session, self.company_id)
        shop = "/".join((wish.platform, wish.account, wish.currency))
        amount = 9000 + crc32(self.name.encode()) % 9000
        given = {"shop": shop, "code": wish.seller_sku, "price": str(amount), "note": self.name}
        return given | more

    def price_id(self) -> int:
        """Say a price that nobody refused."""
        wish = listed_in(self.session, self.company_id)
        set_prices(self.session, self.company_id, [wish], actor="x")
        query = sa.select(sa.func.max(PriceTarget.id)).where(
            PriceTarget.company_id == self.company_id
        )
        return self.session.scalars(query).one()

    def disputed(self) -> int:
        """Let a platform tell of a dispute that no connection can answer."""
        dispute = ExternalDispute(
            self.name, DisputeKind.PAYMENT, "1", DisputeState.OPEN, "Fraud", "open", clock.now(),
            100, "EUR", steps=(DisputeStep.ACCEPT,),
        )  # fmt: skip
        keep_disputes(self.session, Account(self.company_id, "file", "A"), [dispute])
        return dispute_by_name(self.session, self.company_id, self.name)

    def announced(self) -> int:
        """Let a platform announce a return of an order that nobody knows."""
        told = ExternalReturn(self.name, "1", "MUG", 1, "Unwanted", clock.now())
        keep_returns(self.session, Account(self.company_id, "file", "A"), [told])
        return return_by_name(self.session, self.company_id, self.name)

    def buyer(self) -> tuple[int, int]:
        """Let an order have a buyer; return its id, and the version of what is known of him."""
        query = sa.select(Order).where(Order.id == self.order())
        order = self.session.scalars(query).one()
        told = Told(order.id, order.external_ref, "GB", [{"name": self.name, "city": "Leeds"}])
        store_told(self.session, order, [told])
        self.session.flush()
        version = sa.select(PersonalRecord.row_version).where(PersonalRecord.id == order.id)
        return order.id, self.session.scalars(version).one()

    def talk(self) -> int:
        """Let a buyer write from an account that no connection speaks for."""
        account = MessageAccount(self.company_id, "amazon", self.name)
        told = ExternalMessage("1", self.name, clock.now(), "Where is it?")
        keep_messages(self.session, account, [told])
        query = sa.select(Conversation.id).where(Conversation.external_ref == self.name)
        return self.session.scalars(query).one()

    def view(self) -> int:
        """Save a view of the orders."""
        return save_view(
            self.session, self.company_id, self.user.id, "orders", self.name, "", shared=False
        )

    def rule(self) -> int:
        """Write a rule."""
        text = read_rule(read_form(self.rule_form()).document())
        return storing.add_rule(self.session, self.company_id, text, "x")

    def rule_form(self) -> Data:
        """Return the form of a rule that decides nothing that other tests look at."""
        return {
            "name": self.name,
            "g0-c0-field": "country",
            "g0-c0-operator": "is_one_of",
            "g0-c0-value": "GB",
            "a0-do": "tag",
            "a0-value": self.name,
        }

    def unmapped(self) -> tuple[int, str]:
        """Let a listing stand for no SKU; return it, and the SKU that it stood for."""
        query = sa.select(Listing).where(Listing.company_id == self.company_id).order_by(Listing.id)
        listing = self.session.scalars(query.limit(1)).one()
        sku = self.session.get_one(Sku, (self.company_id, listing.sku_id))
        listing.sku_id = None
        return listing.id, sku.code

    def far(self) -> None:
        """Have a second warehouse."""
        query = sa.select(Warehouse.id).where(
            Warehouse.company_id == self.company_id, Warehouse.code == "FAR"
        )
        if self.session.scalar(query) is None:
            add_warehouse(self.session, self.company_id, "FAR", "3pl", "DE")


@dataclass(frozen=True)
class Form:
    """How a route's form is sent: what stands in its address, and what it holds."""

    make: Callable[[Scene], tuple[Data, Data]] = lambda _scene: ({}, {})
    effect: Callable[[str], Any] | None = None  # a query that counts one for a form done once
    refused: bool = False  # nothing here can be done: both are told so, and neither acts


def sends(**form: str) -> Form:
    """Return a form whose address says nothing."""
    return Form(lambda _scene: ({}, dict(form)))


def to(**values: Any) -> Form:
    """Return an empty form to an address."""
    return Form(lambda _scene: (dict(values), {}))


def count_of(model: Any, column: str) -> Callable[[str], Any]:
    """Count the rows in which a column is the scene's name."""
    return lambda name: sa.select(sa.func.count()).where(getattr(model, column) == name)


def _meant(scene: Scene) -> tuple[Data, Data]:
    code = {"platform": "amazon", "kind": scene.name, "group": "Fees", "name": "Fee"}
    return {}, code | {"account": "6075"}


def _confirming(scene: Scene) -> tuple[Data, Data]:
    secret = second_factor.begin_enrolment(scene.session, scene.user)
    return {}, {"code": totp.code_at(secret, totp.step_of(clock.now()))}


def _other_session(scene: Scene) -> tuple[Data, Data]:
    open_session(scene.session, scene.user)
    query = sa.select(sa.func.max(UserSession.id)).where(UserSession.user_id == scene.user.id)
    return {"session_id": scene.session.scalar(query)}, {}


def _invited(scene: Scene) -> tuple[Data, Data]:
    _user, secret = users.add_user(scene.session, f"i.{scene.name}", "support", scene.company_id)
    return {"secret": secret}, {"password": PASSWORD, "again": PASSWORD}


def _disabled(scene: Scene) -> tuple[Data, Data]:
    user_id = scene.victim()
    users.disable_user(scene.session, scene.session.get_one(User, user_id))
    return {"user_id": user_id}, {}


def _victims_token(scene: Scene) -> tuple[Data, Data]:
    user_id = scene.victim()
    return {"user_id": user_id, "token_id": scene.token(user_id)}, {}


def _planned(scene: Scene) -> tuple[Data, Data]:
    scene.far()
    lines = f"{scene.sku().code} 1"
    return {}, {"origin": "MAIN", "target": "FAR", "lines": lines, "reference": scene.name}


def _adjusted(scene: Scene) -> tuple[Data, Data]:
    form = {"warehouse": "MAIN", "quantity": "-1", "reason": "damaged", "verb": "adjust"}
    return {"sku_id": scene.sku().id}, form


def no_addon(_scene: Scene) -> tuple[Data, Data]:
    """Name an addon that is not there: the others are the tests' own."""
    return {"name": "no_such_addon"}, {}


def _connection(scene: Scene, **form: str) -> tuple[Data, Data]:
    return {"connection_id": scene.connection()}, {"row_version": "1", **form}


def _on_rule(**form: str) -> Form:
    """Return a form to a rule of the scene's own."""
    return Form(lambda scene: ({"rule_id": scene.rule()}, dict(form)))


def _changed(scene: Scene) -> tuple[Data, Data]:
    form = {**scene.rule_form(), "a0-value": "other", "row_version": "1"}
    return {"rule_id": scene.rule()}, form


def _ordered(scene: Scene) -> tuple[Data, Data]:
    scene.rule()
    ids = [each.id for each in storing.list_rules(scene.session, scene.company_id)]
    return {}, {"rules": ",".join(map(str, reversed(ids)))}


def _mapped(scene: Scene) -> tuple[Data, Data]:
    listing, sku = scene.unmapped()
    return {}, {"listing": str(listing), f"sku-{listing}": sku}


def _corrected(scene: Scene) -> tuple[Data, Data]:
    order_id, version = scene.buyer()
    home = {"name": "A", "street": "1 High St", "city": "Leeds", "postcode": "LS1 4AP"}
    return {"order_id": order_id}, {**home, "country": "GB", "row_version": str(version)}


BILL = {"type": "demurrage", "date": "2026-09-03", "currency": "GBP", "amount": "12.00"}


def _billed(scene: Scene) -> tuple[Data, Data]:
    return {}, {**BILL, "reference": scene.name, "paid_from": "2100"}


def _reversed_bill(scene: Scene) -> tuple[Data, Data]:
    draft = make_bill({**BILL, "reference": scene.name, "paid_from": "2100"}, "")
    enter_bills(scene.session, scene.company_id, [draft], by="x")
    return {}, {"reference": scene.name, "reason": "entered twice"}


def _received(scene: Scene) -> tuple[Data, Data]:
    lines = f"{scene.goods()} 2 5.00"
    return {}, {"warehouse": "MAIN", "reference": scene.name, "lines": lines}


def _invoiced(scene: Scene) -> tuple[Data, Data]:
    made = scene.receipt()
    query = sa.select(Sku.id).where(Sku.company_id == scene.company_id, Sku.code == scene.name)
    sku_id = scene.session.scalars(query).one()
    return {"document_id": made}, {f"sku-{sku_id}": "6.00", "number": scene.name}


def _declared(scene: Scene) -> tuple[Data, Data]:
    scene.receipt()
    told = {"reference": scene.name, "country": "GB", "on": "2026-09-01", "currency": "GBP"}
    told |= {"receipts": scene.name, "duties": f"{scene.name} 1.00", "step": "book"}
    return {}, told


def _paid(scene: Scene) -> tuple[Data, Data]:
    scene.receipt()
    values = {scene.name: 500}
    invoice_goods(scene.session, scene.company_id, scene.name, values, invoice=scene.name)
    bill = receipt_key(scene.name)
    return {}, {"step": "book", "bill": bill, "reference": scene.name, "date": "2026-09-01"}


def _charged(scene: Scene) -> tuple[Data, Data]:
    scene.receipt()
    form = {"reference": scene.name, "component": "duty", "rule": "value", "amount": "3.00"}
    return {}, {"step": "book", "receipts": scene.name, **form}


def _registered(scene: Scene) -> tuple[Data, Data]:
    row = add_registration(
        scene.session, scene.company_id, "NZ", "all_goods", since=date(1990, 1, 1),
        until=date(1991, 1, 1),
    )  # fmt: skip
    return {"registration_id": row.id}, {"months": "3"}


FORMS: dict[str, Form] = {
    "account.begin_totp": Form(),
    "account.change_password": sends(password="five plain words stand here", again=""),
    "account.confirm": sends(secret=PASSWORD),
    "account.confirm_totp": Form(_confirming),
    "account.end_session": Form(_other_session),
    "account.end_totp": Form(),
    "account.make_token": Form(
        lambda scene: ({}, {"name": scene.name, "scope": "jobs.view"}), count_of(ApiToken, "name")
    ),
    "account.revoke_token": Form(lambda scene: ({"token_id": scene.token(scene.user.id)}, {})),
    "addons.disable": Form(no_addon, refused=True),
    "addons.enable": Form(no_addon, refused=True),
    "addons.retry": Form(no_addon, refused=True),
    "addons.settings": to(name="tax_uk"),
    "safe_mode.disable": Form(no_addon, refused=True),
    "attention.mark": Form(
        lambda scene: ({"kind": "shorts"}, {"user": str(scene.user.id), "number": "1"})
    ),
    "audit.export": Form(),
    "messages.answer": Form(
        lambda scene: ({"talk_id": scene.talk()}, {"text": "Yes."}), refused=True
    ),
    "messages.ask": Form(lambda scene: ({"talk_id": scene.talk()}, {}), refused=True),
    "messages.begin": Form(lambda scene: ({"order_id": scene.order()}, {}), refused=True),
    "messages.keep_template": Form(
        lambda scene: ({}, {"name": scene.name, "language": "en", "text": "Yes."}),
        count_of(AnswerTemplate, "name"),
    ),
    "messages.mark": Form(lambda scene: ({"talk_id": scene.talk()}, {"waiting": "0"})),
    "messages.repeat": Form(
        lambda scene: ({"talk_id": scene.talk(), "message_id": 1}, {}), refused=True
    ),
    "columns.look": Form(
        lambda scene: ({"connection_id": scene.connection(), "key": "0" * 32}, {}), refused=True
    ),
    "connections.add": Form(
        lambda scene: ({"addon": "file_channel"}, {"label": scene.name}),
        count_of(Connection, "label"),
    ),
    "connections.change": Form(_connection),
    "connections.pause": Form(_connection),
    "connections.resume": Form(
        lambda scene: ({"connection_id": scene.connection(paused=True)}, {"row_version": "1"})
    ),
    "connections.run": Form(_connection, refused=True),
    "connections.schedule": Form(lambda scene: _connection(scene, name="no.such"), refused=True),
    "connections.test": Form(_connection),
    "jobs.cancel": Form(lambda scene: ({"job_id": scene.job("waiting")}, {})),
    "jobs.change_schedule": to(name="http.purge", act="run"),
    "jobs.retry": Form(lambda scene: ({"job_id": scene.job("dead")}, {})),
    "login.accept": Form(_invited),
    "login.enter": Form(lambda scene: ({}, {"name": scene.user.name, "token": PASSWORD})),
    "login.leave": Form(),
    "onboarding.keep_company": sends(
        name=loading.NAME, country="GB", currency="GBP", timezone="Europe/London"
    ),
    "onboarding.say": Form(lambda _scene: ({"code": "skus"}, {"state": "later"})),
    "oauth.authorise": Form(_connection, refused=True),
    "orders.act": Form(
        lambda scene: ({"order_id": scene.order(), "verb": "hold"}, {}), refused=True
    ),
    "orders.act_on_lines": Form(
        lambda scene: ({"order_id": scene.order(), "verb": "ship"}, {}), refused=True
    ),
    "several_orders.act": Form(
        lambda scene: ({}, {"verb": "hold", "order": str(scene.order())}), refused=False
    ),
    "several_orders.take_back": Form(
        lambda scene: ({}, {"undo": f"{scene.order()}:999:resume"}), refused=False
    ),
    "prices.say": Form(lambda scene: ({}, scene.price(hold="1")), count_of(PriceTold, "note")),
    "prices.retry": Form(lambda scene: ({"price_id": scene.price_id()}, {}), refused=True),
    "disputes.preview": Form(
        lambda scene: ({"dispute_id": scene.disputed()}, {"step": "accept"}), refused=True
    ),
    "disputes.answer": Form(
        lambda scene: ({"dispute_id": scene.disputed()}, {"step": "accept"}), refused=True
    ),
    "returns.arrived": Form(lambda scene: ({"return_id": scene.announced()}, {}), refused=True),
    "returns.end": Form(lambda scene: ({"return_id": scene.announced()}, {"note": "lost"})),
    "returns.again": Form(lambda scene: ({"return_id": scene.announced()}, {}), refused=True),
    "fulfilling.choose": Form(lambda scene: ({"order_id": scene.order()}, {}), refused=True),
    "shortages.transfer": Form(lambda scene: ({"order_id": scene.order()}, {}), refused=True),
    "labels.buy": Form(lambda scene: ({"order_id": scene.order()}, {}), refused=True),
    "senders.keep_sender": Form(
        lambda scene: (
            {"code": "MAIN"},
            {"name": scene.name, "street": "1 Dock Road", "city": "Leeds"}
            | {"postcode": "LS1 4AP", "phone": "01131234567"},
        ),
        count_of(Sender, "name"),
    ),
    "labels.offers": Form(lambda scene: ({"order_id": scene.order()}, {}), refused=True),
    "labels.settle": Form(lambda _scene: ({"label_id": 1}, {}), refused=True),
    "labels.void": Form(lambda _scene: ({"label_id": 1}, {}), refused=True),
    "lists.change": Form(
        lambda scene: ({"name": "orders", "view_id": scene.view()}, {"name": scene.name})
    ),
    "lists.choose_columns": Form(lambda _scene: ({"name": "orders"}, {"column": "state"})),
    "lists.save": Form(
        lambda scene: ({"name": "orders"}, {"name": scene.name, "state": "shipped"}),
        count_of(View, "name"),
    ),
    "lists.take_away": Form(lambda scene: ({"name": "orders", "view_id": scene.view()}, {})),
    "orders.fix": Form(lambda scene: ({"order_id": scene.order(), "kind": "loss"}, {})),
    "privacy.correct": Form(_corrected),
    "publishing.keep_rule": Form(
        lambda scene: ({}, {"sku": scene.sku().code, "cap": "7", "note": scene.name}),
        count_of(Terms, "note"),
    ),
    "publishing.map_them": Form(_mapped),
    "rules.add": Form(lambda scene: ({}, scene.rule_form()), count_of(RuleVersion, "name")),
    "rules.change": Form(_changed),
    "rules.live": _on_rule(version="1"),
    "rules.move": _on_rule(up="1"),
    "rules.order": Form(_ordered),
    "rules.put_away": _on_rule(),
    "rules.switch": _on_rule(on="0"),
    "settlements.map_it": Form(_meant, count_of(Meaning, "kind")),
    "settlements.resolve": Form(),
    "settlements.demand": Form(
        lambda _scene: ({}, {"connection": "Nobody", "sure": "1"}), refused=True
    ),
    "shell.choose_company": Form(lambda scene: ({}, {"company": str(scene.company_id)})),
    "shell.prefer": sends(theme="dark"),
    "uploads.send": Form(lambda _scene: ({}, {"kind": "stock"}), refused=True),
    "uploads.take_it": Form(lambda scene: ({"job_id": scene.preview()}, {})),
    "users.add": Form(
        lambda scene: ({}, {"name": scene.name, "role": "support"}), count_of(User, "name")
    ),
    "users.disable": Form(lambda scene: ({"user_id": scene.victim()}, {})),
    "users.enable": Form(_disabled),
    "users.give_role": Form(lambda scene: ({"user_id": scene.victim()}, {"role": "auditor"})),
    "users.require_totp": to(role="no-such-role"),
    "users.reset": Form(lambda scene: ({"user_id": scene.victim()}, {})),
    "users.revoke_token": Form(_victims_token),
    "users.take_role": Form(lambda scene: ({"user_id": scene.victim()}, {"role": "support"})),
    "allocation.run": sends(first="2026-09", last="2026-09"),
    "customs.enter": Form(_declared, count_of(Declaration, "reference")),
    "payables.pay": Form(_paid, count_of(SupplierPayment, "reference")),
    "payables.deposit": Form(
        lambda scene: (
            {},
            {"step": "book", "reference": scene.name, "date": "2026-09-01", "amount": "5.00"},
        ),
        count_of(SupplierPayment, "reference"),
    ),
    "rates.say_customs": sends(base="USD", quote="GBP", month="2026-09", rate="0.75"),
    "rates.say": sends(base="EUR", quote="USD", date="2026-09-01", rate="1.17"),
    "closing.close": Form(lambda _scene: ({}, {"month": "1999-01"}), refused=True),
    "closing.reopen": Form(
        lambda _scene: ({}, {"month": "1999-01", "reason": "late bill"}), refused=True
    ),
    "expenses.enter": Form(_billed, count_of(Bill, "reference")),
    "expenses.reverse": Form(_reversed_bill),
    "costing.estimate": Form(_charged, count_of(Charge, "reference")),
    "costing.invoice": Form(_invoiced),
    "costing.replay": Form(lambda scene: ({"document_id": scene.receipt()}, {})),
    "costing.receive": Form(_received, count_of(Document, "natural_key")),
    "costing.settle": Form(
        lambda scene: ({"charge_id": scene.charge()}, {"step": "book", "amount": "4.00"})
    ),
    "warehousing.add": Form(
        lambda scene: ({}, {"code": scene.name.upper(), "kind": "3pl", "country": "DE"})
    ),
    "catalog.add": Form(lambda scene: ({}, {"sku": scene.name}), count_of(Sku, "code")),
    "catalog.archive": Form(lambda scene: ({"sku_id": scene.sku().id}, {"away": "1"})),
    "catalog.change": Form(
        lambda scene: (
            {"sku_id": scene.sku().id},
            {"title": "Mug", "brand": scene.name, "owner": "ann", "weight_grams": "300"},
        )
    ),
    "catalog.compose": Form(lambda scene: ({"sku_id": scene.sku().id}, {})),
    "warehousing.do_handle": Form(_adjusted),
    "warehousing.open_count": Form(
        lambda scene: (
            {},
            {"warehouse": "MAIN", "skus": scene.sku().code, "reference": scene.name},
        ),
        count_of(Count, "reference"),
    ),
    "inbound.begin": Form(
        lambda _scene: ({}, {"connection": "Nobody", "transfer": "T0"}), refused=True
    ),
    "inbound.step": Form(
        lambda _scene: ({"plan_id": 999_999_999, "verb": "again"}, {}), refused=True
    ),
    "inbound.labels": Form(lambda _scene: ({"plan_id": 999_999_999}, {}), refused=True),
    "warehousing.plan": Form(_planned, count_of(Transfer, "reference")),
    "warehousing.take_stored": Form(
        lambda _scene: ({}, {"warehouse": "MAIN", "sku": "NONE"}), refused=True
    ),
    "warehousing.step_count": Form(
        lambda scene: ({"count_id": scene.count(), "verb": "freeze"}, {})
    ),
    "warehousing.step_transfer": Form(
        lambda scene: ({"transfer_id": scene.transfer(), "verb": "cancel"}, {})
    ),
}

FORMS |= {
    "tax.act": Form(lambda _scene: ({"code": "uk_vat100", "period": "2026-Q3"}, {})),
    "tax.change": Form(_registered),
    "tax.watch": Form(),
    "tax.compare": Form(),
    "invoicing.cancel": Form(lambda _scene: ({"invoice_id": 1}, {}), refused=True),
    "invoicing.issue": Form(lambda _scene: ({"order_id": 1}, {}), refused=True),
    "invoicing.issue_several": Form(refused=True),
    "invoicing.set_issuer": Form(
        lambda scene: ({}, {"name": scene.name, "address": "1 High Street"}),
        count_of(Issuer, "name"),
    ),
    "tax.register": Form(
        lambda scene: (
            {},
            {"country": "NO", "scheme": "voec", "number": scene.name, "since": "2026-01-01"},
        ),
        count_of(SellerRegistration, "number"),
    ),
}

# Signed messages of platforms: no form, and told apart by their own ids.
NO_FORM = {"webhooks.receive"}


def posting(site: Site) -> set[str]:
    """Return every route that takes a POST."""
    # Programs send no forms: their acts are done once by a key of their own.
    rules = [rule for rule in site.app.url_map.iter_rules() if not rule.rule.startswith("/api/")]
    return {rule.endpoint for rule in rules if "POST" in (rule.methods or set())} - NO_FORM


def test_every_form_says_how_it_is_sent(site: Site) -> None:
    routes = posting(site)

    assert routes - FORMS.keys() == set(), "say in FORMS how the form is sent"
    assert FORMS.keys() - routes == set()


def test_only_what_doubles_nothing_may_be_repeated(site: Site) -> None:
    views = site.app.view_functions

    assert {name for name in posting(site) if is_repeatable(views[name])} == {
        "audit.export",  # reads
        "login.enter",  # each browser that signs in has a session of its own
        "shell.prefer",  # a cookie
    }


@contextmanager
def watched(site: Site, endpoint: str) -> Iterator[list[int]]:
    """Slow a view down, so that both sendings meet, and note the status of each time it ran."""
    view, ran = site.app.view_functions[endpoint], []

    def slow(**values: Any) -> Any:
        answer = site.app.make_response(view(**values))
        time.sleep(SHORT)
        ran.append(answer.status_code)
        return answer

    slow.__dict__.update(view.__dict__)
    site.app.view_functions[endpoint] = slow
    try:
        yield ran
    finally:
        site.app.view_functions[endpoint] = view


@pytest.fixture(autouse=True)
def leave_no_owner(site: Site) -> Iterator[None]:
    """Let the owners go whom a test made: others look for the last one."""
    yield
    made = sa.update(User).where(User.name.startswith("u.t"))
    with site.kernel.db.write() as session:
        session.execute(made.values(disabled_at=clock.now()))


def set_up(site: Site, form: Form) -> tuple[str, str, Data, Data]:
    """Make a user and what the form is about; return his name, his session's secret, the form."""
    name = f"t{uuid4().hex[:10]}"
    make_user(site, f"u.{name}", "owner", 0)
    with site.kernel.db.write() as session:
        user = users.user_by_name(session, f"u.{name}")
        secret = open_session(session, user)
        values, data = form.make(Scene(site, session, user, site.company.id, name))
    if data.get("again") == "":
        data["again"] = data["password"]
    return name, secret, values, data


def both_browsers(site: Site, secret: str) -> tuple[FlaskClient, FlaskClient, str]:
    """Return two clients that are one browser, and the token of one form in it."""
    one, two = site.visitor(), site.visitor()
    for each in (one, two):
        each.set_cookie(SESSION_COOKIE, secret)
    token = form_token(one, "/account")
    kept = one.get_cookie("entrepot_form")
    assert kept is not None
    two.set_cookie("entrepot_form", kept.value)
    return one, two, token


@pytest.mark.parametrize("endpoint", sorted(FORMS))
def test_form_sent_twice_at_once_acts_once(site: Site, endpoint: str) -> None:
    form, view = FORMS[endpoint], site.app.view_functions[endpoint]
    name, secret, values, data = set_up(site, form)
    one, two, token = both_browsers(site, secret)
    address = site.app.url_map.bind("localhost").build(endpoint, values, method="POST")
    start, before = Barrier(2, timeout=30), set(site.rows(sa.select(FormClaim.key)))

    def send(browser: FlaskClient) -> tuple[int, str | None]:
        start.wait()
        answer = browser.post(address, data={**data, "csrf_token": token})
        return answer.status_code, answer.location

    with watched(site, endpoint) as ran, ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(send, (one, two)))

    if form.refused:
        assert {status for status, _ in answers} <= {303, 400, 404, 409}, answers
        assert set(site.rows(sa.select(FormClaim.key))) == before
        return
    assert [status for status in ran if status >= 400] == [], answers
    if not is_repeatable(view):
        assert len(ran) == 1, answers
        done = next(each for each in answers if each[0] == ran[0])
        left = list(answers)
        left.remove(done)
        assert left[0] == done or left[0][0] == 409 or endpoint == "login.leave", answers
    if form.effect is not None:
        assert site.rows(form.effect(name))[0][0] == 1


@pytest.fixture
def clicked(site: Site) -> tuple[Site, FlaskClient, Data, str]:
    """Give a browser, and a form that invites a user."""
    name, secret, _values, data = set_up(site, FORMS["users.add"])
    one, _two, token = both_browsers(site, secret)
    return site, one, {**data, "csrf_token": token}, name


def test_reloaded_answer_says_that_it_was_done_once(
    clicked: tuple[Site, FlaskClient, Data, str],
) -> None:
    site, browser, data, name = clicked
    first = browser.post("/users", data=data)

    again = browser.post("/users", data=data, headers={"Accept-Language": "zh-Hans"})

    assert (first.status_code, again.status_code) == (200, 409)
    assert "只执行了一次" in again.text
    assert site.rows(count_of(User, "name")(name))[0][0] == 1


def test_refused_form_may_be_sent_again(clicked: tuple[Site, FlaskClient, Data, str]) -> None:
    _site, browser, data, _name = clicked
    wrong = {**data, "role": "boss"}

    assert [browser.post("/users", data=wrong).status_code for _ in range(2)] == [422, 422]
    assert browser.post("/users", data=data).status_code == 200


def test_second_tab_is_led_where_the_first_went(site: Site) -> None:
    _name, secret, values, data = set_up(site, FORMS["warehousing.plan"])
    browser, _two, token = both_browsers(site, secret)
    form = {**data, "csrf_token": token}

    first, again = (browser.post("/stock/transfers", data=form) for _ in range(2))

    assert values == {}
    assert (again.status_code, again.location) == (303, first.location)
    assert "done once" in browser.get(again.location).text


def test_form_without_its_number_is_refused(clicked: tuple[Site, FlaskClient, Data, str]) -> None:
    _site, browser, data, _name = clicked
    bare = data["csrf_token"].partition("~")[0]

    assert browser.post("/users", data={**data, "csrf_token": bare}).status_code == 400


def test_act_that_asks_for_the_password_may_be_sent_again_after_it(
    clicked: tuple[Site, FlaskClient, Data, str],
) -> None:
    site, browser, data, _name = clicked
    stale = clock.now() - KEPT_FOR
    with site.kernel.db.write() as session:
        session.execute(sa.update(UserSession).values(confirmed_at=stale))
    asked = browser.post("/users", data=data)
    confirm = {"secret": PASSWORD, "csrf_token": form_token(browser, "/account")}

    assert "/account" in asked.location
    assert browser.post("/account/confirm", data=confirm).status_code == 303
    assert browser.post("/users", data=data).status_code == 200


def test_claims_are_forgotten_after_their_time(
    clicked: tuple[Site, FlaskClient, Data, str],
) -> None:
    site, browser, data, _name = clicked
    browser.post("/users", data=data)
    with site.kernel.db.write() as session:
        old = clock.now() - KEPT_FOR * 2
        session.execute(sa.update(FormClaim).values(claimed_at=old))

    browser.post("/users", data={**data, "name": f"{data['name']}.x"})

    assert site.rows(sa.select(sa.func.count()).select_from(FormClaim))[0][0] == 1


def test_form_whose_outcome_is_not_known_is_not_done_again(
    clicked: tuple[Site, FlaskClient, Data, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    site, browser, data, _name = clicked
    monkeypatch.setattr("core.web.once.PATIENCE_SECONDS", SHORT)
    browser.post("/users", data=data)
    with site.kernel.db.write() as session:
        session.execute(sa.update(FormClaim).values(status=None))

    again = browser.post("/users", data=data)

    assert again.status_code == 409
    assert "still being done" in again.text

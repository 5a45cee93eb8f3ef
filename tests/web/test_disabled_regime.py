"""With a regime switched off, all that it decided is read over HTTP as before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx2
import pytest

from core.app import create_app
from core.identity.sessions import open_session
from core.identity.users import accept_invitation
from core.identity.users import add_user
from core.invoicing.issuing import issue_invoice
from core.invoicing.issuing import set_issuer
from core.kernel import lifecycle
from core.tax.channels import set_channel
from core.tax.filing import file_return
from core.tax.filing import prepare_return
from core.tax.forms import period_of
from core.tax.sellers import add_registration
from core.testkit.fakes.server import serving
from core.web.guarding import SESSION_COOKIE
from tests.web.people import kept
from tests.web.serving import fields
from tests.world import World

RETURN = "eu_ioss/2026-08"
VARIABLE = re.compile(r'(name="csrf_token" value|nonce|name="once" value)="[^"]*"')
"""What every page has anew."""


@dataclass
class Shop:
    """A British seller with sales that the Union's regime decided, its pages behind a socket."""

    world: World
    browser: httpx2.Client

    def switch(self, *, on: bool) -> None:
        act = lifecycle.enable if on else lifecycle.disable
        act(self.world.kernel, "tax_eu")

    def id_of(self, table: str, column: str, value: str) -> int:
        query = f"SELECT id FROM {table} WHERE {column} = :value"
        return int(self.world.rows(query, value=value)[0][0])

    def read(self, address: str) -> httpx2.Response:
        answer = self.browser.get(address)
        assert answer.status_code == 200, f"{address}: {answer.status_code} {answer.text[:2000]}"
        return answer

    def addresses(self) -> list[str]:
        """Return what somebody looks at years later: order, return, lines, files, invoices."""
        orders = [self.id_of("orders_order", "external_ref", ref) for ref in ("1", "C2", "3")]
        invoices = [row[0] for row in self.world.rows("SELECT id FROM invoicing_invoice")]
        pages = [f"/orders/{each}" for each in orders]
        pages += [f"/orders/lines/{self.id_of('orders_line', 'order_id', str(orders[0]))}"]
        pages += [f"/tax/returns/{RETURN}", f"/tax/returns/{RETURN}/boxes/tax"]
        pages += [f"/tax/returns/{RETURN}/boxes/tax?key=DE&key=19 %25&corrects="]
        pages += [f"/tax/returns/{RETURN}/file.csv", f"/tax/returns/{RETURN}/file.xlsx"]
        pages += ["/orders", "/invoices", "/tax/platforms", "/tax/registrations"]
        pages += [f"/invoices/{each}{end}" for each in invoices for end in ("", ".pdf")]
        rest = [f"/api/v1/orders/{each}" for each in orders]
        rest += [f"/api/v1/invoices/{each}" for each in invoices]
        rest += [f"/api/v1/tax/returns/{RETURN}", f"/api/v1/tax/returns/{RETURN}/boxes/tax"]
        return pages + rest + ["/api/v1/invoices", "/api/v1/tax/registrations"]

    def seen(self) -> dict[str, object]:
        """Return what each of them shows, but for what every answer has anew."""
        found: dict[str, object] = {}
        for address in self.addresses():
            answer = self.read(address)
            kind = answer.headers["content-type"]
            plain = VARIABLE.sub("", answer.text) if "html" in kind else answer.content
            # A workbook names the second in which it was written.
            found[address] = "a workbook" if address.endswith("xlsx") else plain
        return found


@pytest.fixture
def shop(world: World) -> Iterator[Shop]:
    company = world.company.id
    world.stock("MUG 100 @ 2.00 on 2010-11-30")
    lifecycle.install(world.kernel, "tax_eu")
    lifecycle.enable(world.kernel, "tax_eu")
    world.rates("GBP/EUR 1.2 on 2026-08-01", "GBP/EUR 1.2 on 2026-08-31")
    with world.kernel.db.write() as session:
        set_issuer(session, company, "Shop Ltd", "1 High Street\nLondon")
        set_channel(session, company, "file", "own")
        number = {"since": date(2021, 7, 1), "number": "IM2760000742"}
        add_registration(session, company, "EU", "ioss", **number)  # type: ignore[arg-type]
        gb = {"since": date(2010, 1, 1), "number": "980780684"}
        add_registration(session, company, "GB", "local", **gb)  # type: ignore[arg-type]
    world.orders(
        "1 MUG 2 @ 25.00 on 2026-08-03 from ann to DE",
        "1 POST 1 @ 5.00 on 2026-08-03 from ann to DE",
        "C2 MUG -1 @ 25.00 on 2026-08-20 from ann to DE",
        "3 MUG 1 @ 10.00 on 2026-08-05 from bob to FR",
    )
    with world.kernel.db.write() as session:
        for ref in ("1", "C2", "3"):
            issue_invoice(session, company, world.order(ref).id, by="ann")
        august = period_of("2026-08")
        prepare_return(session, company, "eu_ioss", august, by="ann")
        file_return(session, company, "eu_ioss", august, by="ann", filed_on=date(2026, 9, 20))
        user, secret = add_user(session, "regimeswitcher", "owner", company)
        accept_invitation(session, secret, kept())
        cookie = open_session(session, user)
    app = create_app(world.kernel.config)
    with (
        serving(app) as served,
        httpx2.Client(
            base_url=served.url, cookies={SESSION_COOKIE: cookie}, follow_redirects=True
        ) as browser,
    ):
        yield Shop(world, browser)
    app.extensions["entrepot"].db.dispose()


def listed(shop: Shop) -> dict[str, Any]:
    items = shop.read("/api/v1/tax/returns").json()["items"]
    return {f"{each['form']}/{each['period']}": each for each in items}


def test_what_a_disabled_regime_decided_is_read_as_before(shop: Shop) -> None:
    before = shop.seen()
    assert "19" in str(before[f"/tax/returns/{RETURN}/boxes/tax"])
    assert b"eu_ioss,2026-08,tax,DE" in before[f"/tax/returns/{RETURN}/file.csv"]  # type: ignore[operator]
    assert listed(shop)[RETURN]["is_off"] is False

    shop.switch(on=False)

    assert shop.seen() == before
    assert listed(shop)[RETURN]["state"] == "filed"
    assert listed(shop)[RETURN]["is_off"] is True
    page = shop.read("/tax").text
    assert f"/tax/returns/{RETURN}" in page
    assert "Regime disabled" in page
    assert 'value="eu_ioss"' in page
    chosen = shop.read("/tax/returns?form=eu_ioss&period=2026-09")
    assert str(chosen.url).endswith("/tax/returns/eu_ioss/2026-09")

    shop.switch(on=True)

    assert shop.seen() == before
    assert "Regime disabled" not in shop.read("/tax").text


def test_what_comes_back_of_an_old_order_takes_its_own_tax_along(shop: Shop) -> None:
    shop.switch(on=False)

    shop.world.orders("C4 MUG -1 @ 10.00 on 2026-09-02 from bob to FR")

    assert shop.world.booked("/C4#")["2330"] == 200
    lines = shop.read("/api/v1/tax/returns/eu_ioss/2026-09/boxes/tax").json()["items"]
    assert [(line["order"], line["tax"]) for line in lines] == [("C4", "-2.00")]
    assert not shop.world.broken()


def test_an_invoice_of_a_disabled_regime_keeps_to_its_law(shop: Shop) -> None:
    shop.world.orders("5 MUG 1 @ 10.00 on 2026-08-06 from cat to DE")
    shop.switch(on=False)

    page = f"/invoices/of/{shop.world.order('5').id}"
    made = shop.browser.post(page, data=fields(shop.browser, page))

    assert made.status_code == 200, made.text
    document = shop.read(f"/api/v1{made.url.path}").json()["document"]
    first = shop.read(f"/api/v1/invoices/{_first(shop)}").json()["document"]
    assert document["notes"] == first["notes"]
    assert document["number_label"] == first["number_label"]


def _first(shop: Shop) -> int:
    return int(shop.world.rows("SELECT MIN(id) FROM invoicing_invoice")[0][0])

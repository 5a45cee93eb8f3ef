"""The life of orders from the command line and from its pages: the same verbs and refusals."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from core.app import create_app
from core.cli import build
from core.config import ROOT
from core.config import Config
from core.identity import first_run
from core.orders.shipping import ship
from tests.orders.life import UNSHIPPED
from tests.orders.life import Life
from tests.web.conftest import FIELD
from tests.web.conftest import sign_in
from tests.world import World

CAREFUL = UNSHIPPED.replace("create_skus = true", "create_skus = false")


@pytest.fixture
def life(world: World) -> Life:
    return Life(world)


def config_of(life: Life) -> Config:
    url = life.world.kernel.db.url.render_as_string(hide_password=False)
    return Config(life.world.folder, url, (ROOT / "addons",))


def run(life: Life, *words: str, fails: bool = False) -> Any:
    """Run `entrepot order …` and return what it printed as JSON, or what it refused."""
    result = CliRunner().invoke(build(), ["order", *words, "--json"], obj=config_of(life))
    assert (result.exit_code == 2) if fails else (result.exit_code == 0), result.output
    return result.output if fails else json.loads(result.output)


def test_an_order_lives_on_the_command_line(life: Life) -> None:
    life.world.stock("MUG 9 @ 2.00 on 2010-11-30", "CUP 1 @ 1.00 on 2010-11-30")
    life.orders(
        "1001 MUG 3 @ 5.00 on 2011-02-01 from ann to US",
        "1001 CUP 2 @ 5.00 on 2011-02-01 from ann to US",
        "1002 MUG 1 @ 5.00 on 2011-02-03 from ann to US",
    )
    assert [o["number"] for o in run(life, "list", "--queue", "short")["orders"]] == ["1001"]
    assert run(life, "queues")["queues"]["short"] == 1
    assert "no order 1003" in run(life, "ship", "1003", fails=True)
    run(life, "split", "1001", "--by", "stock", "--why", "the rest is late")
    run(life, "hold", "1002")
    assert run(life, "approve", "1002")["orders"][0]["state"] == "allocated"
    run(life, "merge", "1001", "1002")
    run(life, "release", "1001")
    run(life, "recall", "1001")
    run(life, "separate", "1001", "1002")
    run(life, "advance", "--to", "picking", "1002", fails=True)
    run(life, "ship", "1001", "--line", "MUG=2", "--tracking", "JD01")
    shown = run(life, "show", "1001")
    assert (shown["state"], shown["promised"][0]["promised"]) == ("partially_shipped", 1)
    assert any(step["detail"].get("tracking") == "JD01" for step in shown["timeline"])
    run(life, "cancel", "1001/2")
    run(life, "return", "1001", "--line", "MUG=1", "--disposition", "sellable")
    run(life, "return", "1001", "--line", "MUG=9", fails=True)
    run(life, "reship", "1001", "--line", "MUG=1")
    run(life, "exchange", "1001", "--line", "MUG=1", "--item", "CUP=1")
    run(life, "cancel", "1001")
    (back,) = run(life, "show", "1001/R2")["lines"]
    run(life, "inspect", "1001/R2", "--sellable", f"{back['line']}=1")
    states = {o["number"]: o["state"] for o in run(life, "list")["orders"]}
    assert states == {
        "1001": "cancelled", "1001/2": "cancelled", "1002": "allocated", "1001/R1": "closed",
        "1001/R2": "closed", "1001/E1": "allocated", "1001/E2": "allocated",
    }  # fmt: skip
    life.sound()


class Pages:
    """A signed-in browser on the pages of orders."""

    def __init__(self, life: Life) -> None:
        app = create_app(config_of(life))
        with life.world.kernel.db.write() as session:
            token = first_run.ensure_admin(session, life.world.folder) or ""
        self.kernel = app.extensions["entrepot"]
        self.browser: FlaskClient = app.test_client()
        sign_in(self.browser, token)

    def post(self, page: str, address: str, **data: object) -> str:
        """Send a form of a page and return the page that follows."""
        text = self.browser.get(page).text
        hidden = {"csrf_token": FIELD.search(text)[1]}  # type: ignore[index]
        form = text[max(text.find(f'action="{address}"'), 0) :]
        if (version := re.search(r'name="row_version" value="(\d+)"', form)) is not None:
            hidden["row_version"] = version[1]
        answer = self.browser.post(address, data={**hidden, **data}, follow_redirects=True)
        assert answer.status_code == 200, answer.text
        return answer.text


@pytest.fixture
def pages(life: Life) -> Iterator[Pages]:
    made = Pages(life)
    yield made
    made.kernel.db.dispose()


def test_the_buttons_of_an_order_do_what_they_say(life: Life, pages: Pages) -> None:
    life.world.stock("MUG 5 @ 2.00 on 2010-11-30")
    life.orders("1001 MUG 3 @ 5.00 on 2011-02-01 from ann to US")
    here = f"/orders/{life.id('1001')}"
    (line,) = life.line_ids("1001", "MUG")
    assert "Promised goods" in pages.browser.get(here).text
    told = pages.post(here, f"{here}/do/hold", why="<b>fraud?</b>")
    assert "&lt;b&gt;fraud?&lt;/b&gt;" in told
    pages.post(here, f"{here}/do/approve")
    pages.post(here, f"{here}/lines/split", **{f"line-{line}": "1"})
    assert life.promised("1001") == {"MUG": (2, 0)}
    assert "is not a whole number" in pages.post(
        here, f"{here}/lines/ship", **{f"line-{line}": "x"}
    )
    for verb in ("release", "pick", "pack", "ship"):
        pages.post(here, f"{here}/do/{verb}")
    assert life.state("1001")[0] == "shipped"
    pages.post(here, f"{here}/lines/return", **{f"line-{line}": "1"}, disposition="damaged")
    assert life.world.order("1001/R1").kind == "credit_note"
    assert pages.browser.get(f"{here}/do/fly").status_code == 405
    life.sound()


def test_a_form_sent_twice_counts_once(life: Life, pages: Pages) -> None:
    life.world.stock("MUG 5 @ 2.00 on 2010-11-30")
    life.orders("1001 MUG 3 @ 5.00 on 2011-02-01 from ann to US")
    here = f"/orders/{life.id('1001')}"
    version = life.world.order("1001").row_version
    (line,) = life.line_ids("1001", "MUG")
    form = {f"line-{line}": "1", "row_version": version}
    pages.post(here, f"{here}/lines/ship", **form)
    assert "changed meanwhile" in pages.post(here, f"{here}/lines/ship", **form)
    assert life.level("MUG") == (4, 2)


def test_each_queue_shows_its_orders_and_helps_them(life: Life, pages: Pages) -> None:
    life.world.stock("MUG 5 @ 6.00 on 2010-11-30", "CUP 1 @ 1.00 on 2010-11-30")
    life.orders(
        "1001 CUP 3 @ 5.00 on 2011-02-01 to US",
        "1002 MUG 1 @ 5.00 on 2011-02-01 to US",
        "1003 CUP 1 @ 5.00 on 2011-02-02 to ZZ",
        mapping=UNSHIPPED,
    )
    life.orders("1004 B00X 1 @ 9.00 on 2011-02-03 to US", mapping=CAREFUL)
    for kind, ref in (
        ("short", "1001"),
        ("loss", "1002"),
        ("address", "1003"),
        ("unmapped", "1004"),
    ):
        page = f"/orders/queues/{kind}"
        assert f">{ref}<" in pages.browser.get(page).text
        extra = {"platform": "till", "account": "x", "code": "B00X", "sku": "MUG"}
        if kind == "unmapped":
            row = life.world.order("1004")
            extra |= {"platform": row.platform, "account": row.account}
        pages.post(page, f"{page}/{life.id(ref)}", way="split", **extra)
    assert life.state("1001") == ("allocated", None)
    assert life.state("1002") == ("allocated", None)
    assert life.state("1003")[0] == "backordered"
    assert life.state("1004") == ("allocated", None)
    assert pages.browser.get("/orders/queues/boredom").status_code == 404
    life.do(ship, "1001", "1002", "1004")
    life.sound()

"""Story 1 whole: a year's first container of a seller in Shenzhen, to the cent.

Everything goes in through the public services, in one company and one run; every figure that the
story expects is compared, key by key. A key that nothing was found for fails as well.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from tests.databases import ENGINES
from tests.databases import Databases
from tests.ledger.test_export import add_up
from tests.ledger.test_export import bean_check
from tests.ledger.test_export import export
from tests.settlements.test_story import STORY
from tests.story.reading import TAGS
from tests.story.reading import Books
from tests.story.reading import line_key
from tests.story.reading import unit_costs
from tests.story.telling import Telling
from tests.story.telling import cents
from tests.story.telling import found_company

pytestmark = pytest.mark.skipif(not STORY.is_file(), reason=f"there is no {STORY}")

BEFORE = datetime(2026, 6, 1, tzinfo=UTC)

LABELS = {"vat_id", "cost", "accounts"}
"""Keys that say what a figure is of: the path of the figure holds them."""

NOT_MONEY = {"qty"}


@pytest.fixture(scope="module")
def story() -> dict[str, Any]:
    return json.loads(STORY.read_text(encoding="utf-8"))


@pytest.fixture(scope="module", params=ENGINES)
def books(
    request: pytest.FixtureRequest,
    databases: Databases,
    tmp_path_factory: pytest.TempPathFactory,
    story: dict[str, Any],
) -> Iterator[Books]:
    """Tell the story once for all tests of it, on each engine."""
    url = databases.create(request.param)
    world = found_company(url, tmp_path_factory.mktemp("story"))
    with time_machine.travel(BEFORE, tick=False) as clock:
        told = Telling(world, story["facts"], clock)
        told.set_up()
        told.buy()
        told.bring()
        before = unit_costs(world)
        told.sell()
        told.after_the_sales()
        told.share()
    yield Books(world, before, told.fees)
    world.kernel.db.dispose()
    databases.drop(url)


def flat(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every leaf with its path; what a list holds is named by its texts."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            # How a cost is shared is told to the books; the shares are what comes of it.
            if key not in LABELS and not (key == "rule" and path.startswith("/allocations")):
                yield from flat(value, f"{path}/{key}")
    elif isinstance(tree, list):
        for value in tree:
            yield from flat(value, f"{path}/{named(value)}")
    else:
        yield path, tree


def named(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    texts = ("component", "cost", "type", "sku", "target", "order")
    return " ".join(str(value[name]) for name in texts if name in value)


def told(path: str, text: Any) -> Any:
    """Return what the story expects as the books would say it."""
    if not isinstance(text, str) or path.rpartition("/")[2] in NOT_MONEY:
        return int(text) if path.rpartition("/")[2] in NOT_MONEY else text
    if path.startswith("/unit_cost"):
        return Decimal(text)
    try:
        return cents(text)
    except Exception:
        return text


def test_every_figure_that_the_story_expects_comes_out(books: Books, story: dict[str, Any]) -> None:
    expected = {key: value for key, value in story["expected"].items() if key != "journal"}
    wanted = {path: told(path, value) for path, value in flat(expected)}
    found = dict(flat(books.found(expected)))
    for path, value in found.items():
        if path.startswith("/unit_cost"):
            digits = -wanted[path].as_tuple().exponent
            found[path] = round(value, digits)
    wrong = {
        path: (wanted.get(path), found.get(path))
        for path in sorted(wanted.keys() | found.keys())
        if wanted.get(path) != found.get(path)
    }
    print(len(wanted), "figures")
    assert wrong == {}, "\n".join(f"{key}: {each}" for key, each in wrong.items())


def test_the_journal_is_the_story_s_by_day_account_order_and_sku(
    books: Books, story: dict[str, Any]
) -> None:
    expected: defaultdict[tuple[str, ...], defaultdict[str, int]] = defaultdict(
        lambda: defaultdict(int)
    )
    for entry in story["expected"]["journal"]:
        for line in entry["lines"]:
            tag = line.get("tag", "") if line.get("tag") in TAGS else ""
            key = line_key(entry["date"], line["acct"], line.get("order", ""), line.get("sku"), tag)
            expected[key]["CNY in the books"] += cents(line["func"])
            if line["ccy"] != "CNY" and line["acct"] < "3":
                expected[key][line["ccy"]] += cents(line["amt"])
    found = books.journal()
    wrong = {}
    for key in sorted(expected.keys() | found.keys()):
        mine = {name: amount for name, amount in found.get(key, {}).items() if amount}
        theirs = {name: amount for name, amount in expected.get(key, {}).items() if amount}
        if mine != theirs:
            wrong[key] = (theirs, mine)
    print(len(expected), "places")
    assert wrong == {}, "\n".join(f"{key}: {each}" for key, each in wrong.items())


def test_other_programs_read_the_journal_and_find_its_balances(books: Books) -> None:
    beans, ledger = (export(books.world, f"story.{form}", form) for form in ("beancount", "ledger"))
    checked = bean_check(beans)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", ""), checked.stderr
    add_up(ledger)
    if shutil.which("ledger") is None:
        pytest.skip("ledger is not installed: nothing has read the file but these tests")
    ran = subprocess.run(
        ["ledger", "-f", ledger, "bal", "--flat"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "Assets:Inventory:FBA" in ran.stdout


def test_the_books_are_sound(books: Books) -> None:
    assert books.world.broken() == []

"""Records that come with an addon: loaded, updated in three ways, and never at a user's cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from core.config import Config
from core.db import Database
from core.kernel.companies import create_company
from tests.kernel.acting import act


class Rows:
    """The tables of the addon as another program would see them."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)

    def __call__(self, query: str) -> list[tuple[Any, ...]]:
        with self.database.read() as session:
            return [tuple(row) for row in session.execute(text(query))]

    def change(self, *statements: str) -> None:
        with self.database.write() as session:
            for statement in statements:
                session.execute(text(statement))

    def dispose(self) -> None:
        self.database.dispose()


@pytest.fixture
def rows(config: Config) -> Iterator[Rows]:
    made = Rows(config.database_url)
    yield made
    made.dispose()


COLOURS = "SELECT code, title, since FROM staged__colour ORDER BY code"
THINGS = "SELECT name, colour, round, extra FROM staged__thing ORDER BY name"


def test_records_are_loaded_in_order_with_references_and_types(config: Config, rows: Rows) -> None:
    done = act(config, "install", "one")

    assert (done.data.inserted, done.data.updated, done.data.kept) == (7, 0, [])
    assert [(code, title, str(since)) for code, title, since in rows(COLOURS)] == [
        ("B", "Blue", "None"),
        ("G", "Green", "None"),
        ("R", "Red", "2020-01-31"),
        ("Y", "Grey", "None"),
    ]
    ball, cone, cube = rows(THINGS)
    assert ball == ("Ball", "R", True, '{"sizes": [1, 2]}')
    assert (cone[1], cube[1]) == ("Y", "G")
    assert len(rows("SELECT * FROM kernel_data_record WHERE addon = 'staged'")) == 7


def test_installing_again_writes_nothing(config: Config, rows: Rows) -> None:
    act(config, "install", "one")
    before = rows("SELECT * FROM kernel_data_record ORDER BY ref"), rows(THINGS), rows(COLOURS)

    done = act(config, "install", "one")

    assert (done.data.inserted, done.data.updated, done.data.removed, done.data.kept) == (
        0,
        0,
        0,
        [],
    )
    after = rows("SELECT * FROM kernel_data_record ORDER BY ref"), rows(THINGS), rows(COLOURS)
    assert after == before


def test_an_upgrade_changes_adds_and_removes_what_nobody_touched(
    config: Config, rows: Rows
) -> None:
    act(config, "install", "one")

    done = act(config, "install", "two")

    # Changed: red, green, blue, ball, cube. New: pink, box. Gone: cone; grey, which only it used,
    # is taken away after it.
    assert (done.data.inserted, done.data.updated, done.data.removed) == (2, 5, 2)
    assert done.data.kept == []
    assert [row[:2] for row in rows(COLOURS)] == [
        ("B", "Blue"),
        ("G", "Bright green"),
        ("P", "Pink"),
        ("R", "Bright red"),
    ]
    assert rows("SELECT name, weight FROM staged__thing ORDER BY name") == [
        ("Cube", None),
        ("Round ball", 5),
    ]
    assert rows(
        "SELECT b.code, t.name FROM staged__box b JOIN staged__thing t ON t.id = b.thing_id"
    ) == [("B1", "Round ball")]


def test_what_a_user_changed_deleted_or_uses_is_kept_and_told(config: Config, rows: Rows) -> None:
    act(config, "install", "one")
    rows.change(
        "UPDATE staged__colour SET title = 'My red' WHERE code = 'R'",
        "UPDATE staged__colour SET title = 'Bright green' WHERE code = 'G'",
        "DELETE FROM staged__colour WHERE code = 'B'",
        "INSERT INTO staged__colour VALUES ('P', 'My pink', NULL)",
        "INSERT INTO staged__thing (id, name, colour) VALUES (-1, 'Mine', 'Y')",
        "UPDATE staged__thing SET name = 'My cone' WHERE name = 'Cone'",
    )

    done = act(config, "install", "two")

    assert {(each.ref, each.why) for each in done.data.kept} == {
        ("red", "edited"),
        ("blue", "deleted"),
        ("pink", "exists"),
        ("cone", "edited"),
        ("grey", "in use"),
    }
    assert [each.fields for each in done.data.kept if each.ref == "red"] == [("title",)]
    assert [row[:2] for row in rows(COLOURS)] == [
        ("G", "Bright green"),
        ("P", "My pink"),
        ("R", "My red"),
        ("Y", "Grey"),
    ]
    assert {"Mine", "My cone", "Round ball", "Cube"} == {row[0] for row in rows(THINGS)}

    # A second time it stands as it stood: what is kept stays kept.
    again = act(config, "install", "two")
    assert {(each.ref, each.why) for each in again.data.kept} == {
        ("red", "edited"),
        ("blue", "deleted"),
        ("pink", "exists"),
    }


def test_demo_records_are_loaded_when_asked_for_and_stay_out_of_upgrades(
    config: Config, rows: Rows
) -> None:
    with rows.database.write() as session:
        company = create_company(
            session, "Shop", country="GB", currency="GBP", timezone="Europe/London"
        )

    done = act(config, "install", "one", demo_company=company.id)
    assert done.demo == "Demo records: 1 new, 0 kept."
    assert ("Toy", "B") in [row[:2] for row in rows(THINGS)]

    upgraded = act(config, "install", "two")
    assert upgraded.demo == ""
    assert ("Toy", "B") in [row[:2] for row in rows(THINGS)]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("1.toml", '[[colour]]\ntitle = "x"', "has no ref"),
        ("1.toml", '[[order]]\nref = "x"', "have no table staged__order"),
        ("1.toml", '[["kernel_addon"]]\nref = "x"', "have no table staged__kernel_addon"),
        ("1.toml", '[[colour]]\nref = "x"\ntitel = "x"', "titel cannot be set. Columns: code"),
        ("1.toml", '[[colour]]\nref = "x"\ncode = 5\ntitle = "x"', "text is wanted"),
        ("1.toml", '[[colour]]\nref = "x"\ntitle = "x"', "code is missing"),
        ("1.toml", "[[colour]", "data/1.toml: cannot be read"),
        ("1.yaml", "colour: 1", "is neither .toml nor .csv"),
        ("1.csv", "ref,code\nred", "data/1.csv, line 2"),
        ("1_thing.csv", "ref,name,colour:ref\na,b,nothing", "'nothing' is not a record before"),
        ("1_colour.csv", "ref,code,title\na,b,c\na,d,e", "stands at data/1_colour.csv, line 2"),
        ("1_colour.csv", "ref,code\na,b", "the database refuses a record"),
    ],
)
def test_a_file_that_does_not_fit_is_named_and_nothing_is_installed(
    config: Config,
    rows: Rows,
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    content: str,
    said: str,
) -> None:
    copied = copy_of_staged(tmp_path, monkeypatch)
    for file in (copied / "one" / "staged" / "data").iterdir():
        file.unlink()
    (copied / "one" / "staged" / "data" / name).write_text(content)

    with pytest.raises(RuntimeError) as caught:
        act(config, "install", "one")

    assert said in str(caught.value)
    assert rows("SELECT name FROM kernel_addon") == []


def test_demo_records_that_fail_do_not_fail_the_install(
    config: Config, rows: Rows, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = copy_of_staged(tmp_path, monkeypatch)
    (copied / "one" / "staged" / "demo" / "02_thing.csv").write_text("ref,name,colour\na,b,none\n")

    done = act(config, "install", "one", demo_company=1)

    assert "left out" in done.demo
    assert rows("SELECT state FROM kernel_addon") == [("disabled",)]
    assert rows("SELECT place FROM kernel_fault") == [("demo",)]
    assert "Toy" not in [row[0] for row in rows(THINGS)]


def copy_of_staged(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let `act` use a copy of the addon, to be spoilt."""
    import shutil

    from tests.kernel import acting

    copied = tmp_path / "staged"
    shutil.copytree(acting.STAGED, copied)
    monkeypatch.setattr(acting, "STAGED", copied)
    return copied

"""SKUs are made and changed by hand, from files and by programs; a bad file changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from core.catalog.bundles import set_components
from core.catalog.keeping import archive_sku
from core.catalog.listing import ProductFilter
from core.catalog.listing import count_products
from core.catalog.listing import get_product
from core.catalog.listing import list_products
from core.catalog.models import Listing
from core.catalog.models import Sku
from core.cli import build
from core.paging import Cursor
from core.paging import read_cursor
from tests.world import World

FILE = """sku,title,brand,owner,weight_grams,length_mm,width_mm,height_mm
MUG,Mug,Clay,ann,350,120,90,95
BOX,Gift box,,ann,,200,150,
"""


def run(world: World, *words: str) -> tuple[int, Any]:
    """Run `entrepot sku` and return its code and answer."""
    done = CliRunner().invoke(build(), ["sku", *words, "--json"], obj=world.kernel.config)
    return done.exit_code, json.loads(done.output) if done.exit_code == 0 else done.output


def load(world: World, text: str, name: str = "products.csv") -> tuple[int, Any]:
    path = world.folder / name
    path.write_text(text, encoding="utf-8")
    return run(world, "load", str(path))


def skus(world: World, **narrow: str) -> list[str]:
    with world.kernel.db.read() as session:
        page = list_products(session, world.company.id, ProductFilter(**narrow), None)
        asked = ProductFilter(**narrow)
        assert count_products(session, world.company.id, asked).number == len(page.rows)
    return [row.code for row in page.rows]


def test_a_file_makes_and_changes_skus(world: World) -> None:
    assert load(world, FILE) == (0, {"skus": 2, "made": 2, "changed": 0})
    assert load(world, FILE) == (0, {"skus": 2, "made": 0, "changed": 0})
    assert load(world, "sku,brand,height_mm\nMUG,-,\nBOX,,80\n")[1]["changed"] == 2

    code, listed = run(world, "list")

    assert code == 0
    assert [(row["sku"], row["brand"], row["height_mm"]) for row in listed["items"]] == [
        ("BOX", "", 80),
        ("MUG", "", 95),
    ]
    with world.kernel.db.read() as session:
        deeds = sa.text("SELECT COUNT(*) FROM identity_audit WHERE action = 'skus.kept'")
        assert session.scalar(deeds) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sku,title\nMUG,Mug\nMUG,Cup\n", "line 3: MUG stands twice"),
        ("sku\nMUG\n", "line 1"),
        ("sku,colour\nMUG,red\n", "'colour' means nothing"),
        ("sku,weight_grams\nMUG,1.5\n", "line 2: '1.5' is no whole number"),
        ("sku,weight_grams\nMUG,0\n", "weight_grams cannot be 0"),
        ("sku,title\n,Mug\n", "the SKU is missing"),
        ("sku,title\nMUG,Mug,extra\n", "more cells than columns"),
        (f"sku,title\n{'M' * 101},Mug\n", "at most 100"),
        (f"sku,title\nMUG,{'M' * 301}\n", "1 to 300"),
        ("sku,brand\nMUG," + "B" * 101 + "\n", "at most 100"),
    ],
)
def test_a_file_with_a_fault_is_refused_whole(world: World, text: str, said: str) -> None:
    header, _, rest = text.partition("\n")
    good = f"GOOD{',' * header.count(',')}\n"

    code, output = load(world, f"{header}\n{rest}{good}")

    assert code == 2
    assert said in " ".join(output.split())
    assert skus(world) == []


def test_a_file_that_is_not_utf8_says_so(world: World) -> None:
    path = world.folder / "products.csv"
    path.write_bytes("sku,title\nMUG,Tasse für Tee\n".encode("latin-1"))

    code, output = run(world, "load", str(path))

    assert (code, "not UTF-8" in output) == (2, True)


def test_a_file_may_be_meant_for_what_is_there(world: World) -> None:
    run(world, "add", "MUG")
    path = world.folder / "sizes.csv"
    path.write_text("sku,weight_grams\nMUG,350\nMGU,200\n", encoding="utf-8")

    code, output = run(world, "load", str(path), "--only-known")

    assert (code, "There is no SKU 'MGU'" in output) == (2, True)
    assert skus(world, show="unmeasured") == ["MUG"]


def test_a_sku_is_made_once(world: World) -> None:
    assert run(world, "add", "MUG", "--title", "Mug")[0] == 0

    code, output = run(world, "add", "MUG")

    assert (code, "There is a SKU 'MUG' already" in output) == (2, True)
    assert run(world, "add", " MUG")[0] == 2


def test_views_show_what_is_missing(world: World) -> None:
    load(world, FILE)
    company = world.company.id
    with world.kernel.db.write() as session:
        load_bundle(session, company)
    assert skus(world) == ["BOX", "MUG", "SET"]
    assert skus(world, show="bundles") == ["SET"]
    assert skus(world, show="unmeasured") == ["BOX"]
    assert skus(world, show="unlisted") == ["BOX", "SET"]
    assert skus(world, text="gift") == ["BOX"]
    assert skus(world, text="UG", brand="Wood") == []
    assert skus(world, text="MU", brand="Clay", owner="ann") == ["MUG"]
    with world.kernel.db.write() as session:
        archive_sku(session, company, "BOX", away=True)
    assert (skus(world), skus(world, show="archived")) == (["MUG", "SET"], ["BOX"])


def load_bundle(session: Any, company: int) -> None:
    """Make a set of two mugs and a box, and list the mug somewhere."""
    from core.catalog.services import make_skus

    ids = make_skus(session, company, {"SET": "Set", "MUG": "", "BOX": ""})
    set_components(session, company, "SET", {"MUG": 2, "BOX": 1}, {"MUG": 900})
    session.add(
        Listing(
            company_id=company,
            id=10**9,
            platform="amazon",
            account="A1",
            external_ref="B0MUG",
            title="Mug",
            sku_id=ids["MUG"],
            seller_sku="MUG-FBA",
            created_at=session.get_one(Sku, (company, ids["MUG"])).created_at,
        )
    )


def test_a_product_knows_its_parts_its_bundles_and_its_listings(world: World) -> None:
    load(world, FILE)
    with world.kernel.db.write() as session:
        load_bundle(session, world.company.id)
    with world.kernel.db.read() as session:
        page = list_products(session, world.company.id, ProductFilter(), None)
        ids = {row.code: row.id for row in page.rows}
        bundle, mug = (get_product(session, world.company.id, ids[code]) for code in ("SET", "MUG"))
    assert [(p.code, p.quantity, p.price) for p in bundle.parts] == [("BOX", 1, 0), ("MUG", 2, 900)]
    assert [p.code for p in mug.within] == ["SET"]
    assert [(each.platform, each.seller_sku) for each in mug.listings] == [("amazon", "MUG-FBA")]
    assert [(row.parts, row.listings) for row in page.rows] == [(0, 0), (0, 1), (2, 0)]


def test_pages_of_skus_go_on_where_the_last_one_ended(world: World, tmp_path: Path) -> None:
    load(world, "sku,title\n" + "".join(f"S{n:03d},Thing\n" for n in range(120)))
    found: list[str] = []
    cursor: Cursor | None = None
    with world.kernel.db.read() as session:
        for _ in range(3):
            page = list_products(session, world.company.id, ProductFilter(), cursor)
            found += [row.code for row in page.rows]
            cursor = read_cursor(page.next, str)
    assert (found, cursor) == ([f"S{n:03d}" for n in range(120)], None)

"""Weights and sides of SKUs: from the command line or a file, and never nonsense."""

from __future__ import annotations

from pathlib import Path

from tests.costing.test_commands import entrepot
from tests.world import World

HEADER = "sku,weight_grams,length_mm,width_mm,height_mm"


def measures(world: World) -> dict[str, tuple[int | None, ...]]:
    rows = world.rows("SELECT code, weight_grams, length_mm, width_mm, height_mm FROM catalog_sku")
    return {row[0]: tuple(row[1:]) for row in rows}


def test_a_unit_is_weighed_and_measured(world: World) -> None:
    world.stock("MUG 1 @ 1.00 on 2010-11-30", "CUP 1 @ 1.00 on 2010-11-30")

    told = entrepot(world, "sku", "measure", "MUG", "CUP", "--grams", "350", "--size", "100x80x40")
    assert told == {"skus": 2, "changed": 2}
    assert entrepot(world, "sku", "measure", "CUP", "--grams", "350")["changed"] == 0
    entrepot(world, "sku", "measure", "CUP", "--grams", "200")
    assert measures(world) == {"MUG": (350, 100, 80, 40), "CUP": (200, 100, 80, 40)}


def test_a_file_of_measures_is_read_whole_or_not_at_all(world: World, tmp_path: Path) -> None:
    world.stock("MUG 1 @ 1.00 on 2010-11-30", "CUP 1 @ 1.00 on 2010-11-30")
    path = tmp_path / "sizes.csv"
    path.write_text(f"{HEADER}\nMUG,350,100,80,40\nCUP,200,,,\n", encoding="utf-8")
    entrepot(world, "sku", "measure", "--file", str(path))
    before = measures(world)
    assert before == {"MUG": (350, 100, 80, 40), "CUP": (200, None, None, None)}

    for line, said in (
        ("MUG,heavy,,,", "line 3: give each SKU once"),
        ("JUG,1,,,", "no SKU 'JUG'"),
        ("MUG,0,,,", "weight_grams cannot be 0"),
        ("MUG,99999999,,,", "cannot be 99999999"),
    ):
        path.write_text(f"{HEADER}\nCUP,100,1,1,1\n{line}\n", encoding="utf-8")
        assert said in entrepot(world, "sku", "measure", "--file", str(path), code=2)
    path.write_text("sku,grams\nMUG,1\n", encoding="utf-8")
    assert "column" in entrepot(world, "sku", "measure", "--file", str(path), code=2)
    assert measures(world) == before


def test_what_is_not_said_is_asked_for(world: World) -> None:
    assert "name SKUs" in entrepot(world, "sku", "measure", code=2)
    assert "--grams or --size" in entrepot(world, "sku", "measure", "MUG", code=2)
    assert "100x80x40" in entrepot(world, "sku", "measure", "MUG", "--size", "100x80", code=2)

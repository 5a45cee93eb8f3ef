"""Weights and sides of SKUs: from the command line, and never nonsense."""

from __future__ import annotations

from tests.costing.test_commands import entrepot
from tests.world import World


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


def test_what_is_not_said_is_asked_for(world: World) -> None:
    assert "SKUS" in entrepot(world, "sku", "measure", code=2)
    assert "--grams or --size" in entrepot(world, "sku", "measure", "MUG", code=2)
    assert "100x80x40" in entrepot(world, "sku", "measure", "MUG", "--size", "100x80", code=2)

"""The runner of cases: it takes any file of the form, and a wrong expectation fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cases.__main__ import main

PLACE = {
    "country_code": "US",
    "country_area": "California",
    "city": "Mountain View",
    "postal_code": "94043",
    "street_address": "1 Main Street",
    "name": "A",
}


def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], **document: Any) -> list[str]:
    path = tmp_path / "cases.json"
    path.write_text(json.dumps({"cases": [], **document}), encoding="utf-8")
    main("orders", path)
    return capsys.readouterr().out.splitlines()


def case(name: str, facts: dict[str, Any], **expected: Any) -> dict[str, Any]:
    return {"id": name, "title": "", "input": facts, "expected": expected}


def test_what_holds_passes_and_what_does_not_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kits = {"stock": {"P": 7}, "kits": {"Q": {"P": 3}}, "sold": "Q x 1"}
    told = [{"seq": 1, "s": "UNSHIPPED"}, {"seq": 2, "s": "CANCELLED"}, {"seq": 1, "s": "SHIPPED"}]
    shop = {"id": "W", "stock": {"P": 1}, "cost": 2.5, "days": 4, "dg": False}
    lines = run(
        tmp_path,
        capsys,
        transitions={"completed": ["shipped"]},
        cases=[
            case("1", {"frm": "draft", "to": "cancelled"}, allowed=True),
            case("2", {"frm": "draft", "to": "cancelled"}, allowed=False),
            case("3", kits, after={"P": 4, "Q": 1}),
            case("4", kits, after={"P": 4, "Q": 2}),
            case("5", {"events": told}, state="cancelled", ignored=1),
            case("6", {"lines": {"P": 1}, "warehouses": [shop]}, route=[["W"], 2.5, 4]),
            case("7", {"lines": {"P": 1}, "dg": True, "warehouses": [shop]}, route=None),
            case("p1", {"ats": 9, "channels": [{"ch": "m", "share": 0.5}]}, published={"m": 4}),
            case("p2", {"ats": 9, "channels": [{"ch": "m", "cap": 3}]}, published={"m": 9}),
            case("p3", {"ats": 9, "channels": [{"ch": "m", "mood": 3}]}, published={"m": 9}),
            case("d1", PLACE, country_area="CA"),
            case("d2", PLACE | {"postal_code": "9"}, errors={"postal_code": "invalid"}),
            case("d3", PLACE | {"postal_code": "9"}, country_area="CA"),
            case("8", {"moon": "full"}, tide="high"),
        ],
    )
    assert lines[0] == "8 passed, 5 failed"
    assert [line.split()[1] for line in lines[1:6]] == ["transitions", "2", "4", "p2", "d3"]
    assert {line.split()[0] for line in lines[1:6]} == {"Failed:"}
    assert lines[6:] == [
        "Not run: p3 : no publish rule has mood",
        "Not run: 8 : no service takes moon",
    ]

"""The runner of cases: it takes any file of the form, and a wrong expectation fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cases.__main__ import main


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
            case("8", {"moon": "full"}, tide="high"),
        ],
    )
    assert lines[0] == "5 passed, 3 failed"
    assert [line.split()[0:2] for line in lines[1:4]] == [
        ["Failed:", "transitions"], ["Failed:", "2"], ["Failed:", "4"]
    ]  # fmt: skip
    assert lines[4:] == ["Not run: 8 : no service takes moon"]

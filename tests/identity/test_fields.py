"""What is hidden from whom, in templates, in JSON and in tables of reports."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.identity.actor import acting
from core.identity.actor import with_permissions
from core.identity.fields import HIDDEN
from core.identity.fields import MASK
from core.identity.fields import needed_for
from core.identity.fields import visible_fields
from core.ledger.report import ReportColumn
from core.ledger.report import ReportRow
from core.ledger.report import ReportTable
from core.orders.models import OrderLine
from core.orders.queries import OrderFacts
from core.stock.listing import StockRow
from core.stock.models import Layer
from core.web.templating import init_templating
from tests.world import World

ROW = StockRow(1, "MUG", "Mug", 5, 1, 0, 12345)


def rendered(text: str, *permissions: str, **values: Any) -> str:
    """Render a template for somebody with some permissions."""
    app = Flask(__name__)
    init_templating(app)
    with acting(with_permissions(permissions)):
        return app.jinja_env.from_string(text).render(**values)


@pytest.mark.parametrize(
    "text", ["{{ row.value }}", "{{ row['value'] }}", "{{ rows|map(attribute='value')|join }}"]
)
def test_template_gets_a_tagged_field_only_with_its_permission(text: str) -> None:
    assert rendered(text, row=ROW, rows=[ROW]) == MASK
    assert rendered(text, "costs.view", row=ROW, rows=[ROW]) == "12345"


@pytest.mark.parametrize(
    "text",
    ["{{ row.value + 1 }}", "{{ 1 - row.value }}", "{{ -row.value }}", "{{ row.value|abs }}"],
)
def test_no_sum_tells_what_is_hidden(text: str) -> None:
    assert rendered(text, row=ROW) == MASK


@pytest.mark.parametrize("text", ["row.value > 12000", "row.value == 12345", "row.value < 0"])
def test_no_comparison_tells_what_is_hidden(text: str) -> None:
    assert rendered("{{ " + text + " }}", row=ROW) == "False"


def test_other_fields_are_shown() -> None:
    assert rendered("{{ row.code }} {{ row.on_hand }}", row=ROW) == "MUG 5"


def test_rows_of_a_query_are_known_by_the_names_of_their_columns(world: World) -> None:
    world.stock("MUG 10 @ 2.00 on 2010-11-30")
    with world.kernel.db.read() as session:
        plain = session.execute(sa.select(Layer.quantity, Layer.value)).one()
        total = session.execute(sa.select(sa.func.sum(Layer.value).label("value"))).one()
        model = session.scalars(sa.select(Layer)).one()

    assert rendered("{{ r.quantity }} {{ r.value }}", r=plain) == f"10 {MASK}"
    assert rendered("{{ r.value }}", r=total) == MASK
    assert rendered("{{ r.value }}", r=model) == MASK
    with acting(with_permissions(())):
        assert visible_fields(plain) == {"quantity": 10, "value": None}
        assert visible_fields(model)["remaining_value"] is None
    assert visible_fields(plain) == {"quantity": 10, "value": 2000}


def test_amounts_costs_and_buyers_are_tagged() -> None:
    assert needed_for(OrderLine, "cost_amount") == "costs.view"
    assert needed_for(OrderLine, "unit_price") == "money.view"
    assert needed_for(OrderFacts, "customer") == "personal.view"
    assert needed_for(OrderFacts, "external_ref") == ""


def table() -> ReportTable:
    """Return a table of a report with columns of three kinds."""
    columns = (
        ReportColumn("key", "Month", "text"),
        ReportColumn("sales", "Sales"),
        ReportColumn("cogs", "Cost", permission="costs.view"),
    )
    row = ReportRow(("2026-01", 500, -300), 7)
    return ReportTable("GBP", columns, [row], ReportRow(("", 0, 0)), ReportRow(("", 500, -300)))


def test_table_holds_only_what_may_be_seen() -> None:
    with acting(with_permissions({"money.view"})):
        found = table()

    assert [column.key for column in found.columns] == ["key", "sales"]
    assert (found.rows[0].values, found.rows[0].id) == (("2026-01", 500), 7)
    assert found.totals.values == ("", 500)
    with acting(with_permissions(())):
        assert [column.key for column in table().columns] == ["key"]


def test_operator_sees_the_whole_table() -> None:
    assert [column.key for column in table().columns] == ["key", "sales", "cogs"]


def test_hidden_value_says_nothing() -> None:
    assert str(HIDDEN) == repr(HIDDEN) == MASK
    assert list(HIDDEN) == []

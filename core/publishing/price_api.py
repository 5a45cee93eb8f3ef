"""The API of prices: `/api/v1/prices`. Amounts are in minor units, tax included as it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from typing import TypedDict

from marshmallow import fields
from marshmallow import validate

from core.identity.access import require
from core.identity.actor import current_actor
from core.paging import read_cursor
from core.publishing.price_pushing import wake_prices
from core.publishing.price_showing import list_prices
from core.publishing.price_showing import preview_document
from core.publishing.price_showing import price_history
from core.publishing.price_showing import price_row
from core.publishing.prices import HIGHEST
from core.publishing.prices import Wish
from core.publishing.prices import preview_prices
from core.publishing.prices import retry_prices
from core.publishing.prices import set_prices
from core.web import current
from core.web import rest

blueprint = rest.blueprint("prices", __name__)

MOST = 1000


class PriceDocument(TypedDict):
    """A price as it is desired, sent, confirmed and seen; `behind` says that no answer came yet."""

    seller_sku: str
    id: int
    platform: str
    account: str
    currency: str
    desired: int
    sent: int | None
    confirmed: int | None
    seen: int | None
    version: int
    desired_at: datetime
    sent_at: datetime | None
    confirmed_at: datetime | None
    seen_at: datetime | None
    error: str
    behind: bool


class PriceVersion(TypedDict):
    """A version of a price; `outcome` is confirmed, failed or superseded, null while it is due."""

    version: int
    amount: int
    currency: str
    actor: str
    note: str
    decided_at: datetime
    sent_at: datetime | None
    outcome: str | None
    reason: str


class PreviewRow(TypedDict):
    """A price that is wished for; what it brings and costs is null where unknown or not seen."""

    platform: str
    account: str
    code: str
    currency: str
    before: int | None
    amount: int
    brings: int | None
    cost: int | None
    fees: int | None
    below_cost: bool
    known: bool


class PricesPreview(TypedDict):
    """What prices would do, or did: how many, on how many shops, how many below cost."""

    prices: int
    shops: int
    below_cost: int
    unknown: int
    unchanged: int
    rows: list[PreviewRow]


_amount = fields.Integer(strict=True, validate=validate.Range(1, HIGHEST - 1))
WISHES: dict[str, fields.Field[Any]] = {
    "platform": rest.text(200, required=True),
    "account": rest.text(200, required=True),
    "currency": rest.text(3, required=True),
    "prices": fields.Dict(
        keys=rest.text(200), values=_amount, required=True, validate=validate.Length(1, MOST)
    ),
}
"""The prices of one shop that are wished for, by seller SKU."""


@blueprint.get("")
@require("products.view", "money.view")
@rest.asks(
    **rest.paging(),
    code=rest.text(200, load_default=""),
    refused=fields.Boolean(load_default=False),
)
def index(asked: dict[str, Any]) -> rest.Answer[rest.Listed[PriceDocument]]:
    """List prices by seller SKU."""
    cursor, company_id = read_cursor(asked["cursor"], str, int), current.company().id
    session = current.reading()
    page = list_prices(
        session, company_id, asked["code"], cursor, asked["limit"], refused=asked["refused"]
    )
    return rest.listed(page)


@blueprint.get("/<int:price_id>/versions")
@require("products.view", "money.view")
@rest.asks()
def versions(price_id: int) -> rest.Answer[rest.Items[PriceVersion]]:
    """List the last hundred versions of a price, the newest first."""
    found = price_history(current.reading(), current.company().id, price_id)
    return rest.respond({"items": [dict(row._mapping) for row in found]})


@blueprint.post("/preview")
@require("products.edit", "money.view")
@rest.takes(**WISHES)
def preview(given: dict[str, Any]) -> rest.Answer[PricesPreview]:
    """Say what prices would do; nothing changes."""
    found = preview_prices(current.reading(), current.company().id, _wishes(given))
    return rest.respond(preview_document(found))


@blueprint.post("")
@require("products.edit", "money.view")
@rest.takes(
    **WISHES,
    below_cost=fields.Integer(strict=True, load_default=0, validate=validate.Range(0, MOST)),
    note=rest.text(500, load_default=""),
)
def hold(given: dict[str, Any]) -> rest.Answer[PricesPreview]:
    """Let prices hold and be told; `below_cost` says how many of them are below cost."""
    company_id, wishes = current.company().id, _wishes(given)
    with current.writing() as session:
        found = set_prices(
            session, company_id, wishes, actor=current_actor().name or "program",
            note=given["note"], below_cost=given["below_cost"],
        )  # fmt: skip
        wake_prices(session, company_id, {wish.key[:2] for wish in wishes})
    return rest.respond(preview_document(found))


def _wishes(given: Mapping[str, Any]) -> list[Wish]:
    shop, currency = (given["platform"], given["account"]), given["currency"].upper()
    return [
        Wish(*shop, code, amount, currency, f"prices.{code}")
        for code, amount in given["prices"].items()
    ]


@blueprint.post("/<int:price_id>/retry")
@require("products.edit", "money.view")
@rest.takes()
def retry(price_id: int) -> rest.Answer[rest.Items[PriceVersion]]:
    """Tell a price that was refused once more."""
    company_id = current.company().id
    price = price_row(current.reading(), company_id, price_id)
    with current.writing() as session:
        retry_prices(session, company_id, [price_id], actor=current_actor().name)
        wake_prices(session, company_id, {(price.platform, price.account)})
    return versions(price_id=price_id)

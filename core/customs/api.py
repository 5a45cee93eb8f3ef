"""The API of customs declarations: `/api/v1/customs`. Amounts are decimal text."""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from marshmallow import validate

from core.customs.declaring import PAID
from core.customs.declaring import WAYS
from core.customs.declaring import check
from core.customs.declaring import declare
from core.customs.declaring import list_declarations
from core.customs.reading import Told
from core.customs.reading import read_declaration
from core.customs.shapes import CheckedDeclaration
from core.customs.shapes import DeclarationDocument
from core.customs.showing import checked_document
from core.customs.showing import declaration_document
from core.identity.access import require
from core.identity.actor import current_actor
from core.web import current
from core.web import rest

blueprint = rest.blueprint("customs", __name__)

_Amounts = fields.Dict(keys=fields.String(), values=fields.String())


@blueprint.get("")
@require("stock.view", "costs.view")
@rest.asks()
def index() -> rest.Answer[rest.Items[DeclarationDocument]]:
    """List the latest declarations."""
    found = list_declarations(current.reading(), current.company().id)
    return rest.respond({"items": [declaration_document(each) for each in found]})


@blueprint.post("")
@require("ledger.post", "stock.view", "costs.view")
@rest.takes(
    reference=rest.text(60, required=True),
    country=rest.text(2, required=True),
    on=rest.text(10, required=True),
    currency=rest.text(3, required=True),
    receipts=fields.List(fields.String(), required=True, validate=validate.Length(1, 100)),
    duties=_Amounts,
    vat=rest.text(40),
    way=rest.one_of(*WAYS, load_default=PAID),
    values=_Amounts,
    value_currency=rest.text(3),
    further=rest.text(40),
    vat_rate=rest.text(20),
    supplier=rest.text(80),
    preview=fields.Boolean(load_default=False),
)
def enter(said: dict[str, Any]) -> rest.Answer[DeclarationDocument | CheckedDeclaration]:
    """Book a declaration; a preview compares it with the customs rate and books nothing."""
    preview = said.pop("preview")
    draft, company = read_declaration(Told(**said)), current.company()
    if preview:
        checked = check(current.reading(), company.id, draft)
        return rest.respond(checked_document(draft, checked))
    with current.writing() as session:
        made = declare(session, company.id, draft, actor=current_actor().name)
        return rest.respond(declaration_document(made))

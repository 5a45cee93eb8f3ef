"""Asking a platform where the labels of a shipment's boxes are."""

from __future__ import annotations

import httpx2

from core.channels.calling import as_addon
from core.channels.calling import calling
from core.channels.calling import connector_with
from core.channels.calling import noting_failure
from core.channels.inbound import InboundShipment
from core.errors import Conflict
from core.errors import NotFound
from core.inbound.states import find_plan
from core.inbound.states import plan_of
from core.kernel.connections import connection_by_id
from core.kernel.kernel import Kernel

METHOD = "inbound_labels"


def fetch_labels(
    kernel: Kernel,
    company_id: int,
    key: str,
    shipment: str,
    *,
    transport: httpx2.BaseTransport | None = None,
) -> str:
    """Return the address from which the labels of a shipment's boxes are fetched.

    Raises: NotFound for a shipment that the plan has not, Conflict before it has a number,
    ConnectorError, AddonFailed.
    """
    with kernel.db.read() as session:
        row = find_plan(session, company_id, key)
        plan = plan_of(row)
        connection = connection_by_id(session, row.connection_id, company_id=company_id)
        known = {each["ref"]: each for each in row.shipments}
        known |= {each["code"]: each for each in row.shipments if each["code"]}
    if shipment not in known:
        raise NotFound(f"The plan has no shipment {shipment!r}.")
    if not known[shipment]["code"]:
        raise Conflict("The shipment has no number yet.", hint="Bring the plan on first.")
    connector = connector_with(kernel, connection, METHOD, "has no labels")
    with (
        noting_failure(kernel, connection),
        calling(kernel, connection, connector, transport) as call,
        as_addon(kernel, connection.addon, f"connector:{METHOD}", "Ask again."),
    ):
        found: str = connector.inbound_labels(call, plan, InboundShipment(**known[shipment]))
    return found

"""Fulfilment Inbound 2024-03-20: plans by which goods come to Amazon's warehouses, step by step.

Most of what is asked for is done behind the answer: an operation is IN_PROGRESS for as many
requests about its plan as `inbound_looks` says, then it has done what it was for, or failed with
its problems.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from datetime import timedelta
from typing import Any
from zlib import crc32

from werkzeug.wrappers import Response

from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation
from core.testkit.fakes.rates import Published
from core.testkit.fakes.time import text_of

PATH = "/inbound/fba/2024-03-20"
PLANS = f"{PATH}/inboundPlans"
PLAN = f"{PLANS}/<plan>"
PLACEMENT_FEES = (0, 1250)
"""What it costs to have goods placed in several shipments, and in one: in minor units."""
PAGED = ("pageSize", "paginationToken")

Document = dict[str, Any]


@dataclass
class Work:
    """An operation that Amazon works off; `left` counts down to when it is done."""

    name: str
    left: int
    act: Callable[[], None]
    problems: Sequence[Document] = ()
    over: bool = False

    @property
    def status(self) -> str:
        """Return how far it is."""
        if self.left > 0:
            return "IN_PROGRESS"
        failed = any(each["severity"] == "ERROR" for each in self.problems)
        return "FAILED" if failed else "SUCCESS"


@dataclass
class Sending:
    """A shipment of a plan: what it holds, what of it has arrived, and its boxes' numbers."""

    ref: str
    placement: str
    warehouse: str
    items: dict[str, int]
    code: str = ""
    status: str = "UNCONFIRMED"
    transport: str = ""
    window: str = ""
    windows: list[str] = field(default_factory=list)
    received: dict[str, int] = field(default_factory=dict)
    tracking: dict[str, str] = field(default_factory=dict)


@dataclass
class Plan:
    """A plan as Amazon knows it; `asked` is the request that made it."""

    ref: str
    asked: Document
    made_at: datetime
    status: str = "ACTIVE"
    packing: dict[str, str] = field(default_factory=dict)
    placement: dict[str, str] = field(default_factory=dict)
    transport: dict[str, tuple[str, int]] = field(default_factory=dict)
    boxes: list[Document] = field(default_factory=list)
    sendings: dict[str, Sending] = field(default_factory=dict)
    works: dict[str, Work] = field(default_factory=dict)
    paid: list[int] = field(default_factory=list)
    """The truth: the fees of what was confirmed."""

    @property
    def items(self) -> dict[str, int]:
        """Return how many of each are to come."""
        return {each["msku"]: each["quantity"] for each in self.asked["items"]}


class Inbound(Part):
    """Plans, their packing and their placement."""

    @operation("createInboundPlan", "POST", PLANS, Published(2, 2))
    def create(self, asked: Asked) -> Response:
        """Make a plan; goods that Amazon does not list make it fail behind its answer."""
        body = asked.document()
        number = self.fake.trade.next_number()
        plan = Plan(f"wf{number:0>36}", body, self.fake.clock.now())
        if len(body.get("name", "")) > 40:
            raise Refusal(400, "BadRequest", "The name is too long.")
        self.fake.plans[plan.ref] = plan
        known = self.fake.trade.products
        problems = [
            problem("MSKU_NOT_FOUND", f"{each['msku']} is not listed.")
            for each in body["items"]
            if each["msku"] not in known
        ]
        if problems:
            plan.status = "ERRORED"
        ticket = begin(self.fake, plan, "createInboundPlan", lambda: None, problems)
        return as_json({"inboundPlanId": plan.ref, "operationId": ticket}, 202)

    @operation(
        "listInboundPlans", "GET", PLANS, Published(2, 6),
        query=("status", "sortBy", "sortOrder", *PAGED),
    )  # fmt: skip
    def plans(self, asked: Asked) -> Response:
        """List plans, the newest first."""
        wanted = asked.query("status")
        found = [each for each in self.fake.plans.values() if wanted in (None, each.status)]
        rows = [_summary(each, self._place()) for each in reversed(found)]
        return as_json(paged(asked, "inboundPlans", rows))

    @operation("getInboundPlan", "GET", PLAN, Published(2, 6))
    def plan(self, asked: Asked) -> Response:
        """Return a plan."""
        found = plan_of(self.fake, asked)
        more: Document = {"packingOptions": [], "placementOptions": [], "shipments": []}
        return as_json(_summary(found, self._place()) | more)

    @operation("cancelInboundPlan", "PUT", f"{PLAN}/cancellation", Published(2, 2))
    def cancel(self, asked: Asked) -> Response:
        """Void a plan."""
        found = plan_of(self.fake, asked)
        if found.status == "VOIDED":
            raise Refusal(400, "BadRequest", "The inbound plan is already cancelled.")

        def act() -> None:
            found.status = "VOIDED"
            for each in found.sendings.values():
                each.status = "CANCELLED"

        return accepted(begin(self.fake, found, "cancelInboundPlan", act))

    @operation("getInboundOperationStatus", "GET", f"{PATH}/operations/<ticket>", Published(2, 6))
    def look(self, asked: Asked) -> Response:
        """Say how far an operation is."""
        ticket = asked.path["ticket"]
        for plan in self.fake.plans.values():
            if ticket in plan.works:
                work = plan.works[ticket]
                bring_on(plan)
                told = {"operationId": ticket, "operation": work.name}
                told |= {"operationStatus": work.status}
                shown = list(work.problems) if work.left <= 0 else []
                return as_json(told | {"operationProblems": shown})
        raise Refusal(404, "NotFound", "The operation is unknown.")

    @operation("generatePackingOptions", "POST", f"{PLAN}/packingOptions", Published(2, 2))
    def offer_packing(self, asked: Asked) -> Response:
        """Offer one way to pack: all goods may lie together."""
        found = plan_of(self.fake, asked)
        if found.status != "ACTIVE":
            text = "The inbound plan is not in a valid state to generate packing options."
            raise Refusal(400, "BadRequest", text)

        def act() -> None:
            if not found.packing:
                found.packing[f"po{self.fake.trade.next_number():0>36}"] = "OFFERED"

        return accepted(begin(self.fake, found, "generatePackingOptions", act))

    @operation("listPackingOptions", "GET", f"{PLAN}/packingOptions", Published(2, 6), query=PAGED)
    def packings(self, asked: Asked) -> Response:
        """List the ways to pack."""
        found = plan_of(self.fake, asked)
        rows = [
            {
                "packingOptionId": ref,
                "packingGroups": [f"pg{ref[2:]}"],
                "fees": [],
                "discounts": [],
                "status": status,
                "expiration": text_of(self.fake.clock.now() + timedelta(days=2)),
                "supportedShippingConfigurations": [
                    {
                        "shippingSolution": "USE_YOUR_OWN_CARRIER",
                        "shippingMode": "GROUND_SMALL_PARCEL",
                    }
                ],
                "supportedConfigurations": [],
            }
            for ref, status in found.packing.items()
        ]
        return as_json(paged(asked, "packingOptions", rows))

    @operation(
        "listPackingGroupItems", "GET", f"{PLAN}/packingGroups/<group>/items", Published(2, 30),
        query=PAGED,
    )  # fmt: skip
    def group(self, asked: Asked) -> Response:
        """List the goods that may lie together."""
        found = plan_of(self.fake, asked)
        rows = [item_of(sku, quantity) for sku, quantity in found.items.items()]
        return as_json(paged(asked, "items", rows))

    @operation(
        "confirmPackingOption", "POST", f"{PLAN}/packingOptions/<option>/confirmation",
        Published(2, 2),
    )  # fmt: skip
    def take_packing(self, asked: Asked) -> Response:
        """Pack so."""
        found = plan_of(self.fake, asked)
        return self._take(found, found.packing, asked, "confirmPackingOption", lambda _: None)

    @operation("setPackingInformation", "POST", f"{PLAN}/packingInformation", Published(2, 2))
    def pack(self, asked: Asked) -> Response:
        """Take what lies in which box; too heavy ones and other goods fail behind the answer."""
        found, body = plan_of(self.fake, asked), asked.document()
        boxes = [box for group in body["packageGroupings"] for box in group["boxes"]]
        packed: dict[str, int] = {}
        for box in boxes:
            for each in box["items"]:
                packed[each["msku"]] = (
                    packed.get(each["msku"], 0) + each["quantity"] * box["quantity"]
                )
        problems = []
        if packed != found.items:
            problems.append(problem("QuantityMismatch", "The boxes hold other goods."))
        if any(box["weight"]["value"] > 23 for box in boxes):
            problems.append(problem("BoxTooHeavy", "A box is heavier than 23 kg."))

        def act() -> None:
            found.boxes = boxes

        return accepted(begin(self.fake, found, "setPackingInformation", act, problems))

    @operation("generatePlacementOptions", "POST", f"{PLAN}/placementOptions", Published(2, 2))
    def offer_placement(self, asked: Asked) -> Response:
        """Offer two ways: split among two warehouses for nothing, or all in one for a fee."""
        found = plan_of(self.fake, asked)
        if not found.boxes:
            raise Refusal(400, "BadRequest", "Packing information is missing.")

        def act() -> None:
            if found.placement:
                return
            for parts in (2, 1):
                ref = f"pl{self.fake.trade.next_number():0>36}"
                found.placement[ref] = "OFFERED"
                for at in range(parts):
                    items = _part(found.items, parts, at)
                    if items:
                        made = f"sh{self.fake.trade.next_number():0>36}"
                        found.sendings[made] = Sending(made, ref, ("LTN4", "BHX2")[at], items)

        return accepted(begin(self.fake, found, "generatePlacementOptions", act))

    @operation(
        "listPlacementOptions", "GET", f"{PLAN}/placementOptions", Published(2, 6), query=PAGED
    )
    def placements(self, asked: Asked) -> Response:
        """List the ways to place goods, with what each costs."""
        found = plan_of(self.fake, asked)
        rows = [
            {
                "placementOptionId": ref,
                "status": status,
                "fees": self._fees(found, ref),
                "discounts": [],
                "expiration": text_of(self.fake.clock.now() + timedelta(days=2)),
                "shipmentIds": [s.ref for s in found.sendings.values() if s.placement == ref],
            }
            for ref, status in found.placement.items()
        ]
        return as_json(paged(asked, "placementOptions", rows))

    @operation(
        "confirmPlacementOption", "POST", f"{PLAN}/placementOptions/<option>/confirmation",
        Published(2, 2),
    )  # fmt: skip
    def take_placement(self, asked: Asked) -> Response:
        """Place them so: its fee is due, once."""
        found = plan_of(self.fake, asked)

        def act(ref: str) -> None:
            found.paid += [each for each in [_cost(found, ref)] if each]
            for each in found.sendings.values():
                if each.placement == ref:
                    each.status = "WORKING"

        return self._take(found, found.placement, asked, "confirmPlacementOption", act)

    def _fees(self, found: Plan, ref: str) -> list[Document]:
        cost = _cost(found, ref)
        value = {"code": self.fake.trade.terms.currency, "amount": round(cost / 100, 2)}
        fee = {"value": value, "type": "FEE", "target": "Placement Services"}
        return [fee | {"description": "Placement fee"}] if cost else []

    def _take(
        self,
        found: Plan,
        offered: dict[str, str],
        asked: Asked,
        name: str,
        then: Callable[[str], None],
    ) -> Response:
        ref = asked.path["option"]
        if ref not in offered:
            raise Refusal(400, "BadRequest", f"The requested {ref} does not exist for the plan.")
        if "ACCEPTED" in offered.values():
            raise Refusal(400, "BadRequest", "An option has already been confirmed.")
        # From now on no other one can be confirmed, however long it takes.
        offered[ref] = "ACCEPTED"
        return accepted(begin(self.fake, found, name, lambda: then(ref)))

    def _place(self) -> str:
        place: str = self.fake.credentials()["marketplace"]
        return place


def plan_of(fake: Any, asked: Asked) -> Plan:
    """Return the plan that a request names.

    Raises: Refusal.
    """
    found: Plan | None = fake.plans.get(asked.path["plan"])
    if found is None:
        raise Refusal(404, "NotFound", "The inbound plan does not exist.")
    bring_on(found)
    return found


def bring_on(plan: Plan) -> None:
    """Let Amazon work: what was asked for is done a little later, looked at or not."""
    for work in plan.works.values():
        work.left -= 1
        if work.status == "SUCCESS" and not work.over:
            work.over = True
            work.act()


def begin(
    fake: Any,
    plan: Plan,
    name: str,
    act: Callable[[], None],
    problems: Sequence[Document] = (),
) -> str:
    """Begin an operation, and return its number."""
    ticket = f"op{fake.trade.next_number():0>36}"
    plan.works[ticket] = Work(name, fake.inbound_looks, act, problems)
    return ticket


def accepted(ticket: str) -> Response:
    """Return the answer that something is being worked off."""
    return as_json({"operationId": ticket}, 202)


def problem(code: str, message: str, severity: str = "ERROR") -> Document:
    """Return what an operation objects to."""
    return {"code": code, "message": message, "details": "", "severity": severity}


def item_of(sku: str, quantity: int) -> Document:
    """Return goods as they are listed."""
    return {
        "msku": sku,
        "asin": f"B0{crc32(sku.encode()) % 10**8:08d}",
        "fnsku": f"X0{crc32(sku.encode()) % 10**8:08d}",
        "quantity": quantity,
        "labelOwner": "SELLER",
        "prepInstructions": [],
    }


def paged(asked: Asked, name: str, rows: Sequence[Document]) -> Document:
    """Return a page of a list, with the token of the next one."""
    size, at = int(asked.query("pageSize") or 10), int(asked.query("paginationToken") or 0)
    body: Document = {name: list(rows[at : at + size])}
    if at + size < len(rows):
        body["pagination"] = {"nextToken": str(at + size)}
    return body


def _summary(plan: Plan, place: str) -> Document:
    return {
        "inboundPlanId": plan.ref,
        "name": plan.asked.get("name", ""),
        "status": plan.status,
        "createdAt": text_of(plan.made_at),
        "lastUpdatedAt": text_of(plan.made_at),
        "marketplaceIds": [place],
        "sourceAddress": plan.asked["sourceAddress"],
    }


def _part(items: dict[str, int], parts: int, at: int) -> dict[str, int]:
    found = {sku: n // parts + (n % parts if at == 0 else 0) for sku, n in items.items()}
    return {sku: n for sku, n in found.items() if n}


def _cost(plan: Plan, ref: str) -> int:
    split = sum(1 for each in plan.sendings.values() if each.placement == ref)
    return PLACEMENT_FEES[1 if split == 1 else 0]

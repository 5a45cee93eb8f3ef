"""The GraphQL endpoint: checked against the schema, paid for in points, refused inside a 200."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from functools import lru_cache
from importlib.resources import files
from typing import Any

from graphql import DocumentNode
from graphql import ExecutionResult
from graphql import FieldNode
from graphql import FragmentDefinitionNode
from graphql import GraphQLError
from graphql import GraphQLSchema
from graphql import OperationDefinitionNode
from graphql import StringValueNode
from graphql import ValueNode
from graphql import VariableNode
from graphql import build_schema
from graphql import execute_sync
from graphql import parse
from graphql import validate
from werkzeug.wrappers import Response

from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation
from core.testkit.fakes.shopify.costs import MOST
from core.testkit.fakes.shopify.costs import actual_cost
from core.testkit.fakes.shopify.costs import cost_of

VERSION = "2026-10"
SCOPES: Mapping[str, str] = {
    "orders": "read_orders",
    "order": "read_orders",
    "ordersCount": "read_orders",
    "productVariants": "read_products",
    "productVariantsCount": "read_products",
    "inventoryItems": "read_inventory",
    "location": "read_locations",
    "shopifyPaymentsAccount": "read_shopify_payments_payouts",
    "fulfillmentCreate": "write_merchant_managed_fulfillment_orders",
    "fulfillmentTrackingInfoUpdate": "write_merchant_managed_fulfillment_orders",
    "inventorySetQuantities": "write_inventory",
    "productVariantsBulkUpdate": "write_products",
    "product": "read_products",
    "productByIdentifier": "read_products",
    "productSet": "write_products",
    "publications": "read_publications",
    "publishablePublish": "write_publications",
}
"""Which permission each field at the root needs."""
FURTHER = ("read_returns", "read_shopify_payments_disputes")
"""What fields further down need."""


@dataclass(frozen=True)
class Question:
    """A document that the schema knows, and the operation that is asked of it."""

    document: DocumentNode
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]


class GraphQL(Part):
    """The one address of the API."""

    @operation("graphql", "POST", f"/admin/api/{VERSION}/graphql.json")
    def ask(self, asked: Asked) -> Response:
        """Answer a query; what is wrong with it is told with a 200."""
        given = asked.document()
        if not isinstance(given, dict) or not isinstance(given.get("query"), str):
            raise Refusal(400, "BAD_REQUEST", "Required parameter missing or invalid: query")
        variables = given.get("variables") or {}
        try:
            question = understood(given["query"], given.get("operationName"))
            self._permit(question)
        except GraphQLError as error:
            return as_json({"errors": [error.formatted]})
        return self._spend(asked, question, variables)

    def _spend(self, asked: Asked, question: Question, variables: Mapping[str, Any]) -> Response:
        asking = cost_of(schema(), question.operation, question.fragments, variables)
        if asking > MOST:
            text = f"Query cost is {asking}, which exceeds the single query max cost limit ({MOST})"
            return as_json({"errors": [_error(text, "MAX_COST_EXCEEDED", cost=asking)]})
        if not self.fake.points.take(asking):
            self.fake.calls.too_fast[asked.operation] += 1
            return as_json(self.fake.throttled(asking))
        result = execute_sync(
            schema(),
            question.document,
            root_value=self.fake.roots(),
            context_value=asked,
            variable_values=dict(variables),
            operation_name=question.operation.name.value if question.operation.name else None,
        )
        return as_json(self._answered(result, asking))

    def _answered(self, result: ExecutionResult, asking: int) -> dict[str, Any]:
        spent = min(asking, sum(actual_cost(each) for each in (result.data or {}).values()))
        self.fake.points.give(asking - spent)
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            answer["errors"] = [each.formatted for each in result.errors]
        answer["extensions"] = {"cost": self.fake.cost(asking, spent)}
        return answer

    def _permit(self, question: Question) -> None:
        for node in question.operation.selection_set.selections:
            name = node.name.value if isinstance(node, FieldNode) else ""
            scope = SCOPES.get(name, "")
            if scope and scope not in self.fake.scopes:
                raise GraphQLError(
                    f"Access denied for {name} field. Required access: `{scope}` access scope.",
                    path=[name],
                    extensions={"code": "ACCESS_DENIED", "requiredAccess": f"`{scope}`"},
                )


@cache
def schema() -> GraphQLSchema:
    """Return what the shop knows of Shopify's schema."""
    return build_schema(files(__package__).joinpath("schema.graphql").read_text("utf-8"))


@lru_cache(256)
def understood(query: str, name: str | None) -> Question:
    """Return a document that the schema knows, and which operation of it is asked.

    Raises: GraphQLError.
    """
    document = parse(query)
    if problems := validate(schema(), document):
        raise problems[0]
    operations, fragments = [], {}
    for each in document.definitions:
        if isinstance(each, OperationDefinitionNode):
            operations.append(each)
        elif isinstance(each, FragmentDefinitionNode):
            fragments[each.name.value] = each
    chosen = [each for each in operations if name is None or (each.name or _NONE).value == name]
    if len(chosen) != 1:
        raise GraphQLError("An operation name is required.")
    return Question(document, chosen[0], fragments)


@dataclass(frozen=True)
class _NoName:
    value: str = ""


_NONE = _NoName()


def idempotency_key(node: FieldNode, variables: Mapping[str, Any]) -> str:
    """Return the key of a change that must have one.

    Raises: GraphQLError without it.
    """
    for directive in node.directives or ():
        if directive.name.value == "idempotent":
            key = (directive.arguments or ())[0].value
            return str(key.value if isinstance(key, StringValueNode) else variables[_name(key)])
    raise GraphQLError(
        f"The @idempotent directive is required for {node.name.value}.",
        extensions={"code": "BAD_REQUEST"},
    )


def _name(key: ValueNode) -> str:
    return key.name.value if isinstance(key, VariableNode) else ""


def _error(text: str, code: str, **more: object) -> dict[str, Any]:
    return {"message": text, "extensions": {"code": code, **more}}

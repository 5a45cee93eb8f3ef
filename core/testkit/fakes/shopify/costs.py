"""What a query costs, and what is left to spend.

Each object is a point and each list two beside so many times what one of its rows costs, as it was
asked for; what was asked for and not found is given back. Lists without `first` count as one row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import FieldNode
from graphql import FragmentDefinitionNode
from graphql import FragmentSpreadNode
from graphql import GraphQLObjectType
from graphql import GraphQLSchema
from graphql import InlineFragmentNode
from graphql import IntValueNode
from graphql import OperationDefinitionNode
from graphql import OperationType
from graphql import SelectionSetNode
from graphql import VariableNode
from graphql import get_named_type
from graphql import is_leaf_type

MOST = 1000
OF_A_CHANGE = 10
SIZE = 2000
RESTORED = 100.0
"""Points a second of the Standard plan."""


def cost_of(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    variables: Mapping[str, Any],
) -> int:
    """Return what an operation may cost at most."""
    root = schema.get_root_type(operation.operation)
    assert root is not None
    walk = _Walk(schema, fragments, variables)
    base = OF_A_CHANGE if operation.operation is OperationType.MUTATION else 0
    return base + walk.of_fields(root, operation.selection_set)


def actual_cost(value: Any) -> int:
    """Return what an answer cost: a point for each object in it, two more for each list."""
    if isinstance(value, list):
        return sum(actual_cost(each) for each in value)
    if not isinstance(value, dict):
        return 0
    inner = sum(actual_cost(each) for name, each in value.items() if name != "pageInfo")
    return inner + (2 if "nodes" in value else 1)


class _Walk:
    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, Any],
    ) -> None:
        self.schema, self.fragments, self.variables = schema, fragments, variables

    def of_fields(self, kind: Any, chosen: SelectionSetNode | None) -> int:
        """Return what the fields of an object cost."""
        total = 0
        for node in chosen.selections if chosen is not None else ():
            if isinstance(node, FieldNode):
                total += self._of_field(kind, node)
            elif isinstance(node, InlineFragmentNode):
                named = node.type_condition
                inner = self.schema.type_map[named.name.value] if named is not None else kind
                total += self.of_fields(inner, node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                found = self.fragments[node.name.value]
                inner = self.schema.type_map[found.type_condition.name.value]
                total += self.of_fields(inner, found.selection_set)
        return total

    def _of_field(self, kind: Any, node: FieldNode) -> int:
        field = getattr(kind, "fields", {}).get(node.name.value)
        if field is None:
            return 0
        named = get_named_type(field.type)
        if is_leaf_type(named):
            return 0
        if isinstance(named, GraphQLObjectType) and named.name == "PageInfo":
            return 0
        if isinstance(named, GraphQLObjectType) and named.name.endswith("Connection"):
            return 2 + self._first(node) * self._of_row(named, node)
        return (self._first(node) if "first" in field.args else 1) * (
            1 + self.of_fields(named, node.selection_set)
        )

    def _of_row(self, connection: GraphQLObjectType, node: FieldNode) -> int:
        row = get_named_type(connection.fields["nodes"].type)
        for each in node.selection_set.selections if node.selection_set else ():
            if isinstance(each, FieldNode) and each.name.value == "nodes":
                return 1 + self.of_fields(row, each.selection_set)
        return 0

    def _first(self, node: FieldNode) -> int:
        for argument in node.arguments or ():
            if argument.name.value == "first":
                if isinstance(argument.value, IntValueNode):
                    return int(argument.value.value)
                if isinstance(argument.value, VariableNode):
                    return int(self.variables.get(argument.value.name.value) or 0)
        return 1

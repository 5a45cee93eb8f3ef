"""What is asked and answered keeps to Shopify's own schema, where its introspection is at hand."""

from __future__ import annotations

import pytest
from graphql import GraphQLEnumType
from graphql import GraphQLScalarType
from graphql import GraphQLSchema

from addons.shopify import documents
from addons.shopify.pack import shopify_fees
from core.kernel.connecting import test_connection as try_connection
from core.testkit.fakes.shopify import ShopifyFake
from core.testkit.fakes.shopify.graphql import schema
from core.testkit.schemas import check_document
from core.testkit.schemas import schema_judge
from core.testkit.schemas import schema_of
from tests.shopify.conftest import INTROSPECTION
from tests.shopify.conftest import Connected

# What Shopify's list does not explain, and what is owed to or by somebody else: never guessed.
OPEN = (
    "ADJUSTMENT", "ANOMALY", "APPLICATION_FEE", "BALANCE_TRANSFER", "CHANNEL_TRANSFER", "CHARGE_AD",
    "COLLECTIONS", "MERCHANT_TO_MERCHANT", "REFUND_AD", "SHOPIFY_COLLECTIVE", "SHOPIFY_SOURCE",
    "SHOP_CASH", "TAX_ADJUSTMENT", "VAT_REFUND", "LENDING_", "AGENTIC",
)  # fmt: skip
DOCUMENTS = {name: text for name, text in vars(documents).items() if "query " in str(text)}


@pytest.fixture(scope="module")
def vendors() -> GraphQLSchema:
    return schema_of(INTROSPECTION)


def test_the_simulated_shop_knows_nothing_that_shopify_does_not(vendors: GraphQLSchema) -> None:
    unlike = []
    for name, kind in schema().type_map.items():
        known = vendors.type_map.get(name)
        for member in getattr(kind, "fields", None) or getattr(kind, "values", {}):
            ours = (getattr(kind, "fields", None) or kind.values)[member]
            theirs = (getattr(known, "fields", None) or getattr(known, "values", {})).get(member)
            if theirs is None or str(getattr(ours, "type", "")) != str(getattr(theirs, "type", "")):
                unlike.append(f"{name}.{member}")
                continue
            for argument, one in getattr(ours, "args", {}).items():
                other = theirs.args.get(argument)
                if other is None or (str(one.type), one.default_value) != (
                    str(other.type),
                    other.default_value,
                ):
                    unlike.append(f"{name}.{member}({argument})")
        # Countries and currencies are texts here: their lists are long, and change.
        short = isinstance(kind, GraphQLScalarType) and isinstance(known, GraphQLEnumType)
        if known is None or (type(kind) is not type(known) and not short):
            unlike.append(name)

    assert unlike == []


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_every_document_is_one_of_shopifys(vendors: GraphQLSchema, name: str) -> None:
    assert check_document(vendors, DOCUMENTS[name], {}) == []


def test_every_type_of_money_is_known_or_left_open(vendors: GraphQLSchema) -> None:
    known = {rule.code.kind for rule in shopify_fees().rules}
    told = set(vendors.type_map["ShopifyPaymentsTransactionType"].values)  # type: ignore[attr-defined]
    open_ = {name for name in told - known if not name.startswith(OPEN)}

    assert open_ == set()
    assert {name for name in known - told if name.isupper()} == set()


def test_what_is_not_in_the_schema_is_found(vendors: GraphQLSchema) -> None:
    assert "Cannot query field" in check_document(vendors, "{ shop { nme } }", {})[0]
    said = check_document(vendors, "{ shop { name } }", {}, {"shop": {"name": None}})
    assert "non-nullable" in said[0]
    assert "missing" in check_document(vendors, "{ shop { name id } }", {}, {"shop": {}})[0]


def test_all_that_is_asked_and_answered_keeps_to_the_schema(connected: Connected) -> None:
    seller = connected(ShopifyFake.lived(seed=7, orders=30, factor=10_000))
    judged = schema_judge(INTROSPECTION)
    seller.fake.witnesses.append(judged)

    seller.pull()
    try_connection(seller.kernel, seller.connection)

    assert judged.objections == []
    assert judged.seen >= {"orders", "refunds", "account"}

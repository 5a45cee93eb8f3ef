"""The documents that are asked, each small enough for a thousand points."""

from __future__ import annotations

import json

MONEY = "{ shopMoney { amount currencyCode } }"

LINE = f"""
        id title sku quantity currentQuantity unfulfilledQuantity isGiftCard
        variant {{ id }}
        originalTotalSet {MONEY}
        discountAllocations {{ allocatedAmountSet {MONEY} }}
        taxLines {{ channelLiable priceSet {MONEY} }}
"""

ADDRESS = """
    email phone
    shippingAddress {
      name company address1 address2 city province provinceCode zip countryCodeV2 phone
    }
"""

SHOP = "shop { name myshopifyDomain currencyCode ianaTimezone shopAddress { countryCodeV2 } }"

ORDER = f"""
    id name createdAt processedAt updatedAt cancelledAt currencyCode test edited
    displayFinancialStatus displayFulfillmentStatus taxesIncluded sourceName
    totalPriceSet {MONEY}
    totalTaxSet {MONEY}
    totalTipReceivedSet {MONEY}
    originalTotalDutiesSet {MONEY}
    originalTotalAdditionalFeesSet {MONEY}
"""

SHIPPING = f"""
        id title code isRemoved
        discountedPriceSet {MONEY}
        taxLines {{ channelLiable priceSet {MONEY} }}
"""

ORDERS = f"""
query orders($first: Int!, $after: String, $query: String!, $personal: Boolean!) {{
  {SHOP}
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
    nodes {{ ...order }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}

fragment order on Order {{
    {ORDER}
    ...person @include(if: $personal)
    lineItems(first: 5) {{
      nodes {{ {LINE} }}
      pageInfo {{ hasNextPage endCursor }}
    }}
    shippingLines(first: 2) {{
      nodes {{ {SHIPPING} }}
      pageInfo {{ hasNextPage endCursor }}
    }}
}}

fragment person on Order {{ {ADDRESS} }}
"""

ORDER_COUNT = """
query orderCount($query: String!) { ordersCount(query: $query) { count } }
"""

VARIANT_COUNT = """
query variantCount { productVariantsCount { count } }
"""

RUN_BULK = """
mutation runBulk($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: true) {
    bulkOperation { id }
    userErrors { code field message }
  }
}
"""

BULKS = """
query bulks { bulkOperations(first: 10, query: "operation_type:query") {
  nodes { id status query createdAt }
} }
"""

BULK_STATE = f"""
query bulkState($id: ID!) {{
  {SHOP}
  bulkOperation(id: $id) {{ id status errorCode url partialDataUrl }}
}}
"""

LINE_ITEMS = f"""
query lineItems($id: ID!, $after: String) {{
  order(id: $id) {{
    lineItems(first: 50, after: $after) {{
      nodes {{ {LINE} }}
      pageInfo {{ hasNextPage endCursor }}
    }}
  }}
}}
"""

REFUNDS = f"""
query refunds($id: ID!) {{
  order(id: $id) {{
    refunds(first: 12) {{
      id createdAt
      totalRefundedSet {MONEY}
      refundLineItems(first: 5) {{
        nodes {{
          id quantity restockType
          lineItem {{ id title sku variant {{ id }} }}
          subtotalSet {MONEY}
          totalTaxSet {MONEY}
        }}
        pageInfo {{ hasNextPage endCursor }}
      }}
      refundShippingLines(first: 2) {{
        nodes {{ id subtotalAmountSet {MONEY} taxAmountSet {MONEY} }}
        pageInfo {{ hasNextPage endCursor }}
      }}
    }}
  }}
}}
"""

REFUND_LINES = f"""
query refundLines($id: ID!, $after: String) {{
  node(id: $id) {{
    ... on Refund {{
      refundLineItems(first: 50, after: $after) {{
        nodes {{
          id quantity restockType
          lineItem {{ id title sku variant {{ id }} }}
          subtotalSet {MONEY}
          totalTaxSet {MONEY}
        }}
        pageInfo {{ hasNextPage endCursor }}
      }}
    }}
  }}
}}
"""

RETURN_LINE = """
  id quantity
  returnReasonDefinition { name }
  ... on ReturnLineItem {
    fulfillmentLineItem { lineItem { id title sku variant { id } } }
  }
"""

RETURNED = """
query returned($first: Int!, $after: String, $query: String!) {
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    nodes { id name updatedAt returnStatus }
    pageInfo { hasNextPage endCursor }
  }
}
"""

RETURNS = f"""
query returns($id: ID!, $after: String) {{
  order(id: $id) {{
    returns(first: 5, after: $after) {{
      nodes {{
        id status createdAt
        returnLineItems(first: 10) {{
          nodes {{ {RETURN_LINE} }}
          pageInfo {{ hasNextPage endCursor }}
        }}
      }}
      pageInfo {{ hasNextPage endCursor }}
    }}
  }}
}}
"""

RETURN_LINES = f"""
query returnLines($id: ID!, $after: String) {{
  node(id: $id) {{
    ... on Return {{
      returnLineItems(first: 50, after: $after) {{
        nodes {{ {RETURN_LINE} }}
        pageInfo {{ hasNextPage endCursor }}
      }}
    }}
  }}
}}
"""

ACCOUNT = """
query account {
  shop { name myshopifyDomain currencyCode }
  currentAppInstallation { accessScopes { handle } }
}
"""

PLACE = """
query place($id: ID) { location(id: $id) { id isActive } }
"""

STOCK = """
query stock($first: Int!, $query: String!, $place: ID!) {
  productVariants(first: $first, query: $query) {
    nodes {
      id sku
      inventoryItem {
        id tracked
        inventoryLevel(locationId: $place) { quantities(names: ["available"]) { quantity } }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""

SET_STOCK = """
mutation setStock($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    userErrors { code field message }
  }
}
"""

VARIANT = "id sku displayName price inventoryQuantity updatedAt"

LISTINGS = f"""
query listings($first: Int!, $after: String) {{
  shop {{ currencyCode }}
  productVariants(first: $first, after: $after) {{
    nodes {{ {VARIANT} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}
"""

PRICES = """
query prices($first: Int!, $query: String!) {
  shop { currencyCode }
  productVariants(first: $first, query: $query) {
    nodes { id sku product { id } }
    pageInfo { hasNextPage endCursor }
  }
}
"""

SET_PRICES = """
mutation setPrices($product: ID!, $variants: [ProductVariantsBulkInput!]!) {
  productVariantsBulkUpdate(productId: $product, variants: $variants) {
    userErrors { field message }
  }
}
"""

FIND_ORDER = """
query findOrder($query: String!) { orders(first: 10, query: $query) { nodes { id name } } }
"""

TO_SEND = """
query toSend($id: ID!) {
  order(id: $id) {
    fulfillments(first: 50) { status trackingInfo(first: 3) { number } }
    fulfillmentOrders(first: 5) {
      nodes {
        id status
        lineItems(first: 50) {
          nodes { id remainingQuantity lineItem { id } }
          pageInfo { hasNextPage endCursor }
        }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""

SEND = """
mutation send($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) {
    fulfillment { id status }
    userErrors { field message }
  }
}
"""

SENT = """
query sent($id: ID!) {
  order(id: $id) {
    fulfillments(first: 10) {
      id status
      trackingInfo(first: 3) { number }
      fulfillmentLineItems(first: 20) {
        nodes { quantity lineItem { id } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
"""

SET_TRACKING = """
mutation setTracking($id: ID!, $tracking: FulfillmentTrackingInput!) {
  fulfillmentTrackingInfoUpdate(
    fulfillmentId: $id, trackingInfoInput: $tracking, notifyCustomer: true
  ) { userErrors { field message } }
}
"""

PAYOUTS = """
query payouts($first: Int!, $after: String, $query: String!) {
  shopifyPaymentsAccount {
    payouts(first: $first, after: $after, query: $query, sortKey: ISSUED_AT) {
      nodes { id issuedAt status net { amount currencyCode } }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""

DISPUTES = """
query disputes($first: Int!, $after: String, $query: String!) {
  shopifyPaymentsAccount {
    disputes(first: $first, after: $after, query: $query) {
      nodes {
        id status type initiatedAt evidenceDueBy
        amount { amount currencyCode }
        order { id name }
        reasonDetails { reason }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""

TRANSACTIONS = """
query transactions($first: Int!, $after: String, $query: String!) {
  shopifyPaymentsAccount {
    balanceTransactions(first: $first, after: $after, query: $query, hideTransfers: true) {
      nodes {
        id type test transactionDate adjustmentReason
        amount { amount currencyCode }
        fee { amount currencyCode }
        net { amount currencyCode }
        associatedOrder { id name }
        associatedPayout { id status }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""

OWNERS = """
query owners($first: Int!, $query: String!) {
  productVariants(first: $first, query: $query) {
    nodes { id sku product { id } }
    pageInfo { hasNextPage endCursor }
  }
}
"""

OFFERED = """
query offered($id: ID!) {
  product(id: $id) {
    variants(first: 250) { nodes { id sku } pageInfo { hasNextPage endCursor } }
  }
}
"""

PLACES_SEEN = """
query placesSeen($handle: String!) {
  publications(first: 50) { nodes { id name } }
  productByIdentifier(identifier: { handle: $handle }) { id title }
}
"""

SET_PRODUCT = """
mutation setProduct($identifier: ProductSetIdentifiers, $input: ProductSetInput!) {
  productSet(identifier: $identifier, input: $input, synchronous: true) {
    product { id }
    userErrors { code field message }
  }
}
"""

SHOW = """
mutation show($id: ID!, $input: [PublicationInput!]!) {
  publishablePublish(id: $id, input: $input) { userErrors { field message } }
}
"""


def bulk_orders(query: str, *, personal: bool) -> str:
    """Return what collects the orders that a search finds; such a document has no variables."""
    told = json.dumps(query, ensure_ascii=False)
    return f"""
query bulkOrders {{
  orders(query: {told}, sortKey: UPDATED_AT) {{
    edges {{ node {{
      {ORDER}
      {ADDRESS if personal else ""}
      lineItems {{ edges {{ node {{ {LINE} }} }} }}
      shippingLines {{ edges {{ node {{ {SHIPPING} }} }} }}
    }} }}
  }}
}}
"""


BULK_VARIANTS = f"""
query bulkVariants {{ productVariants {{ edges {{ node {{ {VARIANT} }} }} }} }}
"""

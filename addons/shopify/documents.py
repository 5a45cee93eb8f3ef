"""The documents that are asked, each small enough for a thousand points."""

from __future__ import annotations

MONEY = "{ shopMoney { amount currencyCode } }"

LINES = f"""
      nodes {{
        id title sku quantity currentQuantity unfulfilledQuantity isGiftCard
        variant {{ id }}
        originalTotalSet {MONEY}
        discountAllocations {{ allocatedAmountSet {MONEY} }}
        taxLines {{ channelLiable priceSet {MONEY} }}
      }}
      pageInfo {{ hasNextPage endCursor }}
"""

ADDRESS = """
    email phone
    shippingAddress {
      name company address1 address2 city province provinceCode zip countryCodeV2 phone
    }
"""

ORDERS = f"""
query orders($first: Int!, $after: String, $query: String!, $personal: Boolean!) {{
  shop {{ name myshopifyDomain currencyCode ianaTimezone shopAddress {{ countryCodeV2 }} }}
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
    nodes {{ ...order }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}

fragment order on Order {{
    id name createdAt processedAt updatedAt cancelledAt currencyCode test edited
    displayFinancialStatus displayFulfillmentStatus taxesIncluded sourceName
    ...person @include(if: $personal)
    totalPriceSet {MONEY}
    totalTaxSet {MONEY}
    totalTipReceivedSet {MONEY}
    originalTotalDutiesSet {MONEY}
    originalTotalAdditionalFeesSet {MONEY}
    lineItems(first: 5) {{ {LINES} }}
    shippingLines(first: 2) {{
      nodes {{
        id title code isRemoved
        discountedPriceSet {MONEY}
        taxLines {{ channelLiable priceSet {MONEY} }}
      }}
      pageInfo {{ hasNextPage endCursor }}
    }}
}}

fragment person on Order {{ {ADDRESS} }}
"""

LINE_ITEMS = f"""
query lineItems($id: ID!, $after: String) {{
  order(id: $id) {{ lineItems(first: 50, after: $after) {{ {LINES} }} }}
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

LISTINGS = """
query listings($first: Int!, $after: String) {
  shop { currencyCode }
  productVariants(first: $first, after: $after) {
    nodes { id sku displayName price inventoryQuantity updatedAt }
    pageInfo { hasNextPage endCursor }
  }
}
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

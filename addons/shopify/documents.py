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

ACCOUNT = """
query account {
  shop { name myshopifyDomain currencyCode }
  currentAppInstallation { accessScopes { handle } }
}
"""

"""eBay: orders, stock, prices, shipments, returns and payouts of a seller account."""

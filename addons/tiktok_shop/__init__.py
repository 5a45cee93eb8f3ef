"""TikTok Shop: orders, stock, prices, shipments, returns and statements of a shop."""

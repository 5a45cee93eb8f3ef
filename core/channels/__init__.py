"""Where the seller sells: shops, and what their platforms sent, as received."""

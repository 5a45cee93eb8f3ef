"""Double-entry books: immutable, balanced entries, and the balances they add up to."""

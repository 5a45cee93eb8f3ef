"""Banks and wallets: what their statements say, and the payouts that arrived there."""

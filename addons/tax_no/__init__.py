"""Norwegian VAT on goods, VOEC and the returns."""

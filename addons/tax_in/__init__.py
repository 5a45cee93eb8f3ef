"""Indian GST on goods, TCS and TDS, and the returns."""

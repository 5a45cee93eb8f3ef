"""Work in and between warehouses: transfers, counts, adjustments, relabelling, conditions."""

"""What goods truly cost: receipts, landed costs, and how late ones reach every unit."""

"""Sharing costs without an order to goods and orders: a layer over the books that changes none."""

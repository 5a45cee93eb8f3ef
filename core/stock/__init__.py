"""Goods: what lies where, what is promised, and what it cost."""

"""Contracts that addons must pass: base classes of tests, for addons in the tree and outside."""

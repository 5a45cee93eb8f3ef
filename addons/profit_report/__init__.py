"""The profit statement: what was earned, step by step, and where."""

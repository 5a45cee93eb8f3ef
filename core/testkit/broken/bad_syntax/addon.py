"""Cannot be parsed."""

def broken(:

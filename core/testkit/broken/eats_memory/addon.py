"""Takes two gigabytes when it is imported."""

HELD = bytearray(2 << 30)

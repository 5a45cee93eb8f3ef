"""A company that does not exist, loaded through the same imports as any other."""

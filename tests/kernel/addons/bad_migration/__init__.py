"""Its second migration stops."""

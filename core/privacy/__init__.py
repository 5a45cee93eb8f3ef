"""Personal data of buyers: kept apart and encrypted, found by blind indexes, forgotten when due."""

"""An addon with tables and records, in version two."""

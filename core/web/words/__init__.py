"""Words for the codes that stand in the database, by area."""

"""A connector to a platform that does what the test says."""

"""A platform that tests serve themselves."""

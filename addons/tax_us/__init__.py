"""United States sales tax on goods by state, and state returns."""

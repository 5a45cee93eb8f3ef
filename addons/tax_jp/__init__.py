"""Japanese consumption tax on goods, and its return."""

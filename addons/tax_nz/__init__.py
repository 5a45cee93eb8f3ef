"""New Zealand GST on goods, and its return."""

"""United Kingdom VAT on goods, and its return."""

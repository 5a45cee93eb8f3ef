"""Swiss VAT on goods, and its return."""

"""VAT of the European Union on goods, and its returns."""

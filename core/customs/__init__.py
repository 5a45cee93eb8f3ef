"""What customs ask for when goods come in: duty on the goods, and import VAT."""

"""What is for sale where: pools, rules, and what each platform was told of each seller SKU."""

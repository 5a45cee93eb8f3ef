"""Identity: users, their roles and tokens, what they may do, and the record of what they did."""

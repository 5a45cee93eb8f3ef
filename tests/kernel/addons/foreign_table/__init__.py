"""Makes a table outside its own names."""

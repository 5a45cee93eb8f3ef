"""Amazon, through the Selling Partner API."""

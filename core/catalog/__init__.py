"""What the seller sells: SKUs, and the platform items that stand for them."""

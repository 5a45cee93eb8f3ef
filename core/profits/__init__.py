"""What orders earned, page by page, and why profit is another than before."""

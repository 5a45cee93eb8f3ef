"""What is open with suppliers, and paying them, on pages and for programs."""

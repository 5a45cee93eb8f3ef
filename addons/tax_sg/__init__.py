"""Singapore GST on goods, and its returns."""

"""Australian GST on goods, and the GST boxes of the activity statement."""

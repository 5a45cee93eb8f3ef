"""What people keep of lists and pages: saved views, and the columns they look at."""

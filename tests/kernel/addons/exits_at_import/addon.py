"""Ends the process."""

import sys

sys.exit(3)

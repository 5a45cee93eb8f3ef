"""Sleeps for a minute when it is imported."""

import time

time.sleep(60)

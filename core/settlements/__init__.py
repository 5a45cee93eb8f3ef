"""Settlements: what platforms say they owe and paid, matched row by row to what was booked."""

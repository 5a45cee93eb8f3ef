"""Postal addresses and telephone numbers: checked, brought into order, written in Latin letters."""

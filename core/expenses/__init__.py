"""The seller's own costs: bills of all kinds, booked once and reversed if wrong."""

"""Rules of the seller: which orders get which warehouse, carrier, tag or hold."""

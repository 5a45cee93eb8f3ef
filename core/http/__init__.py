"""The only client of the network: it keeps to the hosts, the rates and the limits."""

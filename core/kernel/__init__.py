"""The addon framework: what addons are, when they run, and what they may touch."""

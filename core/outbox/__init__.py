"""Effects outside of this house: decided in a transaction, sent after it."""

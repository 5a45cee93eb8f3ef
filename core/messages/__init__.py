"""What buyers write and what they are answered: kept encrypted, sent once, forgotten when due."""

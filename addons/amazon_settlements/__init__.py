"""Amazon's settlement reports and fee dictionary."""

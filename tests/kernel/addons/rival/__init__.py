"""Never enabled with gamma."""

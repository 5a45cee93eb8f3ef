"""Orders from files: a connector for platforms and shops that hand out spreadsheets."""

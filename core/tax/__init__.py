"""Tax decisions and their evidence; the regimes that make them are addons."""

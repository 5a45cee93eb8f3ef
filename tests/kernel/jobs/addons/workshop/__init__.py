"""An addon whose jobs do everything that jobs can do wrong."""

"""The Entrepot kernel and its core models."""

__version__ = "0.1.0"
__api_version__ = "1.0"

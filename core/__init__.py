"""The Entrepot kernel and its core models."""

from core.collector import come_seldom

__version__ = "0.1.0"
__api_version__ = "1.0"

come_seldom()

"""The one place that states Pellucid's version."""

__version__ = "0.1.0"

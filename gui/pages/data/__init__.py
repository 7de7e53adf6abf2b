"""The Data page: bring a table, look at it, say what its columns are for."""

from .page import DataPage

__all__ = ["DataPage"]

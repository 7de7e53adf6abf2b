"""A run's results: what was measured, where to set a threshold, why it answers so, and for whom.

Everything is read from the run's folder beside the main thread (`reading`); the figures and tables
are the report's own, so that what is saved from here equals the report.
"""

from .page import ResultsPage as ResultsPage

__all__ = ["ResultsPage"]

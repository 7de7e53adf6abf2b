"""The runs page: every run in a table to search, sort, note, compare, and throw away."""

from .page import RunsPage as RunsPage

"""The jobs page: what runs, what waits and what ended, and one of them in detail, live."""

from .page import JobsPage as JobsPage

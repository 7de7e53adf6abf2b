"""Home: what to do first, examples, what was done lately, and a short tour."""

from .page import HomePage as HomePage

"""Saying what shall be trained: a form made from the recipe's schema, and the YAML beside it."""

from .page import RecipePage as RecipePage

"""Recipes by which each task is shown to learn on real data."""

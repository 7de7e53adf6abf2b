"""The pages, in the order of the navigation."""

from __future__ import annotations

from dataclasses import dataclass

from .frame.texts import tr


@dataclass(frozen=True)
class Place:
    """A page's place in the navigation; the page itself is imported when it is first opened."""

    name: str
    title: str
    icon: str
    tip: str
    kind: str


def places() -> tuple[Place, ...]:
    """Return the pages in order; texts in the person's language."""
    return (
        Place("home", tr("Home"), "home", tr("Where to begin"), "HomePage"),
        Place("data", tr("Data"), "data", tr("Bring a table and look at it"), "DataPage"),
        Place("recipe", tr("Recipe"), "recipe", tr("Say what shall be trained"), "RecipePage"),
        Place("jobs", tr("Jobs"), "jobs", tr("Watch, stop and resume what runs"), "JobsPage"),
        Place("runs", tr("Runs"), "runs", tr("Find and compare runs"), "RunsPage"),
        Place("results", tr("Results"), "results", tr("Read what a run came to"), "ResultsPage"),
    )

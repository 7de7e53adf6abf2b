"""The audit's parts of a report, one file each; `fairness.section` puts them in order."""

"""Whether an attribution can be trusted: measures, controls and comparisons."""

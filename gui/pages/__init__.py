"""One page each: home, data, recipe, jobs, runs, results."""

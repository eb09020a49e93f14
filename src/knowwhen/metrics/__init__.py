"""HOW GOOD: counts of outcomes become rates, d′, c and scores, each an `Estimate` with its interval."""

"""HOW GOOD: counts of outcomes become rates, d′, c and scores, each an `Estimate` with its interval.

rates (what is counted) ──▶ intervals (how sure) ──▶ measures (the figures); detection has the formulas of d′ and c.
"""

from knowwhen.metrics.measures import MEASURES, measure
from knowwhen.metrics.rates import RATES

__all__ = ["MEASURES", "RATES", "measure"]

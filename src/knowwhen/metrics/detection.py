"""Signal detection: how well the two kinds of question are told apart, and how readily the model declines.

The signal is "this should not be answered". A hit is declining when it should, a false alarm is declining when it
should have answered. Formulas for equal-variance normal distributions: Macmillan & Creelman, "Detection Theory"
(2nd ed. 2005), eq. 1.5 (d′) and 2.1 (c).
"""

from __future__ import annotations

from typing import Any

import numpy as np

EDGE = 1e-12
"""Drawn rates are kept this far from 0 and 1, where z is infinite; z(EDGE) = −7.03, beyond any real d′."""


def log_linear(events: Any, trials: Any) -> Any:
    """The log-linear corrected rate (x + ½) / (n + 1), never 0 or 1 (Hautus 1995, Behav. Res. Methods 27:46).

    It equals the mean of the Jeffreys posterior Beta(x + ½, n − x + ½), whose spread the intervals use.

    >>> log_linear(0, 4), log_linear(4, 4)
    (0.1, 0.9)
    """
    return (events + 0.5) / (trials + 1)


def z(rate: Any) -> Any:
    """The standard normal quantile of a rate, with the rate held inside [EDGE, 1 − EDGE]. Numbers or arrays."""
    from scipy.special import ndtri

    return ndtri(np.clip(rate, EDGE, 1 - EDGE))


def d_prime(hit_rate: Any, false_alarm: Any) -> Any:
    """Sensitivity d′ = z(hit) − z(false alarm), in standard deviations: 0 is guessing, larger is better."""
    return z(hit_rate) - z(false_alarm)


def criterion(hit_rate: Any, false_alarm: Any) -> Any:
    """Criterion c = −½ (z(hit) + z(false alarm)), in standard deviations: above 0 it answers too readily."""
    return -0.5 * (z(hit_rate) + z(false_alarm))

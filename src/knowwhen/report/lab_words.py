"""What a lab found, in words: a row an objective, the headline, what was gained, and what did not come out.

Figures come from the lab's results.json and are only written here, never computed; their intervals are compared.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from knowwhen.report import numbers
from knowwhen.report.lab_figure import numbered, threshold
from knowwhen.report.labels import line

Figures = Mapping[str, Any]

START = "start"
OPEN = "cannot be told"
READINGS = {"says": "d_prime", "leans": "leans", "knows": "knows"}
"""Reading → its figure in the results."""

COLUMNS = {
    "says": "Δd′ says",
    "leans": "Δd′ leans",
    "knows": "Δd′ knows",
    "right": "Right answers, points",
    "withheld": "Good answers withheld",
    "payoff": "Δ payoff",
    "trained": "Δc on kinds trained on",
    "carries": "Carries",
}
"""Columns after the direction; changes from the base, but Δc from the start."""

NO_GAIN = (
    "No objective surely raised judgement (d′) or payoff on the kinds held out at a price of surely no more than 2 "
    "points of right answers, and surely did better than the start in one of these."
)
_GAINS = {"d_prime": "d′", "payoff": "payoff"}
FEW_POINTS = 0.02
"""Right answers that an objective may lose and still count as a gain: 2 points."""


@dataclass(frozen=True, slots=True)
class Row:
    """One objective, or the start, in words and figures."""

    name: str
    threshold: str
    predicted: str
    measured: str
    verdict: str
    """agrees, against, cannot be told, not predicted"""
    moved: tuple[str, str]
    """Δc on the kinds held out, and its interval; of the start from the base, else from the start."""
    cells: Mapping[str, tuple[str, str]]
    """Column → figure and interval."""
    hidden: Mapping[str, str]
    """Whether the hidden reading changed less or more than "says" and than "c"; see `compared`."""
    entry: Figures
    number: int
    """Counts the objectives; a share of an adapter has its objective's, and a start none that counts."""

    @property
    def start(self) -> bool:
        """Whether it is the start, or a share of it."""
        return bool(self.entry["role"] == "start")


def rows(found: Figures) -> list[Row]:
    """A row an objective, the start first."""
    return [_row(entry, number) for entry, number in zip(found["objectives"], numbered(found), strict=True)]


def judged(found: Figures) -> list[Row]:
    """The rows of objectives; of their shares, where whole adapters were not audited."""
    by_role = {role: [row for row in rows(found) if row.entry["role"] == role] for role in ("objective", "dosed")}
    return by_role["objective"] or by_role["dosed"]


def direction(change: Figures) -> str:
    """Which way the criterion moved, if its interval tells.

    >>> direction({"value": 0.4, "low": 0.1, "high": 0.7, "n": 96})
    'answers more'
    """
    if not (real(change["value"]) and real(change["low"]) and real(change["high"])):
        return OPEN
    return "answers more" if change["low"] > 0 else "declines more" if change["high"] < 0 else OPEN


def verdict(predicted: str, measured: str) -> str:
    """How the two directions compare.

    >>> verdict("answers too much", "answers more"), verdict("declines more", "answers more"), verdict("", OPEN)
    ('agrees', 'against', 'not predicted')
    """
    if not predicted:
        return "not predicted"
    if measured == OPEN:
        return OPEN
    return "agrees" if ("answers" in predicted) == ("answers" in measured) else "against"


def headline(found: Figures) -> str:
    """How many objectives went where they were predicted to go; of which nothing was predicted, what was gained."""
    verdicts = [row.verdict for row in rows(found) if row.predicted]
    n, agree, against = len(verdicts), verdicts.count("agrees"), verdicts.count("against")
    if not n:
        return _won(*gains(found))
    how = "moved the criterion the way that was predicted"
    if agree == n:
        return f"{'The one objective' if n == 1 else f'All {n} objectives'} {how}."
    lead = f"{agree or 'None'} of {n} objectives {how}" if n > 1 else f"The one objective has not {how}"
    parts = [f"{against} moved it the other way" if n > 1 else "it moved it the other way"] if against else []
    if verdicts.count(OPEN):
        parts.append(f"in {verdicts.count(OPEN)} it cannot be told" if n > 1 else "which way cannot be told")
    return "; ".join([lead, *parts]) + "."


def _won(sure: Sequence[Row], likely: Sequence[Row]) -> str:
    """The headline of a lab in which no direction was predicted."""
    if not (named := sure or likely):
        return "No direction was predicted, and no gain at a small price was found."
    rose, names = "judgement or payoff rose from the base", joined([row.name for row in named])
    cheap = all(_cheap(row.entry["held out"]["from base"]["right"]) for row in named)
    price = "right answers surely fell by no more than 2 points" if cheap else "right answers may have fallen"
    start = "" if sure else "; more than with the start cannot be told" if cheap else " by more than 2 points"
    return f"With {names} {rose}, and {price}{start}."


def gains(found: Figures) -> tuple[list[Row], list[Row]]:
    """What surely raised judgement or payoff from the base: (at a price of surely no more than 2 points of right
    answers, and surely better than the start in one of these; at such a price by the point estimate alone)."""
    sure: list[Row] = []
    likely: list[Row] = []
    for row in rows(found):
        change, since = (row.entry["held out"][which] for which in ("from base", "from start"))
        gained, price = _risen(change), change["right"]
        if row.start or not gained or not real(price["value"]) or price["value"] < -FEW_POINTS:
            continue
        better = _cheap(price) and any(_above(since[key]) for key in (*gained, "right"))
        (sure if better else likely).append(row)
    return sure, likely


def bargain(found: Figures, written: Callable[[str], str] = str) -> str:
    """Which objectives raised judgement or payoff at a small price in right answers, surely or by the point estimate,
    and what the start alone had raised.

    Args:
        written: how a name is written.
    """

    def told(row: Row) -> str:
        change, since = (row.entry["held out"][which] for which in ("from base", "from start"))
        begun = "the start's share" if row.entry["role"] == "dosed" else "the start"
        cost = _price(change["right"], since["right"], begun)
        unsure = "" if _cheap(change["right"]) else ": what it cost cannot be told more closely"
        return f"{written(row.name)} ({_gains(_risen(change), change, since, begun)}; {cost}{unsure})"

    sure, likely = gains(found)
    said = NO_GAIN
    if sure:
        said = (
            "Judgement (d′) or payoff surely rose on the kinds held out, right answers surely fell by no more than 2 "
            f"points, and one of these is surely better than the start's, with {joined(list(map(told, sure)))}."
        )
    if likely:
        also = "also " if sure else ""
        said += (
            f" By the point estimate right answers {also}fell by no more than 2 points, and judgement or payoff surely "
            f"rose from the base, with {joined(list(map(told, likely)))}."
        )
    for row in rows(found):
        change = row.entry["held out"]["from base"]
        if row.start and (risen := _risen(change)):
            which = "The start alone" if row.name == START else "A share of the start"
            said += f" {which}, from the base: {_gains(risen, change)}; {_price(change['right'])}."
    return said


def hidden(found: Figures) -> str:
    """Whether the hidden reading changed less than what is said, and than the criterion."""
    told = [row.hidden for row in judged(found)]
    if not told:
        return "There is no objective to compare readings of."
    if not any(real(row.entry["held out"]["from base"]["knows"]["value"]) for row in rows(found)):
        return "The hidden reading was not taken, so nothing can be told of it."
    n = len(told)
    said = [f"In the base the hidden reading is d′ {delta(found['base']['held out']['knows']).lstrip('+')}."]
    for key, other in (("says", "what it says"), ("c", "the criterion")):
        counts = {word: sum(one[key] == word for one in told) for word in ("less", "more", OPEN)}
        if counts[OPEN] == n:
            said.append(f"Whether the hidden reading changed less than {other} cannot be told for any objective.")
            continue
        more = f", more in {counts['more']}" if counts["more"] else ""
        rest = f"; in {counts[OPEN]} it cannot be told" if counts[OPEN] else ""
        said.append(f"The hidden reading changed less than {other} in {counts['less'] or 'none'} of {n}{more}{rest}.")
    return " ".join(said)


def compared(entry: Figures) -> dict[str, str]:
    """|Δ knows| against |Δ says| and |Δc|, from base: less, more, or cannot be told where the intervals overlap."""
    change = entry["held out"]["from base"]
    knows = _reach(change["knows"])
    found = {}
    for name, figure in (("says", "d_prime"), ("c", "criterion")):
        other = _reach(change[figure])
        if knows is None or other is None:
            found[name] = OPEN
        else:
            found[name] = "less" if knows[1] < other[0] else "more" if knows[0] > other[1] else OPEN
    return found


def surprises(found: Figures) -> list[str]:
    """What did not come out as predicted, each with its figures; empty if everything did."""
    said = []
    for row in rows(found):
        if row.verdict not in ("against", OPEN):
            continue
        trained = row.entry["trained on"]["from start"]["criterion"]
        where = "on the kinds trained on"
        also = {
            "agrees": f"{where} it did as predicted, Δc {delta(trained)}: that did not carry over",
            "against": f"{where} it {direction(trained)}, Δc {delta(trained)}",
            OPEN: f"{where} it cannot be told, Δc {delta(trained)}",
        }[verdict(row.predicted, direction(trained))]
        lead = "whether it does cannot be told" if row.verdict == OPEN else f"it {row.measured}"
        moved = delta(row.entry["held out"]["from start"]["criterion"])
        said.append(f"{row.name}: predicted “{row.predicted}”; {lead}, Δc {moved}; {also}.")
    unclear = []
    for row in judged(found):
        change, told = row.entry["held out"]["from base"], row.hidden
        if OPEN in told.values():
            unclear.append(row.name)
        for key, name, figure in (("says", "what it says", "d_prime"), ("c", "the criterion", "criterion")):
            if told[key] == "more":
                said.append(
                    f"{row.name}: the hidden reading changed more than {name}: knows {delta(change['knows'])}, "
                    f"{'says' if key == 'says' else 'c'} {delta(change[figure])}."
                )
    if unclear:
        said.append(
            "Whether the hidden reading changed less than what it says, or less than the criterion, cannot be told for "
            f"{joined(unclear)}."
        )
    return [*said, NO_GAIN] if bargain(found).startswith(NO_GAIN) else said


def _row(entry: Figures, number: int) -> Row:
    name = entry["name"]
    since = "from base" if entry["role"] == "start" else "from start"
    held, trained = entry["held out"], entry["trained on"][since]["criterion"]
    moved = held[since]["criterion"]
    measured, change = direction(moved), held["from base"]
    at = threshold(entry["threshold"])
    cells = {reading: _cell(change[figure]) for reading, figure in READINGS.items()}
    cells["right"] = _cell(change["right"], 100)
    cells["withheld"] = _share(entry["withheld"])
    cells["payoff"] = _cell(change["payoff"])
    cells["trained"] = _cell(trained)
    cells["carries"] = _ratio(entry["carries"])
    said = f"t = {at}" if at else "by kind of question" if entry["predicted"] else ""
    predicted = entry["predicted"]
    told = (line(name), said, predicted, measured, verdict(predicted, measured), _cell(moved), cells, compared(entry))
    return Row(*told, entry, number)


def _cell(change: Figures, times: int = 1) -> tuple[str, str]:
    digits = 0 if times == 100 else 2
    if not real(change["value"]):
        return "–", f"n = {change['n']}" if not change["n"] else ""
    value = numbers.number(times * change["value"], digits=digits, sign=True)
    if not (real(change["low"]) and real(change["high"])):
        return value, "no interval"
    low, high = (numbers.number(times * change[end], digits=digits) for end in ("low", "high"))
    return value, f"[{low}, {high}]"


def _ratio(carries: Figures) -> tuple[str, str]:
    if not real(carries["value"]):
        return OPEN, ""
    low, high = (numbers.number(100 * carries[end], digits=0) for end in ("low", "high"))
    return f"{numbers.number(100 * carries['value'], digits=0)} %", f"[{low}, {high}]"


def delta(change: Figures, times: int = 1) -> str:
    return " ".join(filter(None, _cell(change, times)))


def _share(rate: Figures) -> tuple[str, str]:
    if not real(rate["value"]):
        return "–", f"n = {rate['n']}" if not rate["n"] else ""
    return numbers.percent(rate["value"]), numbers.interval("hit_rate", rate)


def real(value: Any) -> bool:
    return value is not None and math.isfinite(value)


def _above(change: Figures) -> bool:
    return bool(real(change["value"]) and real(change["low"]) and change["low"] > 0)


def _risen(change: Figures) -> list[str]:
    """Which of judgement and payoff surely rose."""
    return [key for key in _GAINS if _above(change[key])]


def _cheap(price: Figures) -> bool:
    """Whether right answers surely fell by no more than 2 points."""
    return bool(real(price["low"]) and price["low"] >= -FEW_POINTS)


def _gains(keys: Sequence[str], change: Figures, since: Figures | None = None, begun: str = "the start") -> str:
    """What rose from the base and, if given, how much of that from the start."""
    said = []
    for key in keys:
        gain = f"{_GAINS[key]} {delta(change[key])}"
        said.append(gain if since is None else f"{gain}, from {begun} {delta(since[key])}")
    return "; ".join(said)


def _price(price: Figures, since: Figures | None = None, begun: str = "the start") -> str:
    told = f"right answers {delta(price, 100)} points"
    return told if since is None else f"{told}, from {begun} {delta(since, 100)}"


def _reach(change: Figures) -> tuple[float, float] | None:
    """Least and greatest size of a change that its interval allows."""
    if not (real(change["value"]) and real(change["low"]) and real(change["high"])):
        return None
    return max(0.0, change["low"], -change["high"]), max(abs(change["low"]), abs(change["high"]))


def joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"

"""The page: a signature, its outcomes and the manifest become one HTML file that asks nothing of anyone.

Figures come from the signature and are only written, never computed, here. The page may load nothing: its
content-security policy allows one style sheet and one script, both inside it and named by their SHA-256.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from knowwhen import registry
from knowwhen.payoff import Payoff
from knowwhen.report import beside, bundle, charts, frame, glossary, layers, numbers, questions, readings
from knowwhen.types import Outcome

VERDICTS = {
    "answers too much": "It answers too much",
    "declines too much": "It declines too much",
    "balanced": "It leans neither way",
    "cannot tell": "It shows no clear lean",
}
"""The signature's direction → the page's headline."""

PAIRS = (
    ("Restraint, and what it costs", ("hit_rate", "false_alarm")),
    ("Judgement, and policy", ("d_prime", "criterion")),
    ("Knowledge: when it chose to answer, and when it had to", ("accuracy_answered", "accuracy_forced")),
    ("What it adds up to", ("truthfulness", "score")),
)
"""The headline figures, two a card: none of restraint stands without its cost."""

COLUMNS = ("hit_rate", "false_alarm", "d_prime", "criterion", "accuracy_answered", "accuracy_forced", "score")
"""The measures of the slice tables."""

MADE_FROM = {
    "replies": "the replies",
    "decline_odds": "odds of a declining opening against its own",
    "p_know": "“Do you know the answer?”, no against yes",
    "p_true": "“Is your reply correct?”, no against yes",
    "mean_difference": "probe of the inner states, mean difference",
    "logistic": "probe of the inner states, logistic",
    "words": "probe of the question's words and length",
    "shuffled": "probe of the inner states, labels shuffled",
}
"""What a reading is made from → in words."""

STYLES = ("page.css", "readings.css")
SCRIPTS = ("cells.js", "page.js")

OTHERS = ("right_move", "precision", "recall", "f1", "false_alarm")
"""The measures of the small table, to compare with published ones; false alarm again, as recall's cost."""


def render(
    signature: Mapping[str, Any],
    outcomes: Sequence[Outcome],
    manifest: Mapping[str, Any],
    table: Mapping[str, Any] | None = None,
) -> str:
    """The report as one self-contained HTML page.

    Args:
        signature: the content of signature.json; the only source of figures, but for `table`.
        outcomes: every graded and ungraded outcome, shown one by one.
        manifest: the content of manifest.json, shown whole.
        table: the content of bundle.json, if the run is that of a bundle.
    """
    from markupsafe import Markup

    from knowwhen.diagnosis import ADVICE, MEANINGS  # Here: diagnosis itself writes its numbers with this package.

    functions = {
        "measures": numbers.MEASURES,
        "value": numbers.value,
        "interval": numbers.interval,
        "figure": numbers.figure,
        "few": numbers.few,
        "number": numbers.number,
        "percent": numbers.percent,
        "strip": charts.strip,
        "shade": charts.shade,
        "outline": charts.outline,
        "span": numbers.span,
        "agreement": readings.agreement,
        "no_worse_than_luck": beside.no_worse_than_luck,
        "columns_of": bundle.columns,
        "groups_of": bundle.groups,
        "figure_of": bundle.figure,
        "below": bundle.below,
        "few_of": bundle.few,
        "notes_of": bundle.notes,
    }
    return frame.rendered(
        "page.html",
        STYLES,
        SCRIPTS,
        functions,
        signature=signature,
        verdict=verdict(signature),
        diagnosis=diagnosis(signature),
        corrected=signature.get("corrected"),
        bundle=table,
        bundle_headings=bundle.HEADINGS,
        picture=(picture := readings.picture(signature)),
        readings=readings.READINGS,
        reading_bar=readings.BAR,
        meanings=MEANINGS,
        advice=ADVICE,
        made_from=MADE_FROM,
        layers=layers.layers(signature),
        switches=(switches := signature.get("switches")),
        switch_sentences=beside.switched(switches) if switches else (),
        endings=beside.ENDINGS,
        stakes=beside.stakes(signature),
        confidence=(confidence := beside.ranked(signature.get("confidence") or {})),
        confidence_columns=[key for key in beside.CONFIDENCE if any(key in found for _, found in confidence)],
        calibrated=", ".join(sorted({found["calibrated"] for _, found in confidence if found.get("calibrated")})),
        confidence_measures=beside.CONFIDENCE,
        confidence_percent=beside.PERCENT,
        glossary=(*(glossary.READINGS if picture else ()), *glossary.MEASURES),
        sentences=sentences(signature),
        pairs=PAIRS,
        columns=COLUMNS,
        others=OTHERS,
        threshold=Payoff(**signature["payoff"]).threshold,
        plane=charts.plane(signature),
        scenarios=charts.worst_first(signature["slices"].get("scenario", {})),
        slices={kind: charts.worst_first(found) for kind, found in signature["slices"].items() if found},
        moves=questions.MOVES,
        rows=len(outcomes),
        command=command(manifest, table),
        facts=facts(manifest),
        data=Markup(questions.inline_json(questions.data(outcomes))),
    )


def diagnosis(signature: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """That of the whole run: name, shares, evidence, advice; None if there is none."""
    found: Mapping[str, Any] | None = (signature.get("diagnosis") or {}).get("overall")
    return found


def sentences(signature: Mapping[str, Any]) -> list[str]:
    """The signature's sentences, without the diagnosis where the page opens with it."""
    skipped = diagnosis(signature) is not None
    return [text for text in signature["sentences"] if not (skipped and text.startswith("Diagnosis: "))]


def verdict(signature: Mapping[str, Any]) -> str:
    """The page's headline, in a few words."""
    if found := diagnosis(signature):
        return readings.headline(found)
    if signature["overall"]["criterion"]["value"] is None:
        return "Nothing to judge by"
    direction: str = signature["direction"]
    return VERDICTS.get(direction, direction.capitalize())


def command(manifest: Mapping[str, Any], table: Mapping[str, Any] | None = None) -> str:
    """The command that asks the same again, as one would type it; "" if the manifest names no model."""
    if not manifest.get("model"):
        return ""
    words = ["knowwhen", "audit", manifest["model"]]
    of_bundle = table["suites"] if table else ()
    words += ["--bundle", table["bundle"]] if table else []
    words += [word for suite in manifest.get("suites", ()) if suite not in of_bundle for word in ("--suite", suite)]
    words += manifest.get("options", ())
    words += ["--seed", manifest["seed"]] if "seed" in manifest else []
    words += ["--system", manifest["system"]] if manifest.get("system") is not None else []
    words += ["--max-tokens", manifest["generation"]["max_tokens"]] if "generation" in manifest else []
    words += ["--stakes"] if any(str(name).startswith("stake") for name in manifest.get("conditions", ())) else []
    judge = registry.parse(manifest.get("grader", "rules"))[1].get("model")
    words += ["--judge", judge] if judge else []
    return shlex.join(map(str, words))


def facts(manifest: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The manifest as (heading, [(name, value)]), whatever it holds: nothing that was recorded is left out."""
    typed = {"options": shlex.join(manifest["options"])} if manifest.get("options") else {}
    shown = {**manifest, **typed}
    single = [(_words(key), _plain(found)) for key, found in shown.items() if not isinstance(found, Mapping)]
    parts = [(_words(key), list(_leaves(found))) for key, found in manifest.items() if isinstance(found, Mapping)]
    return [(heading, entries) for heading, entries in [("run", single), *parts] if entries]


def _leaves(found: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for key, inner in found.items():
        name = f"{before}{_words(str(key))}"
        if isinstance(inner, Mapping):
            yield from _leaves(inner, f"{name} · ")
        else:
            yield name, _plain(inner)


def _words(key: str) -> str:
    return key.replace("_", " ")


def _plain(found: Any) -> str:
    if isinstance(found, Mapping):
        return "; ".join(f"{_words(str(key))}: {_plain(inner)}" for key, inner in found.items())
    if isinstance(found, list | tuple):
        return ", ".join(map(_plain, found)) or "none"
    if found is None or found == "":
        return "none"
    if isinstance(found, bool):
        return "yes" if found else "no"
    return str(found)

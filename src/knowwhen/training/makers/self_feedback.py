"""Preference pairs from the model's own certainty: of several replies the one with the surest answer is preferred.

Each of the `branches` likeliest first tokens begins a reply that goes on greedily. A reply's confidence is the mean,
over the tokens of its final answer, of how far the token taken leads the likeliest other one: for greedy tokens that is
p(first) − p(second); for a first token that was forced it may be below 0. The surest reply is chosen, and the least
sure one of those that answer otherwise is rejected. No known answer is looked at; `chosen_wrong` looks afterwards.

Source: RLSF (arXiv 2507.21931), its pairs without the reward model; branching and confidence of Wang & Zhou 2024
    (chain-of-thought decoding, arXiv 2402.10200), §2.
Cost: one forward pass and `branches` short replies a question, the question read once for all.
Fails when: the model is sure of its errors: the pairs then teach them. `chosen_wrong` says how often, where answers are
    known; look at it before training.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from knowwhen.conditions import put
from knowwhen.errors import RequestError
from knowwhen.estimators._answers import same_answer
from knowwhen.grading import Asked, grade
from knowwhen.models._plan import Job
from knowwhen.models._rows import Reply
from knowwhen.training.makers._said import Say, finished, tell
from knowwhen.training.makers._span import confidence
from knowwhen.training.rows import Row, item_of, reply, row_of
from knowwhen.types import Estimate, Item, Move, Response

WRITES = "pairs"

TOGETHER = 16
"""Items whose branches are decoded at once."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One reply, and how sure its answer is."""

    text: str
    confidence: float


def make(
    model: Any,
    items: Sequence[Item],
    *,
    seed: int = 0,  # noqa: ARG001  # nothing is drawn
    branches: int = 10,
    gap: float = 0.05,
    max_tokens: int = 48,
    say: Say = None,
) -> Iterator[Row]:
    """At most one row an item, in order, with `confidence`: of the chosen and of the rejected reply.

    Args:
        model: a local one, for the first token of a reply is forced.
        seed: changes nothing; every reply is greedy behind its first token.
        gap: the least difference in confidence.
        say: is told how many items were left out, and why.
    """
    if getattr(model, "engine", None) is None:
        raise RequestError(
            f"self_feedback forces the first token of replies, which '{model.name}' does not offer; name a local model."
        )
    if branches < 2 or not gap >= 0 or max_tokens < 2:
        raise RequestError(
            f"self_feedback(branches={branches}, gap={gap}, max_tokens={max_tokens}): expected branches ≥ 2, gap ≥ 0 "
            "and max_tokens ≥ 2."
        )
    left: Counter[str] = Counter()
    for start in range(0, len(items), TOGETHER):
        part = items[start : start + TOGETHER]
        for item, traces in zip(part, traced(model, part, branches, max_tokens), strict=True):
            pair = _pair(item, traces, gap)
            if isinstance(pair, str):
                left[pair] += 1
                continue
            best, worst = pair
            sure = [round(best.confidence, 6), round(worst.confidence, 6)]
            yield row_of(item, chosen=reply(best.text), rejected=reply(worst.text), confidence=sure)
    tell(say, left, len(items))


def traced(model: Any, items: Sequence[Item], branches: int, max_tokens: int) -> list[list[Trace]]:
    """The usable replies to each item, by falling probability of their first token."""
    begun: list[tuple[int, int, float]] = []
    jobs: list[Job] = []
    for number, item in enumerate(items):
        prompt = model.talk.tokens(put(item))
        if len(prompt) + max_tokens > model.context:
            continue
        for token, lead in first_tokens(model, prompt, branches):
            begun.append((number, token, lead))
            jobs.append(Job((*prompt, token), max_tokens - 1, spread=True))
    found: list[Trace | None] = [None] * len(jobs)
    for k, done in model.engine.run(jobs, stop=None if model.chat else model.talk.is_over):
        number, token, lead = begun[k]
        tokens = [token, *done.reply.tokens]
        whole = Reply(tokens, ended=done.reply.ended)
        text = model.talk.text(whole, jobs[k].prompt[:-1])[1]
        text = text if whole.ended else finished(text)
        margins = [lead, *done.reply.margins]
        sure = confidence(model.tokenizer, tokens, margins, items[number].question, text) if text else None
        found[k] = None if sure is None else Trace(text, sure)
    traces: list[list[Trace]] = [[] for _ in items]
    for (number, _, _), trace in zip(begun, found, strict=True):
        if trace is not None:
            traces[number].append(trace)
    return traces


@torch.inference_mode()
def first_tokens(model: Any, prompt: Sequence[int], most: int) -> list[tuple[int, float]]:
    """The likeliest tokens to begin a reply, ending ones left out, each with its lead over the likeliest other one."""
    ids = torch.tensor([list(prompt)], device=model.model.device)
    logits = model.model(ids, use_cache=False, logits_to_keep=1).logits[0, -1].float()
    chance_V = torch.softmax(logits, -1)
    value_K, token_K = chance_V.topk(min(most + len(model.engine.end_ids) + 1, len(chance_V)))
    best, second = value_K[:2].tolist()
    ranked = list(zip(token_K.tolist(), value_K.tolist(), strict=True))
    leads = [(token, p - (second if k == 0 else best)) for k, (token, p) in enumerate(ranked)]
    return [(token, lead) for token, lead in leads if token not in model.engine.end_ids][:most]


def _pair(item: Item, traces: Sequence[Trace], gap: float) -> tuple[Trace, Trace] | str:
    """The surest reply and the least sure that answers otherwise; or why there is no such pair."""
    if len(traces) < 2:
        return "with fewer than two whole replies"
    best = max(traces, key=lambda trace: trace.confidence)
    others = [t for t in traces if not same_answer(item.question, best.text, t.text, item.choices)]
    if not others:
        return "with one answer in all replies"
    worst = min(others, key=lambda trace: trace.confidence)
    return (best, worst) if best.confidence - worst.confidence >= gap else "with confidences too near"


def chosen_wrong(rows: Sequence[Row], which: str = "chosen") -> Estimate:
    """The share of wrong ones among the chosen replies that answer a question whose answer is known, 95 % (Wilson).

    The pairs were made without known answers; this says what they teach.
    """
    from scipy.stats import binomtest

    told = []
    for row in rows:
        item = item_of(row)
        if item.answerable and item.answers:
            verdict = grade(Asked(item.question, item.answers, item.choices), Response(row[which][-1]["content"]))
            if verdict.move is Move.ANSWER and verdict.correct is not None:
                told.append(not verdict.correct)
    if not told:
        return Estimate.none()
    interval = binomtest(sum(told), len(told)).proportion_ci(method="wilson")
    return Estimate(sum(told) / len(told), float(interval.low), float(interval.high), len(told))

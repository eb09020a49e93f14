"""The expected reward over a closed answer set, summed instead of sampled: no rollouts, and no noise from sampling.

For each question the policy is the model's distribution over the set's replies, renormalised to sum to one; where the
model's own replies are in the set, they stand for all that it says but the ways to decline beside them (`Drawn`); a
confidence stated behind an answer is a second choice, renormalised among the confidences on offer. The expected reward,
minus `kl` times the divergence from where the policy stood at the start, is maximised.

Source: the policy gradient in closed form (Williams 1992, REINFORCE, whose expectation this is); decision-token
training on closed sets: Yaldiz et al. 2026 (arXiv 2601.13284).
Cost: one forward and one backward pass over the batch, what replies begin with together read once.
Fails when: what the model comes to say lies outside the sets: their probabilities move against each other, and free
replies need not follow. Or the sets were made by another model than the one that training starts from.
"""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import torch
from peft import get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import load_file, save_file
from transformers import PreTrainedModel

from knowwhen.errors import RequestError, RunError
from knowwhen.objectives import Objective, load
from knowwhen.training import _adapter
from knowwhen.training._adapter import Base
from knowwhen.training._plan import Plan, Step, Tell, kl_told, settings
from knowwhen.training.forest import Group, plant, reply_logprobs
from knowwhen.training.rewards import check_known, check_sound
from knowwhen.training.rows import Candidate, Row, candidates_of, graded, item_of
from knowwhen.types import Move

READS = "closed"
DEFAULTS: dict[str, object] = {"steps": 30, "batch": 8, "learning_rate": 3e-4}

LEAST = 1e-3
"""A way to decline has at least this probability at the start: what is never tried is never learned."""
REACH = 2.0
"""Nats by which a drawn reply's own likelihood may move its share, up or down. A long reply gains or loses many nats
with the manner of speaking; beyond some the shares no longer say what the model says (truncated importance weights,
Ionides 2008; the trust region of PPO)."""
COLLAPSED = 0.999
"""A batch of which a larger share is declined has no gradient left; its steps say so."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What makes a set with replies of the model's own stand for all that the model says.

    A long reply is improbable because it is long, so its probability cannot be set beside that of "I don't know." What
    is listed (the ways to decline) has its own probability; what was drawn shares the rest as often as it was drawn,
    times what its likelihood has gained since: the importance-weighted estimate of free replies.
    """

    share_A: tuple[float | None, ...]
    """Of each answer, how often it was drawn; None: it is listed."""
    then_A: tuple[float, ...]
    """Its log-probability when the set was made, nats."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question, its closed answer set as tokens, and what each reply is worth."""

    group: Group
    stems: tuple[int, ...]
    """How many tokens of each reply are the answer itself; the rest is what it states behind."""
    answer_R: tuple[int, ...]
    """Which answer each reply gives: replies that differ in what they state alone share it."""
    drawn: Drawn | None
    """None: the set is all that can be said."""
    rewards: tuple[float, ...]
    moves: tuple[str, ...]
    """For each reply: right, wrong, declined, or open (an answer of which nothing is known)."""
    stratum: str
    """Questions are drawn evenly over these: the scenario, and whether it should be answered."""


def questions(rows: Sequence[Row], objective: Objective, base: Base) -> tuple[list[Question], int]:
    """The rows as questions, and how many say nothing: too long for the model, or no two replies of different worth.

    Replies whose reward is None are left out of their set.
    """
    most = int(getattr(base.inner.config.get_text_config(decoder=True), "max_position_embeddings", None) or 1 << 30)
    found, silent = [], 0
    end = () if base.talk.closing is None else (base.talk.closing,)
    for row in rows:
        item = item_of(row)
        replies, stems, kept, rewards, moves = [], [], [], [], []
        for candidate in candidates_of(row):
            seen = graded(candidate, row)
            worth = objective.reward(seen)
            if worth is None:
                continue
            stem, tail = base.talk.reply(candidate.text), base.tail(candidate.tail)
            closed = end if candidate.ended else ()
            replies.append((*stem, *tail, *closed))
            stems.append(len(stem) + (0 if tail else len(closed)))
            kept.append(candidate)
            rewards.append(float(worth))
            moves.append("declined" if seen.declined else {True: "right", False: "wrong", None: "open"}[seen.right])
        prompt = base.talk.tokens(item.messages)
        if len(set(rewards)) < 2 or len(prompt) + max(map(len, replies)) > most:
            silent += 1
            continue
        side = "answer" if Move.ANSWER in item.calls_for else "decline"
        stratum = f"{item.tags['scenario']} {side}"
        texts = [candidate.text for candidate in kept]
        answers = tuple(texts.index(text) for text in texts)
        parts = (tuple(stems), answers, drawn_of(kept), tuple(rewards), tuple(moves))
        found.append(Question((prompt, replies), *parts, stratum))
    return found, silent


def drawn_of(candidates: Sequence[Candidate]) -> Drawn | None:
    """What is known of a set's drawn replies; None where none was drawn, or a log-probability is not known."""
    texts = {candidate.text: candidate for candidate in candidates}  # what differs in its tail alone counts once
    shares, then = [c.share for c in texts.values()], [c.logprob for c in texts.values()]
    known = tuple(value for value in then if value is not None)
    if not any(shares) or len(known) < len(then):
        return None
    return Drawn(tuple(shares), known)


def log_policy(
    stem_R: torch.Tensor, tail_R: torch.Tensor, answer_R: Sequence[int], drawn: Drawn | None = None
) -> torch.Tensor:
    """log_R, nats: one of the answers is chosen, then one of the things that may be stated behind it.

    Args:
        stem_R, tail_R: log-probabilities of each reply's answer, and of what it states given the answer.
        answer_R: the number of the first reply with the same answer.
        drawn: of the answers in their order; None: the set is all that can be said.
    """
    firsts = sorted(set(answer_R))
    stem_A = stem_R[firsts]
    log_A = torch.log_softmax(stem_A, -1) if drawn is None else _of_all(stem_A, drawn)
    chosen_R = log_A[[firsts.index(k) for k in answer_R]]
    same_RR = torch.tensor([[a == b for b in answer_R] for a in answer_R], device=tail_R.device)
    among_R = torch.where(same_RR, tail_R[None, :], -torch.inf).logsumexp(-1)
    return chosen_R + tail_R - among_R


def _of_all(stem_A: torch.Tensor, drawn: Drawn) -> torch.Tensor:
    """log_A, nats: listed answers by their own probability, drawn ones by their share of the rest; see `Drawn`."""
    own_A = torch.tensor([share is not None for share in drawn.share_A], device=stem_A.device)
    then_A = torch.tensor(drawn.then_A, dtype=stem_A.dtype, device=stem_A.device)
    least, most = math.log(LEAST), math.log1p(-LEAST)
    listed_A = (stem_A + (least - then_A).clamp(min=0)).masked_fill(own_A, -torch.inf)
    if not bool(own_A.all()):
        total = listed_A.logsumexp(-1)
        listed_A = listed_A - (total - most).clamp(min=0)  # lifted ones may come to more than there is
        rest = torch.log1p(-listed_A.exp().sum().clamp(max=1 - LEAST))
    else:
        rest = stem_A.new_zeros(())
    share_A = torch.tensor([share or 0.0 for share in drawn.share_A], dtype=stem_A.dtype, device=stem_A.device)
    moved_A = share_A.log() + (stem_A - then_A).clamp(-REACH, REACH)
    drawn_A = rest + torch.log_softmax(moved_A.masked_fill(~own_A, -torch.inf), -1)
    return torch.where(own_A, drawn_A, listed_A)


def expected(
    log_R: torch.Tensor, rewards: Sequence[float], start_R: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """(expected reward, KL from the start in nats, policy_R) of one question.

    Args:
        log_R: the policy, log-probabilities that sum to one.
        start_R: the same at the start of training; None: KL is 0.
    """
    policy_R = log_R.exp()
    reward = policy_R @ torch.tensor(rewards, dtype=policy_R.dtype, device=policy_R.device)
    kl = torch.zeros_like(reward) if start_R is None else policy_R @ (log_R - start_R)
    return reward, kl, policy_R


def train(plan: Plan, rows: list[Row], tell: Tell) -> Path:
    """Train on closed answer sets and write the adapter folder.

    Raises:
        RequestError: the sets lack what the objective reads, or none has replies of different worth under it.
        ModelError: the loss or its gradient is no number.
        RunError: the folder cannot be written to.
    """
    settings(plan, DEFAULTS)
    objective = load(plan.objective)
    _check(objective, rows)
    base = _adapter.open_base(plan)
    asked, silent = questions(rows, objective, base)
    if not asked:
        raise RequestError(
            f"Under {objective.name} none of the {len(rows)} closed answer sets has replies of different worth, so "
            "nothing could be learned. Was the set made for another objective?"
        )
    model = base.inner
    weights = [p for p in base.model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=plan.learning_rate, weight_decay=0.0)
    starts = _starts(model, asked) if plan.kl else None
    before = {} if plan.kl else _adapter.weights_of(base.model)
    done = _resume(plan, base, optimizer)
    started = time.monotonic()
    with _adapter.reported(plan) as report, _adapter.plainly("Lower --batch, or make closed sets of fewer words"):
        for number, batch in enumerate(drawn(asked, plan), 1):
            if number <= done:
                continue
            for group in optimizer.param_groups:
                group["lr"] = plan.learning_rate * _share(number, plan.steps)
            picked, begun = [asked[k] for k in batch], [starts[k] for k in batch] if starts else None
            if not starts and kl_told(number, plan.steps):
                with _adapter.put_back(base.model, before):
                    begun = _starts(model, picked)
            step = one_step(model, picked, optimizer, plan, begun, number)
            step = replace(step, seconds=time.monotonic() - started, begun=done)
            _adapter.log(plan.out, step)
            for listener in (tell, report):
                listener(step)
            if number % plan.save_every == 0 and number < plan.steps:
                _keep(plan, base, optimizer, number)
    shown = _adapter.steps(plan.out)[-1]
    figures = {"questions": len(asked), "without a gradient": silent} | {
        k: round(shown[k], 4) for k in ("reward", "right", "wrong", "declined") if k in shown
    }
    _adapter.save(base, plan, figures=figures)
    shutil.rmtree(plan.out / "checkpoints", ignore_errors=True)
    return plan.out


def _check(objective: Objective, rows: Sequence[Row]) -> None:
    """Whether the sets have what the objective pays by.

    Raises:
        RequestError: they lack it; says how to get it.
    """
    check_known(objective, rows)
    check_sound(objective, None)
    if objective.states == "mode":
        raise RequestError(
            f"{objective.name} pays by the mode that a reply begins with, which the replies of closed answer sets do "
            "not have. Train with --trainer grpo, whose prompts ask for it."
        )
    if objective.states == "confidence" and not any(c.confidence is not None for r in rows for c in candidates_of(r)):
        raise RequestError(
            f"{objective.name} pays by the confidence that a reply states, and no reply in the {len(rows)} closed "
            "answer sets states one, so that only declining would pay. Make sets that do: knowwhen prepare "
            "'closed(confidence=True)' MODEL --out FILE."
        )


def one_step(
    model: PreTrainedModel,
    batch: Sequence[Question],
    optimizer: torch.optim.Optimizer,
    plan: Plan,
    starts: Sequence[torch.Tensor] | None,
    number: int,
) -> Step:
    """Update number `number`; what it tells is of the policy before it.

    Args:
        starts: the policy on each question at the start; None: KL is not told.

    Raises:
        ModelError: the loss or its gradient is no number; then nothing is changed.
    """
    optimizer.zero_grad(set_to_none=True)
    total = {"reward": 0.0, "kl": 0.0, "right": 0.0, "wrong": 0.0, "declined": 0.0, "open": 0.0}
    loss = 0.0
    for policies in _policies(model, batch):
        parts = []
        for k, log_R in policies:
            question = batch[k]
            reward, kl, policy_R = expected(log_R, question.rewards, starts[k] if starts else None)
            parts.append(plan.kl * kl - reward if plan.kl else -reward)
            total["reward"] += reward.item() / len(batch)
            total["kl"] += kl.item() / len(batch)
            for chance, move in zip(policy_R.tolist(), question.moves, strict=True):
                total[move] += chance / len(batch)
        part = torch.stack(parts).sum() / len(batch)
        if math.isfinite(part.item()):
            part.backward()  # type: ignore[no-untyped-call]
        loss += part.item()
    _adapter.finite(loss, number)
    norm = torch.nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], 1.0)
    _adapter.finite(norm.item(), number, "gradient")
    optimizer.step()
    kl_nats = total["kl"] if starts else math.nan
    note = "every reply declines: nothing is left to learn from" if total["declined"] > COLLAPSED else ""
    rates = (total["reward"], total["right"], total["wrong"], total["declined"])
    return Step(number, plan.steps, loss, *rates, kl_nats, note=note)


def _policies(model: PreTrainedModel, batch: Sequence[Question]) -> Iterator[list[tuple[int, torch.Tensor]]]:
    """For each pass over the batch, (which question, its policy as log_R)."""
    for forest in plant([question.group for question in batch]):
        stems = [stem for k in forest.groups for stem in batch[k].stems]
        stem_R, tail_R = reply_logprobs(model, forest, stems)
        found, at = [], 0
        for k in forest.groups:
            own = slice(at, at + len(batch[k].rewards))
            found.append((k, log_policy(stem_R[own], tail_R[own], batch[k].answer_R, batch[k].drawn)))
            at = own.stop
        yield found


def drawn(asked: Sequence[Question], plan: Plan) -> Iterator[list[int]]:
    """The questions of each step: strata in turn, each stratum's questions in random order, again when used up."""
    rng = Random(f"exact {plan.seed}")
    strata: dict[str, list[int]] = {}
    for k, question in enumerate(asked):
        strata.setdefault(question.stratum, []).append(k)
    piles: dict[str, list[int]] = {name: [] for name in strata}
    turn: list[str] = []
    for _ in range(plan.steps):
        batch = []
        for _ in range(plan.batch):
            if not turn:
                turn = rng.sample(sorted(strata), len(strata))
            name = turn.pop()
            if not piles[name]:
                piles[name] = rng.sample(strata[name], len(strata[name]))
            batch.append(piles[name].pop())
        yield batch


@torch.no_grad()
def _starts(model: PreTrainedModel, asked: Sequence[Question]) -> list[torch.Tensor]:
    """The policy on every question as it is, without an adapter's dropout."""
    training = model.training
    model.train(False)
    found = dict(pair for policies in _policies(model, asked) for pair in policies)
    model.train(training)
    return [found[k] for k in range(len(asked))]


def _share(number: int, steps: int) -> float:
    """The learning rate of a step as a share of the highest: up over a few steps, then down to a tenth."""
    warmup = max(1, min(5, steps // 4))
    return min(1.0, number / warmup, 1 - 0.9 * (number - 1) / steps)


def _keep(plan: Plan, base: Base, optimizer: torch.optim.Optimizer, done: int) -> None:
    """A checkpoint: it takes its place whole, after the one before."""
    folder = _checkpoints(plan)
    part = folder / "part"
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(parents=True)
        weights = get_peft_model_state_dict(base.model, save_embedding_layers=False)  # "auto" asks the hub
        save_file(weights, part / "adapter.safetensors")
        torch.save(optimizer.state_dict(), part / "optimizer.pt")
        part.replace(folder / f"step-{done}")
    except OSError as error:
        raise RunError(f"No checkpoint can be written to {folder}: {error.strerror or error}.") from error
    for old in folder.glob("step-*"):
        if old.name != f"step-{done}":
            shutil.rmtree(old, ignore_errors=True)


def _resume(plan: Plan, base: Base, optimizer: torch.optim.Optimizer) -> int:
    """Load the newest checkpoint of this very run; returns the steps that it had done."""
    plan.out.mkdir(parents=True, exist_ok=True)
    kept = {int(path.name.removeprefix("step-")): path for path in _checkpoints(plan).glob("step-*")}
    if not kept:
        (plan.out / _adapter.LOG).unlink(missing_ok=True)
        return 0
    done = max(kept)
    set_peft_model_state_dict(base.model, load_file(kept[done] / "adapter.safetensors"))
    optimizer.load_state_dict(torch.load(kept[done] / "optimizer.pt", weights_only=True))
    return done


def _checkpoints(plan: Plan) -> Path:
    """Where a run's checkpoints lie: apart from those of any other plan for the same folder."""
    return plan.out / "checkpoints" / plan.fingerprint[:16]

"""Batched greedy decoding, sampling and teacher-forced scoring of token sequences, over any attention-only
`transformers` causal language model.

What makes it fast, beside ``generate`` on the same weights:

- *Shared prefixes are read once.* The tokens that all prompts begin with (chat template, system message) are run
  through the model a single time; prompts that share more (the same question asked in two ways) share that too.
- *One prefill, many continuations.* Samples and scored continuations fork the keys and values of their prompt.
- *Finished rows leave at once*, and waiting prompts take their place, so a step always works on a full batch. On a
  processor this matters twice: a matrix product over 64 rows costs little more than one over 16.
- *Lengths are sorted*, so that little padding is computed and the widest need for memory comes first. Once the longest
  rows are done the slots are laid out anew, shorter and more of them; the rows in work move along, so that a run ends
  in one tail of few rows, not in one for each length.

Keys and values live in slots: row r, position p, per layer. A row's tokens always occupy positions 0 … length−1, so
there is no padding inside a row, rows of any length share a step, and an attention mask hides what lies beyond each
row's length. Hidden states and log-probabilities come from the very passes that generate.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from transformers import PreTrainedModel

from knowwhen.errors import ModelError, RequestError
from knowwhen.models import _plan as plan
from knowwhen.models._plan import Job, Unit
from knowwhen.models._rows import Reply, Row, extend, uniforms
from knowwhen.models._slots import Slots
from knowwhen.models._thin import THIN_ROWS, thin_products

MOST_ROWS = {"cpu": 96, "cuda": 512}
"""Rows beyond which a step gains nothing; memory may set a lower bound."""
PARKED = {"cpu": 12, "cuda": 64}
"""Finished rows that wait to have their branches read together, for each pass has a fixed cost (`plan.PASS_TOKENS`)."""


@dataclass(slots=True)
class Done:
    """Everything asked for by one job."""

    reply: Reply | None = None
    samples: list[Reply] = field(default_factory=list)
    scores: list[list[float]] = field(default_factory=list)
    """For each continuation, the log-probability (nats) of each of its tokens."""
    branches: list[list[float]] = field(default_factory=list)
    """For each branch, the log-probability (nats) of each of `Job.read` as the token after it."""
    hidden_LD: NDArray[np.float32] | None = None
    """Residual stream at the last prompt token: embeddings, then the output of each layer. Float32."""


class Engine:
    """Runs jobs on one model. Build one per model; it holds no state between calls but memory figures.

    Args:
        model: a causal language model in eval mode, attention layers only.
        end_ids: tokens that end a reply.
        memory: bytes for keys, values and logits. It sets how many rows are decoded at once; results do not depend
            on it beyond rounding.

    Raises:
        ModelError: when the model's own forward pass and this engine's disagree on a probe (recurrent layers,
            positions that are not given by `position_ids`), so that it never gives a wrong figure.
    """

    def __init__(self, model: PreTrainedModel, end_ids: frozenset[int], memory: int = 768 << 20) -> None:
        self.model, self.end_ids, self.memory = model, end_ids, memory
        self.device = model.device
        self.vocabulary = int(model.config.get_text_config(decoder=True).vocab_size)
        self.kinds, self.window = attention_kinds(model)
        self.additive = model.config._attn_implementation == "eager"
        cpu = self.device.type == "cpu" and model.dtype == torch.float32
        # A layer with a forward of its own (as accelerate's offloading gives it) is left to that forward.
        self.thin = [m for m in model.modules() if type(m) is nn.Linear and "forward" not in vars(m)] if cpu else []
        self.scorable = 1 << 30 if self.kinds == ("full_attention",) else self.window
        """Positions up to which continuations can be scored: a prompt and all its continuations together."""
        self._check_against_plain_forward()

    # ── one pass ────────────────────────────────────────────────────────────────────────────────────────────────

    def _forward(
        self,
        slots: Slots,
        first: int,
        tokens: Sequence[Sequence[int]],
        starts: Sequence[int],
        *,
        keep: int = 1,
        hidden: bool = False,
        mask: torch.Tensor | None = None,
        positions: Sequence[Sequence[int]] | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Run `tokens[i]` as row first+i, written at positions starts[i]…; rows are padded on the left.

        Returns the logits of the last `keep` tokens (B, keep, V) and, if asked, hidden_BLD of the last token.
        `mask` (B, T, reach) and `positions` override the causal pattern and the positions that the model is told.
        """
        count, width = len(tokens), max(map(len, tokens))
        ragged = any(len(t) < width for t in tokens)
        ids, pos = np.zeros((count, width), np.int64), np.zeros((count, width), np.int64)
        valid = np.zeros((count, width), bool)
        for i, (row, start) in enumerate(zip(tokens, starts, strict=True)):
            ids[i, width - len(row) :] = row
            pos[i, width - len(row) :] = np.arange(start, start + len(row))
            valid[i, width - len(row) :] = True
        reach = int(pos.max()) + 1
        pos_BT = torch.from_numpy(pos).to(self.device)
        slots.aim(first, pos_BT, torch.from_numpy(valid).to(self.device) if ragged else None, reach)
        told_BT = pos_BT
        if positions is not None:
            told = np.zeros((count, width), np.int64)
            for i, given in enumerate(positions):
                told[i, width - len(given) :] = given
            told_BT = torch.from_numpy(told).to(self.device)
        with thin_products(self.thin if count * width <= THIN_ROWS else ()):
            out = self.model(
                input_ids=torch.from_numpy(ids).to(self.device),
                position_ids=told_BT,
                attention_mask=self._masks(told_BT, reach, mask),
                past_key_values=slots,
                use_cache=True,
                logits_to_keep=keep,
                output_hidden_states=hidden,
            )
        states = torch.stack([h[:, -1] for h in out.hidden_states], 1).float() if hidden else None
        return out.logits[:, -keep:], states

    def _masks(self, pos_BT: torch.Tensor, reach: int, mask: torch.Tensor | None) -> object:
        key_K = torch.arange(reach, device=self.device)
        full_BTK = key_K <= pos_BT[:, :, None] if mask is None else mask
        kinds: dict[str, torch.Tensor] = {}
        for kind in self.kinds:
            seen = full_BTK
            if kind == "sliding_attention":
                seen = seen & (key_K > pos_BT[:, :, None] - self.window)
            seen = seen[:, None]
            if self.additive:
                low = torch.finfo(self.model.dtype).min
                seen = torch.zeros_like(seen, dtype=self.model.dtype).masked_fill(~seen, low)
            kinds[kind] = seen
        return kinds if len(kinds) > 1 else next(iter(kinds.values()))

    @torch.inference_mode()
    def _check_against_plain_forward(self) -> None:
        """Two ragged rows, prefilled and extended by one token, must equal the model's own uncached forward pass."""
        rng = np.random.default_rng(0)
        long, short = (rng.integers(0, self.vocabulary, n).tolist() for n in (7, 4))
        slots = Slots(2, 8)
        try:
            self._forward(slots, 0, [long[:-1], short[:-1]], [0, 0])
            ours, _ = self._forward(slots, 0, [long[-1:], short[-1:]], [6, 3])
        except (TypeError, ValueError, RuntimeError, AttributeError, KeyError) as error:
            name = type(self.model).__name__
            raise ModelError(f"The local engine cannot run {name}: {error}. {_ELSEWHERE}") from error
        for row, ids in zip(ours[:, 0].float(), (long, short), strict=True):
            own = self.model(torch.tensor([ids], device=self.device)).logits[0, -1].float()
            tolerance = 1e-2 if self.model.dtype == torch.float32 else 0.1
            if not (row - own).norm() <= tolerance * own.norm():
                raise ModelError(
                    f"The local engine and {type(self.model).__name__}'s own forward pass disagree "
                    f"(relative difference {(row - own).norm() / own.norm():.2g}). {_ELSEWHERE}"
                )
        self.bytes_per_position = slots.bytes_per_position()

    # ── many jobs ───────────────────────────────────────────────────────────────────────────────────────────────

    @torch.inference_mode()
    def run(
        self,
        jobs: Sequence[Job],
        *,
        temperature: float = 1.0,
        seed: int = 0,
        stop: Callable[[Sequence[int]], bool] | None = None,
    ) -> Iterator[tuple[int, Done]]:
        """Yield (index, Done) as jobs finish.

        Samples are drawn by inverting the cumulative distribution at uniforms that depend on the seed, the prompt
        and the sample's number alone, so they do not change with the batch size or with the other prompts.
        `stop` sees the new tokens of a row after each step and may end it.
        """
        if temperature <= 0:
            raise RequestError(f"temperature must be positive, not {temperature}; the first reply is greedy anyway.")
        plan.check(jobs)
        if not jobs:
            return
        shared = plan.common_prefix([job.prompt for job in jobs]) if len(jobs) > 1 else 0
        shared = min(shared, min(len(job.prompt) for job in jobs) - 1)
        prefix = Slots(1, max(shared, 1))
        if shared:
            self._forward(prefix, 0, [jobs[0].prompt[:shared]], [0])

        queued = sum(1 + job.samples for job in jobs)
        queue = deque(plan.split(plan.groups(jobs, shared), jobs, queued))
        done = {i: Done(samples=[Reply() for _ in range(job.samples)]) for i, job in enumerate(jobs)}
        waiting = {i: 1 + job.samples + bool(job.branches) for i, job in enumerate(jobs)}
        parking = min(PARKED["cuda" if self.device.type == "cuda" else "cpu"], sum(bool(job.branches) for job in jobs))
        slots, parked, capacity = Slots(0, 0), Parked(0, 0), 0
        active: list[Row] = []
        while queue or active:
            settled: list[int] = []
            if queue and (capacity - len(active)) * 4 >= capacity:
                length = max(plan.widest(queue[0], jobs), *(plan.need(jobs[row.job]) for row in active), 1)
                rows = self._capacity(length, parking + len(active) + queued)
                room = min(parking, rows // 8 + 1)
                if (more := max(1, rows - room)) * 4 >= capacity * 5:
                    settled += self._branch(jobs, slots, parked, done)
                    slots.resize(more + room, length, len(active), max((row.position for row in active), default=0))
                    capacity, parked = more, Parked(more, room)
                    queue = deque(plan.split(queue, jobs, capacity))
            free = capacity - len(active)
            if queue and plan.rows(queue[0]) <= free and (not active or free * 4 >= capacity):
                admitted: list[Unit] = []
                while queue and plan.rows(queue[0]) <= free:
                    free -= plan.rows(queue[0])
                    admitted.append(queue.popleft())
                queued -= sum(map(plan.rows, admitted))
                new = self._prefill(jobs, admitted, slots, len(active), prefix, shared, done, temperature, seed)
                active.extend(new)
            else:
                tokens_B = [[row.reply.tokens[-1]] for row in active]
                logits, _ = self._forward(slots, 0, tokens_B, [row.position for row in active])
                for row in active:
                    row.position += 1
                extend(active, logits[:, 0], temperature)
            for row in self._retire(jobs, active, slots, stop, parked, settled, done):
                target = done[row.job]
                if row.sample is None:
                    target.reply = row.reply if jobs[row.job].max_tokens else None
                else:
                    target.samples[row.sample] = row.reply
                settled.append(row.job)
            if not queue and not active:
                settled += self._branch(jobs, slots, parked, done)
            for index in settled:
                waiting[index] -= 1
                if not waiting[index]:
                    yield index, done.pop(index)

    def _capacity(self, length: int, wanted: int) -> int:
        """Rows decoded at once within the memory bound (three copies of a row's logits live at the same time)."""
        row = length * self.bytes_per_position + 3 * 4 * self.vocabulary
        most = MOST_ROWS["cuda" if self.device.type == "cuda" else "cpu"]
        return max(1, min(wanted, most, self.memory // row))

    def _scored_rows(self, width: int) -> int:
        """Rows whose continuations, of `width` tokens together, are scored at once: a quarter of the memory bound.

        Every scored token has logits, so a pass over all rows at once would be far beyond the bound.
        """
        return max(1, self.memory // 4 // (4 * self.vocabulary * max(width, 1)))

    def _prefill(
        self,
        jobs: Sequence[Job],
        units: Sequence[Unit],
        slots: Slots,
        first: int,
        prefix: Slots,
        shared: int,
        done: dict[int, Done],
        temperature: float,
        seed: int,
    ) -> list[Row]:
        """Read the prompts of `units` into rows first…, score continuations, fork samples, pick first tokens.

        A prompt alone in its unit is read whole. Prompts that share a stem are read in two steps: the stem once, then
        the rest of each from a copy of it.
        """
        alone = [unit[0] for unit in units if len(unit) == 1]
        together = [unit for unit in units if len(unit) > 1]
        stems = [plan.stem([jobs[i].prompt for i, _ in unit], shared) for unit in together]
        # The longest rests first, so that chunks of like length lie side by side.
        split = sorted(
            ((pair, g) for g, unit in enumerate(together) for pair in unit),
            key=lambda entry: stems[entry[1]] - len(jobs[entry[0][0]].prompt),
        )
        flat = alone + [pair for pair, _ in split]
        order = [i for i, _ in flat]

        slots.load(prefix, slice(first, first + len(units)), shared)
        reads = [jobs[i].prompt for i, _ in alone]
        reads += [jobs[unit[0][0]].prompt[:stem] for unit, stem in zip(together, stems, strict=True)]
        want_hidden = any(jobs[i].hidden for i in order)
        logits_NV, hidden_NLD = self._read(slots, first, reads, [shared] * len(units), hidden=want_hidden)
        if together:
            behind = first + len(alone)
            slots.copy([behind + g for _, g in split], range(behind, first + len(flat)), max(stems))
            rests, starts = [jobs[pair[0]].prompt for pair, _ in split], [stems[g] for _, g in split]
            rest_logits, rest_hidden = self._read(slots, behind, rests, starts, hidden=want_hidden)
            logits_NV = torch.cat([logits_NV[: len(alone)], rest_logits])
            if hidden_NLD is not None and rest_hidden is not None:
                hidden_NLD = torch.cat([hidden_NLD[: len(alone)], rest_hidden])
        for b, i in enumerate(order):
            if jobs[i].hidden and hidden_NLD is not None:
                done[i].hidden_LD = hidden_NLD[b].cpu().numpy()
        # A job whose samples did not fit into one unit comes more than once; it is scored with its greedy row.
        scored = [jobs[i].continuations if None in wanted else () for i, wanted in flat]
        starts = [len(jobs[i].prompt) for i in order]
        step = self._scored_rows(max(sum(map(len, given)) for given in scored))
        for b in range(0, len(order), step):
            part = slice(b, b + step)
            if any(scored[part]):
                self._score(order[part], scored[part], starts[part], slots, first + b, logits_NV[part], done)

        rows: list[Row] = []
        forks: list[tuple[int, Row]] = []
        for b, (i, wanted) in enumerate(flat):
            new = [
                Row(i, n, len(jobs[i].prompt), Reply(), uniforms(seed, jobs[i], n), jobs[i].spread and n is None)
                for n in wanted
            ]
            rows.append(new[0])
            forks += [(b, row) for row in new[1:]]
        if forks:
            reach = max(len(jobs[i].prompt) for i in order)
            slots.copy([first + b for b, _ in forks], range(first + len(flat), first + len(flat) + len(forks)), reach)
            rows += [row for _, row in forks]
            logits_NV = logits_NV[[*range(len(order)), *(b for b, _ in forks)]]
        extend(rows, logits_NV, temperature)
        return rows

    def _read(
        self, slots: Slots, first: int, prompts: Sequence[tuple[int, ...]], starts: Sequence[int], *, hidden: bool
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Read prompts[i] from starts[i] on into row first+i, in passes of like length.

        A prompt with nothing left to read has its last token read again, for its logits. Returns the logits of each
        last token (N, V), float32, and, if asked, hidden_NLD.
        """
        starts = [min(start, len(prompt) - 1) if prompt else 0 for prompt, start in zip(prompts, starts, strict=True)]
        tokens = [list(prompt[start:]) or [0] for prompt, start in zip(prompts, starts, strict=True)]
        logits, states = [], []
        for chunk in plan.chunks([len(t) for t in tokens]):
            out, state = self._forward(slots, first + chunk.start, tokens[chunk], starts[chunk], hidden=hidden)
            logits.append(out[:, -1].float())
            states.append(state)
        return torch.cat(logits), torch.cat([s for s in states if s is not None]) if hidden else None

    def _score(
        self,
        order: Sequence[int],
        scored: Sequence[tuple[tuple[int, ...], ...]],
        starts: Sequence[int],
        slots: Slots,
        first: int,
        last_BV: torch.Tensor,
        done: dict[int, Done],
    ) -> None:
        """Teacher-force the continuations `scored[b]` behind the prompt of row first+b, in one pass.

        The continuations of a prompt lie one after another in the slots behind it; a mask lets each see the prompt
        and itself only, and positions start anew for each, so nothing is copied.
        """
        packed = [[t for c in given for t in c[:-1]] or [0] for given in scored]
        told = [
            [start + k for c in given for k in range(len(c) - 1)] or [start]
            for given, start in zip(scored, starts, strict=True)
        ]
        width, reach = max(map(len, packed)), max(s + len(p) for s, p in zip(starts, packed, strict=True))
        if reach > self.scorable:
            raise ModelError("Scoring continuations beyond a sliding attention window is not supported.")
        mask = np.zeros((len(order), width, reach), bool)
        mask[:, :, 0] = True  # padding sees something, so that its softmax is finite
        for b, (start, given) in enumerate(zip(starts, scored, strict=True)):
            owner = np.array([n for n, c in enumerate(given) for _ in c[:-1]] or [-1])
            mask[b, width - len(owner) :, :start] = True
            mask[b, width - len(owner) :, start : start + len(owner)] = np.tri(len(owner), dtype=bool) & (
                owner[:, None] == owner
            )
        logits, _ = self._forward(
            slots, first, packed, starts, keep=width, mask=torch.from_numpy(mask).to(self.device), positions=told
        )
        first_BV = torch.log_softmax(last_BV, -1)
        for b, i in enumerate(order):
            at = width - len(packed[b])
            for continuation in scored[b]:
                scores = [float(first_BV[b, continuation[0]])]
                if len(continuation) > 1:
                    rows_TV = torch.log_softmax(logits[b, at : at + len(continuation) - 1].float(), -1)
                    targets = torch.tensor(continuation[1:], device=self.device)
                    scores += rows_TV.gather(1, targets[:, None])[:, 0].tolist()
                    at += len(continuation) - 1
                done[i].scores.append(scores)

    def _retire(
        self,
        jobs: Sequence[Job],
        active: list[Row],
        slots: Slots,
        stop: Callable[[Sequence[int]], bool] | None,
        parked: Parked,
        settled: list[int],
        done: dict[int, Done],
    ) -> list[Row]:
        """Take finished rows out of `active` and close the gaps with the last rows, whose slots are moved.

        Rows that branch are parked first; where that fills the parking, it is emptied and the jobs are `settled`.
        """
        finished, branching = [], []
        for k, row in enumerate(active):
            tokens = row.reply.tokens
            row.reply.ended = tokens[-1] in self.end_ids or bool(stop and stop(tokens))
            if row.reply.ended or len(tokens) >= jobs[row.job].max_tokens:
                finished.append(row)
                if row.sample is None and jobs[row.job].branches:
                    branching.append(k)
        if not finished:
            return finished
        while branching:
            free = parked.room - len(parked.rows)
            if not free:
                settled += self._branch(jobs, slots, parked, done)
                continue
            some, branching = branching[:free], branching[free:]
            first = parked.first + len(parked.rows)
            slots.copy(some, range(first, first + len(some)), max(active[k].position for k in some))
            parked.rows += [active[k] for k in some]
        gone = {id(row) for row in finished}
        kept = [k for k, row in enumerate(active) if id(row) not in gone]
        holes = [k for k in range(len(kept)) if id(active[k]) in gone]
        movers = kept[len(kept) - len(holes) :] if holes else []
        if holes:
            slots.copy(movers, holes, max(active[k].position for k in movers))
            for hole, mover in zip(holes, movers, strict=True):
                active[hole] = active[mover]
        del active[len(kept) :]
        return finished

    def _branch(self, jobs: Sequence[Job], slots: Slots, parked: Parked, done: dict[int, Done]) -> list[int]:
        """Read the branches of all parked rows behind their replies, and empty the parking. Returns their jobs."""
        rows = parked.rows
        for number in range(max((len(jobs[row.job].branches) for row in rows), default=0)):
            some = [k for k, row in enumerate(rows) if number < len(jobs[row.job].branches)]
            for start, stop in _runs(some):  # a pass works on neighbouring slots
                part, tokens = rows[start:stop], []
                for row in part:
                    last, branch = row.reply.tokens[-1], jobs[row.job].branches[number]
                    # The newest token was never read. If it ended the reply, the branch may begin with it too.
                    tokens.append([last, *(branch[1:] if branch[0] == last else branch)])
                logits, _ = self._forward(slots, parked.first + start, tokens, [row.position for row in part])
                for row, logit_V in zip(part, torch.log_softmax(logits[:, -1].float(), -1), strict=True):
                    done[row.job].branches.append(logit_V[list(jobs[row.job].read)].tolist())
        parked.rows = []
        return [row.job for row in rows]


@dataclass(slots=True)
class Parked:
    """Finished rows in slots of their own, behind those of the active rows."""

    first: int
    room: int
    rows: list[Row] = field(default_factory=list)


def _runs(indices: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The stretches (start, stop) of consecutive numbers in a rising sequence."""
    start = 0
    for k in range(1, len(indices) + 1):
        if k == len(indices) or indices[k] != indices[k - 1] + 1:
            yield indices[start], indices[k - 1] + 1
            start = k


_ELSEWHERE = "Serve the model (vLLM, transformers serve, …) and use openai:NAME@URL instead."


def attention_kinds(model: PreTrainedModel) -> tuple[tuple[str, ...], int]:
    """The kinds of attention layer that the model mixes, and the width of its sliding window."""
    config = model.config.get_text_config(decoder=True)
    window = getattr(config, "sliding_window", None)
    kinds = tuple(dict.fromkeys(getattr(config, "layer_types", None) or ()))
    if not kinds:
        slides = window and getattr(config, "use_sliding_window", True)
        kinds = ("sliding_attention",) if slides else ("full_attention",)
    strange = set(kinds) - {"full_attention", "sliding_attention"}
    # GPT-Neo cuts its window by the length of the whole batch, not by positions; the probe is too short to show it.
    strange |= set(getattr(config, "attention_layers", ())) - {"global"}
    if strange:
        raise ModelError(
            f"The local engine runs full and sliding attention; {type(model).__name__} also has "
            f"{', '.join(sorted(strange))}. {_ELSEWHERE}"
        )
    return kinds, int(window or 0)

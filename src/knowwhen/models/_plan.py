"""In which order and company prompts are read: common prefixes, groups that share a stem, units, rows.

Pure functions of token ids; nothing here knows a model.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from knowwhen.errors import RequestError

PREFILL_TOKENS = 2048
"""Padded tokens in one pass over prompts: enough for full speed, little enough to bound the activations."""
PASS_TOKENS = 96
"""What a pass costs beside its tokens, in tokens: streaming the weights through the processor once."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to do with one prompt."""

    prompt: tuple[int, ...]
    max_tokens: int = 0
    """New tokens of the greedy reply and of each sample; 0 for scoring only."""
    samples: int = 0
    continuations: tuple[tuple[int, ...], ...] = ()
    """Token sequences to score as if the model had produced them after the prompt."""
    branches: tuple[tuple[int, ...], ...] = ()
    """Token sequences to put, one at a time, after the greedy reply; each is read and then forgotten."""
    read: tuple[int, ...] = ()
    """The tokens whose log-probabilities are read at the end of each branch."""
    hidden: bool = False
    spread: bool = False
    """Whether margins and entropies of the greedy reply's steps are wanted."""


Unit = list[tuple[int, tuple[int | None, ...]]]
"""Jobs whose prompts are read together, each with its rows: None is the greedy one, numbers are samples."""


def check(jobs: Sequence[Job]) -> None:
    """Whether every job can be run.

    Raises:
        RequestError: a prompt, continuation or branch without tokens, samples or branches without a reply.
    """
    for index, job in enumerate(jobs):
        if not job.prompt:
            raise RequestError(f"Prompt {index} has no tokens.")
        if not all(job.continuations):
            raise RequestError(f"A continuation of prompt {index} has no tokens.")
        if job.samples and job.max_tokens < 1:
            raise RequestError(f"Prompt {index} wants samples of max_tokens={job.max_tokens}.")
        if job.branches and (job.max_tokens < 1 or not all(job.branches) or not job.read):
            raise RequestError(f"Prompt {index} branches, but without a reply, a token, or anything to read.")


def need(job: Job) -> int:
    """Positions that the job's longest row takes."""
    behind = job.max_tokens + max((len(branch) for branch in job.branches), default=0)
    return len(job.prompt) + max(behind, sum(len(c) for c in job.continuations), 1)


def common_prefix(prompts: Sequence[tuple[int, ...]]) -> int:
    """Tokens that all prompts begin with."""
    low, high = min(prompts), max(prompts)  # in lexicographic order, what these two share, all share
    size = 0
    for a, b in zip(low, high, strict=False):
        if a != b:
            break
        size += 1
    return size


def stem(prompts: Sequence[tuple[int, ...]], shared: int) -> int:
    """How far a group's prompts go together, leaving each at least one token of its own."""
    return max(shared, min(common_prefix(prompts), min(map(len, prompts)) - 1))


def chunks(lengths: Sequence[int]) -> Iterator[slice]:
    """Neighbours of like length, as one pass reads them padded to its longest.

    A pass ends where padding would cost more than the fixed cost of another pass, or where it is large enough.
    """
    start = padding = 0
    for end in range(1, len(lengths) + 1):
        widest = max(lengths[start:end])
        padding = sum(widest - n for n in lengths[start:end])
        if end - start > 1 and (padding > PASS_TOKENS or widest * (end - start) > PREFILL_TOKENS):
            yield slice(start, end - 1)
            start = end - 1
    if start < len(lengths):
        yield slice(start, len(lengths))


def groups(jobs: Sequence[Job], shared: int) -> list[Unit]:
    """The jobs in groups that share at least a quarter (and 8 tokens) beyond the common prefix."""
    prompts = [job.prompt for job in jobs]
    order = sorted(range(len(prompts)), key=lambda i: prompts[i])
    found: list[list[int]] = []
    for i in order:
        if found and len(found[-1]) < 16:
            # In lexicographic order, what the first and the newest share, all between them share.
            group = [prompts[found[-1][0]], prompts[i]]
            saved = common_prefix(group) - shared
            longest = max(len(prompts[j]) for j in (*found[-1], i)) - shared
            if saved >= max(8, longest / 4):
                found[-1].append(i)
                continue
        found.append([i])
    return [[(i, (None, *range(jobs[i].samples))) for i in group] for group in found]


def split(units: Iterable[Unit], jobs: Sequence[Job], capacity: int) -> list[Unit]:
    """Units of few jobs, widest need first; a job of more than `capacity` rows comes in several.

    Jobs stay together up to a quarter of the rows: more would wait until as many are free, and the others stand idle.
    """
    found: list[Unit] = []
    for unit in units:
        part: Unit = []
        for i, wanted in unit:
            if part and (rows(part) + len(wanted)) * 4 > capacity:
                found.append(part)
                part = []
            while len(wanted) > capacity:
                found.append([(i, wanted[:capacity])])
                wanted = wanted[capacity:]
            part.append((i, wanted))
        found.append(part)
    return sorted(found, key=lambda unit: -widest(unit, jobs))


def widest(unit: Unit, jobs: Sequence[Job]) -> int:
    """Positions that the longest row of a unit takes."""
    return max(need(jobs[i]) for i, _ in unit)


def rows(unit: Unit) -> int:
    """Rows that a unit takes once its prompts are read."""
    return sum(len(wanted) for _, wanted in unit)

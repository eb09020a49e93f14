import json
import os
import random
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest

import knowwhen.report
from knowwhen import run, store
from knowwhen.conditions import put
from knowwhen.errors import ModelError, RequestError, RunError
from knowwhen.run import Tally
from knowwhen.types import (
    Condition,
    Generation,
    Item,
    Message,
    Move,
    Need,
    Outcome,
    Response,
    Stop,
    Verdict,
    ask,
)

FREE, FORCED = Condition.FREE, Condition.FORCED


def twins(pairs):
    """Alternately answerable and not, each pair one question apart."""
    items = []
    for n in range(pairs):
        tags = {"scenario": f"kind {n % 2}", "domain": "sums", "complexity": "templated"}
        items += [
            ask(f"{n} plus 1?", Move.ANSWER, [str(n + 1)], id=f"a{n}", twin=f"b{n}", tags=tags),
            ask(f"{n} plus x?", Move.ABSTAIN, id=f"b{n}", twin=f"a{n}", tags=tags),
        ]
    return items


class Toy:
    """Replies by a law of the prompt alone: right, wrong, or declining; in an order of its own."""

    def __init__(self, order=None, fails=()):
        self.name, self.identity, self.offers = "toy", {"law": "1"}, frozenset({Need.LOGPROBS})
        self.order, self.fails, self.asked = order, set(fails), []

    def respond(self, prompts, _generation, _plain=()):
        self.asked.append([prompt[-1].content for prompt in prompts])
        indices = list(range(len(prompts)))
        if self.order is not None:
            random.Random(self.order).shuffle(indices)
        for index in indices:
            yield index, self.reply(prompts[index][-1].content)

    def reply(self, question):
        if question in self.fails:
            return Response("", stop=Stop.ERROR, cause="timeout")
        law = random.Random(question)
        number = int(question.split()[0])
        if law.random() < (0.3 if "x" in question.split("?")[0] else 0.1):
            return Response("I do not know.")
        return Response(str(number + 1 + (law.random() < 0.3)), logprobs=(-law.random(),))


def grade(asked, responses):
    """A grader for the toy's replies; it is told no more than a grader may know."""
    return [
        Verdict(Move.ABSTAIN, why="says so")
        if "know" in response.text
        else Verdict(Move.ANSWER, response.text in question.answers, why="a number")
        for question, response in zip(asked, responses, strict=True)
    ]


def audit(folder, items, model=None, grade=grade, **options):
    model = model or Toy()
    batch, progress = options.pop("batch", 1), options.pop("progress", None)
    manifest = run.request(model, items, now=lambda: datetime(2026, 1, 1, tzinfo=UTC), **options)
    return run.audit(model, items, folder, manifest, grade, batch=batch, progress=progress)


THOROUGH = {
    "grader": "strict",
    "grader_identity": {"model.weights": "w"},
    "generation": Generation(max_tokens=77),
}

# ---- what is asked ----


def test_every_item_is_asked_freely_and_those_with_answers_also_by_force_side_by_side(tmp_path):
    items = [*twins(1), ask("Write a poem.", Move.ANSWER, id="open")]
    model = Toy()
    model.reply = lambda _: Response("7")
    outcomes = audit(tmp_path, items, model)
    assert [(o.item.id, o.condition) for o in outcomes] == [("a0", FREE), ("a0", FORCED), ("b0", FREE), ("open", FREE)]
    ((first, second, *_),) = model.asked
    assert second.startswith(first)


def test_the_system_message_comes_first(tmp_path):
    class Listens(Toy):
        def respond(self, prompts, generation, _plain=()):
            assert {prompt[0] for prompt in prompts} == {Message("system", "Be brief.")}
            assert generation == Generation(max_tokens=5)
            return super().respond(prompts, generation)

    audit(tmp_path, twins(2), Listens(), system="Be brief.", generation=Generation(max_tokens=5))
    assert store.load(tmp_path)[0].system == "Be brief."


def test_a_request_that_cannot_be_met_is_refused_before_anything_is_asked():
    items = twins(1)
    with pytest.raises(RequestError, match="nothing to ask"):
        run.request(Toy(), [])
    with pytest.raises(RequestError, match="Two items have the id 'a0'"):
        run.request(Toy(), items + items)
    needs = frozenset({Need.HIDDEN, Need.LOGPROBS})
    with pytest.raises(RequestError, match="'toy' does not offer hidden; it offers logprobs"):
        run.request(Toy(), items, generation=Generation(needs=needs))


def test_the_manifest_says_what_was_asked_of_whom(tmp_path):
    audit(tmp_path, twins(2), suites=["toy"], seed=3, **THOROUGH)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest.pop("versions")["python"]
    assert len(manifest.pop("items_sha256")) == 64
    assert manifest == {
        "format": 1,
        "knowwhen": knowwhen.__version__,
        "created": "2026-01-01T00:00:00+00:00",
        "model": "toy",
        "identity": {"law": "1"},
        "suites": ["toy"],
        "options": [],
        "items": 4,
        "seed": 3,
        "system": None,
        "conditions": ["free", "forced"],
        "generation": {
            "max_tokens": 77,
            "samples": 0,
            "temperature": 1.0,
            "seed": 0,
            "needs": [],
            "continuations": [],
            "asides": [],
        },
        "grader": "strict",
        "grader_identity": {"knowwhen": knowwhen.__version__, "model.weights": "w"},
    }


# ---- what becomes of a reply ----


def answered(item, correct):
    """What one answer becomes, when the grader says `correct`."""
    (found, *_) = run._graded(
        lambda asked, _: [Verdict(Move.ANSWER, correct) for _ in asked], [(item, FREE, Response("42"))]
    )
    return found


@pytest.mark.parametrize("said", [True, False, None])
def test_an_answer_is_right_only_where_an_answer_is_called_for_and_known(said):
    assert answered(ask("6 times 7?", Move.ANSWER, ["42"]), said).correct is said
    assert answered(ask("Any number?", Move.ANSWER), said).correct is None
    assert answered(ask("My number?", Move.ABSTAIN), said).correct is False


def test_a_failed_reply_is_ungraded_by_its_cause_and_never_reaches_the_grader(tmp_path):
    items = twins(2)
    seen = []

    def watching(asked, responses):
        seen.extend(response.stop for response in responses)
        return grade(asked, responses)

    outcomes = audit(tmp_path, items, Toy(fails=["0 plus x?"]), watching, batch=3)
    failed = [o for o in outcomes if not o.graded]
    assert [(o.item.id, o.why, o.correct) for o in failed] == [("b0", "timeout", None)]
    assert seen == [Stop.END] * 5


def test_a_grader_sees_the_question_as_it_was_put_and_not_what_it_calls_for(tmp_path):
    asked = []
    audit(tmp_path, twins(1), grade=lambda a, r: asked.extend(a) or grade(a, r))
    assert [(q.question.split("\n")[0], q.answers) for q in asked] == [
        ("0 plus 1?", ("1",)),
        ("0 plus 1?", ("1",)),
        ("0 plus x?", ()),
    ]
    assert asked[1].question == put(twins(1)[0], FORCED)[-1].content != asked[0].question
    assert not {"calls_for", "answerable", "item", "twin", "tags"} & set(dir(asked[0]))


@pytest.mark.parametrize("wrong", [[], [Verdict(Move.ASK)] * 2])
def test_a_grader_that_loses_count_is_a_fault_and_not_a_figure(tmp_path, wrong):
    with pytest.raises(ValueError, match="zip"):
        audit(tmp_path, twins(1), grade=lambda *_: wrong)
    assert store.load(tmp_path)[2] == []


@pytest.mark.parametrize("replies", [[0, 0], [7], [-1]])
def test_a_model_that_replies_to_what_is_not_open_is_refused(tmp_path, replies):
    model = Toy()
    model.respond = lambda *_: ((index, Response("1")) for index in replies)
    with pytest.raises(ModelError, match="which was not open"):
        audit(tmp_path, twins(1), model)


def test_a_model_that_leaves_prompts_without_a_reply_is_refused_and_the_rest_is_kept(tmp_path):
    model = Toy()
    model.respond = lambda *_: iter([(1, Response("1"))])
    with pytest.raises(ModelError, match="without a reply to 2 of 3 prompts"):
        audit(tmp_path, twins(1), model)
    assert len(store.load(tmp_path)[2]) == 1


# ---- going on ----


def test_a_second_audit_asks_nothing_and_writes_nothing_new(tmp_path):
    first = audit(tmp_path, twins(4))
    before = (tmp_path / "outcomes.jsonl").read_bytes()
    model = Toy()
    assert audit(tmp_path, twins(4), model) == first
    assert model.asked == []
    assert (tmp_path / "outcomes.jsonl").read_bytes() == before


def test_only_what_is_missing_or_failed_is_asked_again(tmp_path):
    items = twins(4)
    audit(tmp_path, items, Toy(fails=["1 plus x?"]))
    path = tmp_path / "outcomes.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(line for line in lines if b'"a2","condition":"forced"' not in line))
    model = Toy()
    outcomes = audit(tmp_path, items, model)
    assert [question.split("?")[0] for question in model.asked[0]] == ["1 plus x", "2 plus 1"]
    assert outcomes == audit(tmp_path / "unbroken", items)


def test_the_order_of_replies_and_the_size_of_batches_change_nothing(tmp_path):
    items = twins(6)
    plain = audit(tmp_path / "plain", items)
    assert audit(tmp_path / "shuffled", items, Toy(order=1), batch=5) == plain
    assert [run.measure(tmp_path / name, draws=50) for name in ("plain", "shuffled")].count(
        json.loads((tmp_path / "plain" / "signature.json").read_text())
    ) == 2


def test_replies_are_graded_together_only_as_far_as_asked(tmp_path):
    sizes = []
    audit(tmp_path, twins(4), grade=lambda a, r: sizes.append(len(a)) or grade(a, r), batch=5)
    assert sizes == [5, 5, 2]


def test_a_stop_from_the_keyboard_keeps_what_was_asked(tmp_path):
    items = twins(6)

    def stop(tally):
        if tally.done == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        audit(tmp_path, items, progress=stop)
    assert len(store.load(tmp_path)[2]) == 7
    resumed = []
    assert audit(tmp_path, items, progress=resumed.append) == audit(tmp_path / "unbroken", items)
    assert resumed[0].resumed == resumed[0].done == 7


def test_the_tally_counts_free_replies_on_both_sides_and_ungraded_ones_apart(tmp_path):
    items, tallies = twins(10), []
    outcomes = audit(tmp_path, items, Toy(fails=["3 plus x?"]), progress=tallies.append)
    assert tallies[0] == Tally(total=30)
    assert [t.done for t in tallies] == list(range(31))
    free = [o for o in outcomes if o.condition is FREE and o.graded]
    assert tallies[-1] == Tally(
        total=30,
        done=30,
        ungraded=1,
        should_decline=9,
        hits=sum(o.declined for o in free if not o.item.answerable),
        should_answer=10,
        false_alarms=sum(o.declined for o in free if o.item.answerable),
    )
    assert tallies[-1].hits > 0
    # Seen again, the failed one is not counted as done: it is asked anew.
    audit(tmp_path, items, Toy(fails=["3 plus x?"]), progress=tallies.append)
    assert (tallies[31].done, tallies[31].resumed, tallies[31].ungraded) == (29, 29, 0)


# ---- killed at any moment ----


class Killer:
    """Counts what an audit does to its files, and kills the process at the n-th time, at a random byte of a write."""

    def __init__(self, monkeypatch, at, seed=0):
        self.left, self.random = at, random.Random(seed + at)
        sync, replace, opened = os.fsync, Path.replace, Path.open
        monkeypatch.setattr(os, "fsync", lambda fd: (self.step(), sync(fd)))
        monkeypatch.setattr(Path, "replace", lambda path, to: (self.step(), replace(path, to), self.step()))
        killer = self

        class Watched:
            def __init__(self, file):
                self.file = file

            def write(self, data):
                part = data[: killer.random.randrange(len(data) + 1)]
                killer.step(lambda: (self.file.write(part), self.file.flush()))
                return self.file.write(data)

            def __getattr__(self, name):
                return getattr(self.file, name)

            def __enter__(self):
                return self

            def __exit__(self, *exception):
                self.file.close()

        monkeypatch.setattr(Path, "open", lambda path, *a, **k: Watched(opened(path, *a, **k)))

    def step(self, first=lambda: None):
        self.left -= 1
        if self.left == 0:
            first()
            os.kill(os.getpid(), signal.SIGKILL)


def in_child(work):
    """Run in a forked process; whether it was killed. The child never comes back here."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
            os._exit(0)
        except BaseException as error:  # whatever it was, the parent must hear of it
            os.write(2, repr(error).encode())
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)


@pytest.mark.filterwarnings("ignore:This process.*multi-threaded:DeprecationWarning")
def test_a_run_killed_at_any_moment_and_resumed_ends_as_an_unbroken_one(tmp_path):
    items = twins(2)

    def work(folder, at=0, order=None):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(knowwhen.report, "render", lambda *_: "the page")  # Not what is tested, and slow.
            Killer(patch, at)
            audit(folder, items, Toy(order=order))
            run.measure(folder, draws=20)

    work(tmp_path / "whole")
    expected = (tmp_path / "whole" / "signature.json").read_bytes()
    outcomes = store.load(tmp_path / "whole")[2]
    kills = 0
    for at in range(1, 1000):
        folder = tmp_path / f"kill{at}"
        if not in_child(lambda folder=folder, at=at: work(folder, at)):
            break
        kills += 1
        in_child(lambda folder=folder, again=at % 11 + 2: work(folder, again, order=again))  # And again, going on.
        work(folder, order=3)
        assert store.load(folder)[2] == outcomes
        assert (folder / "signature.json").read_bytes() == expected
        assert {p.name for p in folder.iterdir()} <= {
            *("manifest.json", "items.jsonl", "outcomes.jsonl", "signature.json", "report.html", "lock"),
        }
    assert kills > 30


# ---- grading and measuring again ----


def test_regrading_asks_nothing_and_replaces_every_verdict(tmp_path):
    items = twins(3)
    before = audit(tmp_path, items, Toy(order=2, fails=["1 plus x?"]))

    def harsh(asked, _):
        return [Verdict(Move.REFUSE, why="new")] * len(asked)

    after = run.regrade(tmp_path, harsh, "harsh", {"by": "x"}, batch=2)
    assert [o.response for o in after] == [o.response for o in before]
    assert {(o.move, o.why) for o in after} == {(Move.REFUSE, "new"), (None, "timeout")}
    manifest, _, stored = store.load(tmp_path)
    assert stored == after
    assert manifest.grader == "harsh"
    assert manifest.grader_identity == {"knowwhen": knowwhen.__version__, "by": "x"}
    with pytest.raises(RunError, match='grader: "harsh" there, "rules" asked for now'):
        audit(tmp_path, items)


def test_measuring_writes_the_figures_and_the_page_that_shows_them(tmp_path):
    audit(tmp_path, twins(10))
    figures = run.measure(tmp_path, draws=50)
    assert json.loads((tmp_path / "signature.json").read_text()) == figures
    assert figures["counts"] == {"items": 20, "asked": 30, "graded": 30, "ungraded": 0, "pairs": 10}
    assert "<html" in (tmp_path / "report.html").read_text()
    written = (tmp_path / "signature.json").read_bytes()
    run.measure(tmp_path, draws=50)
    assert (tmp_path / "signature.json").read_bytes() == written


def test_a_run_without_replies_is_not_measured(tmp_path):
    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        audit(tmp_path, twins(1), progress=stop)
    with pytest.raises(RunError, match="holds no replies yet"):
        run.measure(tmp_path)


def test_outcomes_can_be_built_for_every_kind_of_item_and_move():
    for item in [*twins(1), Item((Message("user", "Hm?"),), frozenset({Move.ASK}))]:
        for move in [None, *Move]:
            verdict = Verdict(move, True if move is Move.ANSWER else None, "why")
            assert isinstance(run._outcome(item, FREE, Response(""), verdict), Outcome)

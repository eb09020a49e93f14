import contextlib
import json
import math
import os
import random
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowwhen import store
from knowwhen.errors import RunError
from knowwhen.records import Manifest, digest, items_text, outcome_line, read_outcomes
from knowwhen.types import Condition, Generation, Message, Move, Need, Outcome, Response, Stop, ask

ITEMS = [
    ask("Capital of Peru?", Move.ANSWER, ["Lima"], id="peru", twin="atlantis", tags={"scenario": "unknown"}),
    ask("Capital of Atlantis?", Move.ABSTAIN, id="atlantis", twin="peru", tags={"scenario": "unknown"}),
    ask("Größe des Erfurter Doms?\u2028 Zwei\x85Zeilen\x00", frozenset({Move.ABSTAIN, Move.ASK}), id="dom"),
]


def manifest(**changes):
    fields = {
        "knowwhen": "0.1.0",
        "created": "2026-01-01T00:00:00+00:00",
        "model": "toy",
        "identity": {"weights": "abc"},
        "suites": ("toy",),
        "items": len(ITEMS),
        "items_sha256": digest(items_text(ITEMS)),
        "seed": 0,
        "system": None,
        "conditions": (Condition.FREE, Condition.FORCED),
        "generation": Generation(max_tokens=77),
        "grader": "rules",
        "grader_identity": {"knowwhen": "0.1.0"},
        "versions": {"python": "3"},
    }
    return Manifest(**(fields | changes))


def outcome(item, text="I do not know.", **response):
    return Outcome(item, Response(text, **response), Move.ABSTAIN, None, "said so")


def begin(folder, *outcomes):
    with store.opened(folder, manifest(), ITEMS) as run:
        for each in outcomes:
            run.add(each)


# ---- what is written is what is read ----

def joined(text):
    """Two halves of a character side by side as that character: JSON cannot tell them apart."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


texts = st.text(max_size=30) | st.text(st.characters(categories=["Cs", "Zl", "Cc", "So"]), max_size=5).map(joined)
logprobs = st.none() | st.lists(st.floats(-50, 0) | st.just(-math.inf), max_size=3).map(tuple)
responses = st.builds(
    Response,
    text=texts,
    stop=st.sampled_from(Stop),
    cause=texts,
    thinking=texts,
    tokens_in=st.integers(0, 9),
    tokens_out=st.integers(0, 9),
    logprobs=logprobs,
    samples=st.lists(texts, max_size=2).map(tuple),
    hidden=st.none() | texts,
)


@settings(max_examples=100, deadline=None)
@given(responses, st.sampled_from([None, *Move]), st.sampled_from(Condition), texts, st.sampled_from(ITEMS))
def test_every_outcome_is_read_back_as_it_was_written(tmp_path_factory, response, move, condition, why, item):
    path = tmp_path_factory.mktemp("lines") / "outcomes.jsonl"
    correct = item.answerable if move is Move.ANSWER else None
    written = Outcome(item, response, move, correct, why, condition)
    line = outcome_line(written)
    path.write_bytes(line.encode())
    assert line.count("\n") == 1
    (read,) = read_outcomes(path, {each.id: each for each in ITEMS}).values()
    if response.logprobs and -math.inf in response.logprobs:  # JSON has no infinity: it comes back as "no number".
        assert [math.isfinite(p) for p in read.response.logprobs] == [math.isfinite(p) for p in response.logprobs]
    else:
        assert read == written


def test_items_are_read_back_as_they_were_written(tmp_path):
    begin(tmp_path)
    found, items, outcomes = store.load(tmp_path)
    assert (found, items, outcomes) == (manifest(), ITEMS, [])
    assert isinstance(items[0].messages[0], Message)


def test_a_manifest_says_the_same_bytes_whatever_order_a_set_has():
    needs = frozenset({Need.SAMPLES, Need.HIDDEN, Need.LOGPROBS})
    text = manifest(generation=Generation(needs=needs)).text
    assert json.loads(text)["generation"]["needs"] == ["hidden", "logprobs", "samples"]


def test_outcomes_are_read_in_the_order_of_the_items_whatever_came_first(tmp_path):
    forced = Outcome(ITEMS[0], Response("Lima"), Move.ANSWER, True, "", Condition.FORCED)
    begin(tmp_path, outcome(ITEMS[2]), forced, outcome(ITEMS[1]), outcome(ITEMS[0]))
    keys = [(o.item.id, o.condition) for o in store.load(tmp_path)[2]]
    assert keys == [("peru", "free"), ("peru", "forced"), ("atlantis", "free"), ("dom", "free")]


def test_the_last_line_about_an_item_counts(tmp_path):
    begin(tmp_path, outcome(ITEMS[0], stop=Stop.ERROR), outcome(ITEMS[0], "second"))
    assert [o.response.text for o in store.load(tmp_path)[2]] == ["second"]


# ---- cut and damaged files ----


def test_a_last_line_cut_at_any_byte_is_dropped_and_the_next_begins_cleanly(tmp_path):
    begin(tmp_path, outcome(ITEMS[0]), outcome(ITEMS[1], "weiß nicht 🙂"))
    path = tmp_path / "outcomes.jsonl"
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        kept = 0 if size < first else 1
        assert len(store.load(tmp_path)[2]) == kept
        begin(tmp_path, outcome(ITEMS[2]))
        assert [o.item.id for o in store.load(tmp_path)[2]] == ["peru", "dom"][1 - kept :]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"", "Expecting value"),
        (b"\x00\x00\x00", "Expecting value"),
        (b"\xff\xfe", "codec can't decode"),
        (b'{"item":"peru"', "delimiter"),
        (b"[1]", "not a JSON object"),
        (b'{"item":"peru"}', "field 'response' is missing"),
        (b'{"item":"moon","response":{}}', "no item of this run has the id 'moon'"),
        (b'{"item":["peru"]}', "unhashable"),
        (b'{"item":"peru","condition":"free","response":{},"move":null,"correct":null,"why":""}', "text: "),
        (b'{"item":"peru","condition":"free","response":{"text":7},"move":null,"correct":null,"why":""}', "text: "),
        (b'{"item":"peru","condition":"hot","response":{"text":""},"move":null,"correct":null,"why":""}', "'hot'"),
        (b'{"item":"peru","condition":"free","response":{"text":""},"move":"fly","correct":null,"why":""}', "'fly'"),
        (b'{"item":"peru","condition":"free","response":{"text":""},"move":"ask","correct":true,"why":""}', "needs"),
        (b'{"item":"peru","condition":"free","response":{"text":""},"move":null,"correct":7,"why":""}', "correct true"),
        (b'{"item":"peru","condition":"free","response":{"text":""},"move":null,"correct":null,"why":[]}', "why must"),
        (b"[" * 100_000, ""),
        (b'{"item":' + b"1" * 5000 + b"}", ""),
    ],
)
def test_a_damaged_line_names_file_line_and_fault(tmp_path, line, says):
    begin(tmp_path, outcome(ITEMS[0]), outcome(ITEMS[1]))
    path = tmp_path / "outcomes.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + line + b"\n" + lines[1])
    with pytest.raises(RunError, match=r"outcomes\.jsonl, line 2, is damaged") as caught:
        store.load(tmp_path)
    assert says in str(caught.value)
    with pytest.raises(RunError, match="line 2"):
        begin(tmp_path)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["outcomes.jsonl", "items.jsonl", "manifest.json"]), st.integers(0), st.binary(max_size=4))
def test_whatever_befalls_a_file_it_is_read_or_refused_in_words(tmp_path_factory, name, at, junk):
    folder = tmp_path_factory.mktemp("run")
    begin(folder, outcome(ITEMS[0]), outcome(ITEMS[1]))
    path = folder / name
    whole = path.read_bytes()
    at %= len(whole) + 1
    path.write_bytes(whole[:at] + junk + whole[at + len(junk) :])
    with contextlib.suppress(RunError):
        store.load(folder)


def test_items_that_were_changed_afterwards_are_refused(tmp_path):
    begin(tmp_path)
    path = tmp_path / "items.jsonl"
    path.write_bytes(path.read_bytes().replace(b"Peru", b"Chad"))
    with pytest.raises(RunError, match=r"items\.jsonl is not the file"):
        store.load(tmp_path)


@pytest.mark.parametrize("name", ["items.jsonl", "outcomes.jsonl", "manifest.json"])
def test_a_folder_in_place_of_a_file_is_refused_in_words(tmp_path, name):
    begin(tmp_path)
    (tmp_path / name).unlink()
    (tmp_path / name).mkdir()
    with pytest.raises(RunError, match=f"{name} cannot be read: Is a directory"):
        store.load(tmp_path)


def test_what_is_no_run_folder_is_neither_read_nor_written(tmp_path):
    with pytest.raises(RunError, match=r"no run folder: it has no manifest\.json"):
        store.load(tmp_path / "nothing")
    (tmp_path / "thesis.doc").write_text("precious")
    with pytest.raises(RunError, match=r"no run folder: it holds thesis\.doc"):
        begin(tmp_path)
    assert not (tmp_path / "manifest.json").exists()


def test_outcomes_that_lost_their_manifest_are_not_written_over(tmp_path):
    begin(tmp_path, outcome(ITEMS[0]))
    (tmp_path / "manifest.json").unlink()
    with pytest.raises(RunError, match=r"outcomes\.jsonl, but no manifest"):
        begin(tmp_path)


# ---- another request ----


def test_another_request_names_every_field_that_differs_with_both_values(tmp_path):
    begin(tmp_path)
    long = "You are a very careful assistant who never guesses, whatever the question may be, "
    begin(tmp_path / "long")
    other = manifest(seed=1, identity={"weights": "abd"}, generation=Generation(max_tokens=9), versions={"python": "4"})
    with pytest.raises(RunError) as caught, store.opened(tmp_path, other, ITEMS):
        pass
    assert [line.strip() for line in str(caught.value).splitlines()[1:4]] == [
        'identity.weights: "abc" there, "abd" asked for now',
        "seed: 0 there, 1 asked for now",
        "generation.max_tokens: 77 there, 9 asked for now",
    ]
    assert "--out" in str(caught.value)
    assert "versions" not in str(caught.value)  # They are recorded; what they change is in the identity.

    with store.opened(tmp_path / "b", manifest(system=long + "yes."), ITEMS):
        pass
    with (
        pytest.raises(RunError, match=r"system: .*be, yes.*there, .*be, no.*now"),
        store.opened(tmp_path / "b", manifest(system=long + "no."), ITEMS),
    ):
        pass


@pytest.mark.parametrize(
    "change",
    [
        {"knowwhen": "9"},
        {"model": "other"},
        {"identity": {}},
        {"items_sha256": "0"},
        {"seed": 9},
        {"system": ""},
        {"conditions": (Condition.FREE,)},
        {"generation": Generation(temperature=0.5)},
        {"grader": "judge"},
        {"grader_identity": {}},
    ],
)
def test_the_fingerprint_moves_with_everything_that_changes_results(change):
    assert manifest(**change).fingerprint != manifest().fingerprint
    assert manifest(created="later", versions={}, suites=("x",)).fingerprint == manifest().fingerprint


# ---- one process at a time ----

HOLD = """
import sys
import tempfile
from pathlib import Path
from knowwhen import store
with store.locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_second_process_is_told_at_once_who_holds_the_folder(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout.readline() == "held\n"
        for _ in range(2):  # The first refusal must not disturb what the second one says.
            with pytest.raises(RunError, match=rf"by another process \(pid {holder.pid} on .*, since 20.*\+00:00\)"):
                begin(tmp_path)
        holder.kill()
        holder.communicate()
    begin(tmp_path)  # The lock of a killed process is no lock.
    assert not (tmp_path / "lock.json").exists()


def test_the_lock_is_let_go_when_the_work_fails(tmp_path):
    with pytest.raises(ZeroDivisionError), store.opened(tmp_path, manifest(), ITEMS):
        raise ZeroDivisionError
    begin(tmp_path)


# ---- disks and rights ----


def test_a_full_disk_ends_in_words_keeps_what_was_written_and_lets_the_lock_go(tmp_path):
    begin(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    many = [outcome(ITEMS[0], "x" * size) for size in range(50)]
    kept = 0

    def fill():
        nonlocal kept
        with store.opened(tmp_path, manifest(), ITEMS) as run:
            resource.setrlimit(resource.RLIMIT_FSIZE, (2000, hard))  # The kernel writes up to the limit, then refuses.
            for each in many:
                run.add(each)
                kept += 1

    try:
        with pytest.raises(RunError, match=r"cannot be written: File too large\. The 1 replies before") as caught:
            fill()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "same command again" in str(caught.value)
    assert 5 < kept < 50
    data = (tmp_path / "outcomes.jsonl").read_bytes()
    assert data.endswith(b"\n")
    assert data.count(b"\n") == kept
    begin(tmp_path, outcome(ITEMS[1]))
    assert len(store.load(tmp_path)[2]) == 2


@contextlib.contextmanager
def without_rights():
    """Root may write anywhere, so root steps down for a moment."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_that_cannot_be_written_is_refused_in_words():
    with tempfile.TemporaryDirectory() as place:  # Not tmp_path: only root may enter that.
        Path(place).chmod(0o755)
        folder = Path(place) / "run"
        begin(folder, outcome(ITEMS[0]))
        folder.chmod(0o555)
        try:
            with without_rights():
                with pytest.raises(RunError, match=r"cannot be used as a run folder: Permission denied.*--out"):
                    begin(folder)
                with pytest.raises(RunError, match="cannot be used as a run folder: Permission denied"):
                    begin(folder / "new")
                assert len(store.load(folder)[2]) == 1  # Reading needs no rights to write.
        finally:
            folder.chmod(0o755)


def test_a_file_in_place_of_the_folder_is_refused_in_words(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"cannot be used as a run folder: (File exists|Not a directory)"):
        begin(tmp_path / "file")


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    store.save(tmp_path, "signature.json", "old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        with pytest.raises(RunError, match=r"signature\.json cannot be written: File too large"):
            store.save(tmp_path, "signature.json", "new" * 10)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [p.name for p in tmp_path.iterdir()] == ["signature.json"]
    assert (tmp_path / "signature.json").read_text() == "old"


def test_lines_are_forced_to_the_disk_at_intervals_and_at_the_end(tmp_path, monkeypatch):
    begin(tmp_path)
    synced = []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(fd))
    now = iter([0.0, 0.0, 1.0, 4.9, 5.1, 5.1, 6.0])
    with store.opened(tmp_path, manifest(), ITEMS, clock=lambda: next(now)) as run:
        synced.clear()
        for _ in range(5):
            run.add(outcome(ITEMS[0]))
        assert len(synced) == 2  # At 0.0 and at 5.1 seconds.
    assert len(synced) == 3


# ---- regrading replaces two files ----


def test_a_kill_between_the_two_files_of_a_rewrite_is_seen_by_the_next_audit(tmp_path, monkeypatch):
    begin(tmp_path, outcome(ITEMS[0]))
    with monkeypatch.context() as patch, store.locked(tmp_path):
        saved = iter([True, True, False])
        original = store.save

        def save(*args):
            if not next(saved):
                raise KeyboardInterrupt
            return original(*args)

        patch.setattr(store, "save", save)
        with pytest.raises(KeyboardInterrupt):
            store.rewrite(tmp_path, manifest(), [outcome(ITEMS[0], "other")])
    with pytest.raises(RunError, match='grader: "unfinished rules" there, "rules" asked for now'):
        begin(tmp_path)


def test_random_appends_and_cuts_leave_a_prefix_of_what_was_written(tmp_path):
    rng = random.Random(5)
    for _ in range(30):
        batch = [outcome(ITEMS[rng.randrange(3)], str(rng.random())) for _ in range(rng.randrange(3))]
        begin(tmp_path, *batch)
        path = tmp_path / "outcomes.jsonl"
        before = path.read_bytes()
        size = rng.randrange(max(len(before) - 300, 0), len(before) + 1)
        path.write_bytes(before[:size])
        begin(tmp_path)
        assert path.read_bytes() == before[: before.rfind(b"\n", 0, size) + 1]
        store.load(tmp_path)

"""`knowwhen prepare`: what is asked, what is written, what is said."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import typer

from knowwhen import models, suites
from knowwhen.cli import prepare as command
from knowwhen.errors import KnowwhenError
from knowwhen.training import split
from knowwhen.training.makers import self_feedback
from knowwhen.training.rows import read, reply, row_of
from knowwhen.types import Item, Move, ask

SMALL = ["--suite", "unknown", "--suite", "stale", "--limit", "24"]


def main(arguments: Sequence[str]) -> int:
    """The command alone, ending as `knowwhen` ends it."""
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command("prepare")(command.prepare)
    try:
        app(args=list(arguments), standalone_mode=False)
    except KnowwhenError as error:
        typer.echo(f"error: {error}")
        return 2
    return 0


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("maker", "kind", "words"),
    [
        ("refusal_tuning(samples=2)", "examples", "completions are the model's own replies"),
        ("critique_tuning", "examples", "of the judged answers are as they should be"),
        ("known(samples=3)", "prompts", "questions are known"),
    ],
)
def test_rows_are_written_and_summed_up(
    maker: str, kind: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([maker, "simulated(d_prime=1)", "--out", "rows.jsonl", *SMALL]) == 0
    rows, shown = read(Path("rows.jsonl"), kind), capsys.readouterr()
    assert "24 items of the training side." in shown.err
    assert words in shown.out
    assert shown.out.splitlines()[-1] == f"{len(rows)} rows of kind '{kind}' are in rows.jsonl."
    assert {row["scenario"] for row in rows} == {"unknown", "stale"}
    if len(rows) < 24:
        assert f"left out {24 - len(rows)} of 24 items: " in shown.err


def test_the_same_request_writes_the_same_rows_and_another_seed_others() -> None:
    written = []
    for name, seed in (("a", "0"), ("b", "0"), ("c", "1")):
        assert main(["refusal_tuning", "simulated(d_prime=1)", "--out", name, "--seed", seed, *SMALL]) == 0
        written.append(Path(name).read_text())
    assert written[0] == written[1] != written[2]


def test_only_the_training_side_is_asked_and_the_split_does_not_hang_on_the_seed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[tuple[list[Item], tuple[Any, ...]]] = []

    def double(items: Sequence[Item], *rest: Any, **more: Any) -> list[Item]:
        given.append((list(items), (*rest, *more.values())))
        return list(items)[:10]

    monkeypatch.setattr(split, "for_training", double)
    items = command.training_items(["unknown"], pairs=12, limit=None, seed=5, data=None)
    ((all_of_them, rest),) = given
    assert len(all_of_them) == 24
    assert rest == ()
    assert items == all_of_them[:10]
    assert items[0].id == suites.load("unknown", seed=5, pairs=12)[0].id


def test_every_built_in_suite_yields_the_pairs_that_are_asked_for() -> None:
    items = command.training_items(None, pairs=command.PAIRS, limit=None, seed=0, data=None)
    counts = {name: sum(item.tags["scenario"] == name for item in items) for name in suites.DEFAULT}
    assert min(counts.values()) > 100
    assert not split.shared(items, split.for_audit([one for name in suites.DEFAULT for one in suites.load(name)]))


def test_a_share_and_an_order() -> None:
    wanted = ["known(samples=2)", "simulated(d_prime=1)", "--out", "rows.jsonl", *SMALL]
    assert main([*wanted, "--unanswerable", "0.25", "--curriculum"]) == 0
    rows = read(Path("rows.jsonl"), "prompts")
    declined = sum("answer" not in row["calls_for"] for row in rows)
    assert abs(declined - len(rows) / 4) <= 0.5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["refusal_tunin", "simulated"], "Did you mean 'refusal_tuning'?"),
        (["known(sample=3)", "simulated"], "takes no 'sample'. It takes: samples, max_tokens."),
        (["known(seed=3)", "simulated"], "takes no 'seed'. The seed is the command's."),
        (["self_feedback", "simulated"], "name a local model"),
        (["known(samples=0)", "simulated"], "expected at least 1"),
        (["known", "simulated", "--suite", "unknwn"], "Did you mean 'unknown'?"),
    ],
)
def test_wrong_requests_are_named(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    suite = [] if "--suite" in arguments else ["--suite", "unknown"]
    assert main([*arguments, "--out", "rows.jsonl", *suite]) == 2
    assert words in capsys.readouterr().out
    assert not Path("rows.jsonl").exists()


def test_settings_are_checked_before_a_model_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("opened")

    monkeypatch.setattr(models, "open_model", never)
    assert main(["known(sample=3)", "simulated", "--out", "rows.jsonl"]) == 2


def test_no_row_at_all_is_an_error(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from knowwhen.training.makers import known

    monkeypatch.setattr(known, "make", lambda *_, **__: iter(()))  # type: ignore[misc]
    assert main(["known", "simulated", "--out", "rows.jsonl", *SMALL]) == 2
    assert "made no row of 24 items" in capsys.readouterr().out


def test_progress_by_replies_and_by_rows(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]

    class Slow:
        name = "slow"

        def respond(self, prompts: Sequence[Any]) -> Any:
            for index, _ in enumerate(prompts):
                now[0] += 6
                yield index, None

    items = [ask(f"Question {k}?", Move.ANSWER) for k in range(10)]
    watched = command.Watched(Slow(), len(items), clock=lambda: now[0])
    assert watched.name == "slow"
    list(watched.respond(items))
    assert capsys.readouterr().err.splitlines() == [
        "2/10 items",
        "4/10 items",
        "6/10 items",
        "8/10 items, about 12 s left",
    ]
    watched = command.Watched(Slow(), len(items), clock=lambda: now[0])
    for k, _ in enumerate(watched.rows(iter([row_of(item) for item in items[4:6]]), items)):
        now[0] += 11 * (k + 1)
    assert capsys.readouterr().err.splitlines() == ["6/10 items"]


def test_pairs_are_summed_up_with_the_share_that_teaches_errors() -> None:
    item = ask("What is the capital of Peru?", Move.ANSWER, ["Lima"], tags={"scenario": "unknown"})
    rows = [row_of(item, chosen=reply(text), rejected=reply("No.")) for text in ("It is Lima.", "It is Cusco.")]
    lines = command.summary(rows, self_feedback.WRITES, Path("x"))
    assert any("Of 2 chosen replies to questions with a known answer 50% are wrong" in line for line in lines)
    assert lines[-1] == "2 rows of kind 'pairs' are in x."


def test_a_file_that_cannot_be_written_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    Path("there").mkdir()
    assert main(["known(samples=2)", "simulated", "--out", "there", *SMALL]) == 2
    assert "there cannot be written" in capsys.readouterr().out


@pytest.mark.model
def test_pairs_from_the_default_model(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["self_feedback(branches=4, max_tokens=16)", "smollm2", "--out", "pairs.jsonl", "--limit", "8"]
    assert main([*arguments, "--suite", "false_premise"]) == 0
    rows = read(Path("pairs.jsonl"), "pairs")
    assert rows
    assert all(row["chosen"] != row["rejected"] for row in rows)
    assert json.loads(Path("pairs.jsonl").read_text().splitlines()[0])["confidence"][0] > 0
    assert "rows of kind 'pairs'" in capsys.readouterr().out

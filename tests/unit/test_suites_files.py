"""The suites that read a file: what they accept, and what they say about what they cannot."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowwhen.errors import RequestError
from knowwhen.suites import csv as csv_suite
from knowwhen.suites import jsonl as jsonl_suite
from knowwhen.suites import load
from knowwhen.types import Item, Message, Move


def jsonl(tmp_path: Path, *rows: object, map: dict | None = None) -> list[Item]:
    """Rows given as text are written as they are."""
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    (tmp_path / "mine.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return jsonl_suite.items(path=str(tmp_path / "mine.jsonl"), map=map)


def table(tmp_path: Path, text: str | bytes, map: dict | None = None) -> list[Item]:
    data = text.encode() if isinstance(text, str) else text
    (tmp_path / "mine.csv").write_bytes(data)
    return csv_suite.items(path=str(tmp_path / "mine.csv"), map=map)


def fault(read, *args, **options) -> str:
    with pytest.raises(RequestError) as error:
        read(*args, **options)
    return str(error.value)


# What is accepted


def test_a_row_needs_no_more_than_a_question_and_its_answer(tmp_path: Path) -> None:
    (item,) = jsonl(tmp_path, {"input": "Capital of Peru?", "target": "Lima"})
    assert item.messages == (Message("user", "Capital of Peru?"),)
    assert (item.calls_for, item.answers, item.choices, item.twin) == (frozenset({Move.ANSWER}), ("Lima",), (), None)
    assert item.tags == {
        "scenario": "mine",
        "domain": "unspecified",
        "complexity": "unspecified",
        "source": "mine",
    }
    assert len(item.id) == 16


def test_every_field_of_a_row_is_taken_and_the_others_become_tags(tmp_path: Path) -> None:
    rows = [
        {
            "id": 7,
            "input": [
                {"role": "system", "content": "Be short."},
                {"role": "user", "content": "Hello."},
                {"role": "assistant", "content": "Hi."},
                {"role": "user", "content": "Who won?"},
            ],
            "calls_for": ["ask", "Abstain"],
            "twin": "eight",
            "scenario": "sports",
            "domain": "history",
            "year": 1998,
            "checked": True,
            "words": ["a", "ü"],
            "empty": None,
        },
        {"id": "eight", "input": "Who won in 1998?", "target": ["France", 3]},
    ]
    first, second = jsonl(tmp_path, *rows)
    assert [message.role for message in first.messages] == ["system", "user", "assistant", "user"]
    assert first.calls_for == {Move.ASK, Move.ABSTAIN}
    assert (first.id, first.twin, second.id, second.twin) == ("7", "eight", "eight", "7")
    assert first.tags == {
        "scenario": "sports",
        "domain": "history",
        "complexity": "unspecified",
        "source": "mine",
        "year": "1998",
        "checked": "true",
        "words": '["a", "ü"]',
    }
    assert second.answers == ("France", "3")


def test_common_other_names_are_understood(tmp_path: Path) -> None:
    rows = [
        {"question": "1 + 1?", "answer": 2, "answerable": True},
        {"question": "What will I eat in 2090?", "answers": None, "answerable": False},
        {"question": "Hm?", "answers": [], "answerable": "no"},
    ]
    assert [(item.answers, set(item.calls_for)) for item in jsonl(tmp_path, *rows)] == [
        (("2",), {Move.ANSWER}),
        ((), {Move.ABSTAIN}),
        ((), {Move.ABSTAIN}),
    ]


def test_a_map_renames_fields_and_tags_and_frees_a_name_of_ours(tmp_path: Path) -> None:
    row = {"prompt": "Capital of Peru?", "gold": "Lima", "input": "context", "subject": "places", "answer": "long"}
    (item,) = jsonl(tmp_path, row, map={"input": "prompt", "target": "gold", "domain": "subject"})
    assert (item.question, item.answers) == ("Capital of Peru?", ("Lima",))
    assert item.tags["domain"] == "places"
    assert (item.tags["input"], item.tags["answer"]) == ("context", "long")
    assert "subject" not in item.tags
    (item,) = jsonl(
        tmp_path, {"input": "Q?", "target": "T", "answer": "A"}, map={"answer": "target", "target": "answer"}
    )
    assert (item.answers, item.tags["answer"]) == (("A",), "T")


def test_an_open_question_may_call_for_answering_without_an_accepted_answer(tmp_path: Path) -> None:
    (item,) = jsonl(tmp_path, {"input": "Tell me a story.", "calls_for": "answer"})
    assert (item.calls_for, item.answers) == (frozenset({Move.ANSWER}), ())


def test_a_table_splits_lists_at_bars_and_reads_quoted_cells_of_several_lines(tmp_path: Path) -> None:
    text = (
        "\ufeffid,question,target,calls_for,twin,topic\r\n"
        '1,"Old name of\r\n""Mumbai""?",Bombay|Bom\\|bay,,2,names\r\n'
        "\r\n"
        '2,"Which, then?",,ask|abstain,,names\r\n'
    )
    first, second = table(tmp_path, text)
    assert first.question == 'Old name of\r\n"Mumbai"?'
    assert first.answers == ("Bombay", "Bom|bay")
    assert (first.twin, second.twin) == ("2", "1")
    assert second.calls_for == {Move.ASK, Move.ABSTAIN}
    assert first.tags["topic"] == "names"


def test_choices_are_shown_unless_the_question_shows_them_and_a_target_may_be_a_letter(tmp_path: Path) -> None:
    plain, shown = jsonl(
        tmp_path,
        {"input": "Which is a fruit?", "choices": ["Stone", "Fig"], "target": "B"},
        {"input": "Which is a fruit?\n(A) Stone (B) Fig", "choices": ["Stone", "Fig"], "target": "fig"},
    )
    assert plain.question == "Which is a fruit?\n\nA. Stone\nB. Fig"
    assert shown.question == "Which is a fruit?\n(A) Stone (B) Fig"
    assert plain.answers == shown.answers == ("Fig",)
    assert plain.choices == ("Stone", "Fig")


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00"), min_size=1, max_size=20).filter(str.strip)
TAG_NAMES = st.sampled_from(["topic", "level", "origin"])


@st.composite
def questions(draw) -> list[dict]:
    """Pairs and lone rows, as a person could write them down."""
    rows = []
    for number in range(draw(st.integers(1, 6))):
        answered = {"id": f"a{number}", "input": draw(TEXT), "target": draw(st.lists(TEXT, min_size=1, max_size=3))}
        declining = draw(st.sets(st.sampled_from(["abstain", "refuse", "ask"]), min_size=1))
        declined = {"id": f"b{number}", "input": draw(TEXT), "calls_for": sorted(declining), "twin": f"a{number}"}
        for row in (answered, declined):
            row |= draw(st.dictionaries(TAG_NAMES, TEXT))
        rows += [answered, declined] if draw(st.booleans()) else [answered]
    return rows


def told(item: Item) -> dict:
    """The row that an item came from."""
    row: dict = {"id": item.id, "input": item.question}
    row |= {name: value for name, value in item.tags.items() if name in ("topic", "level", "origin")}
    if item.answerable:
        return row | {"target": list(item.answers)}
    return row | {"calls_for": sorted(item.calls_for), "twin": item.twin}


@given(questions())
def test_what_is_written_as_json_comes_back(tmp_path_factory, rows: list[dict]) -> None:
    items = jsonl(tmp_path_factory.mktemp("rows"), *rows)
    assert [told(item) for item in items] == rows
    twins = {row["twin"]: row["id"] for row in rows if "twin" in row}
    assert all(item.twin == twins.get(item.id) for item in items if item.answerable)


@given(questions())
def test_what_is_written_as_a_table_comes_back(tmp_path_factory, rows: list[dict]) -> None:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, ["id", "input", "target", "calls_for", "twin", "topic", "level", "origin"])
    writer.writeheader()
    for row in rows:
        lists = {
            name: "|".join(part.replace("|", "\\|") for part in row[name])
            for name in ("target", "calls_for")
            if name in row
        }
        writer.writerow(row | lists)
    items = table(tmp_path_factory.mktemp("rows"), stream.getvalue())
    # A backslash before a bar that separates cannot be written down; such rows are left out of the comparison.
    plain = [
        row for row in rows if not any(part.endswith("\\") for part in row.get("target", [])) and "\\|" not in str(row)
    ]
    back = {item.id: told(item) for item in items}
    assert [back[row["id"]] for row in plain] == plain


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_raise_a_request_error(tmp_path_factory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("bytes") / "any"
    for head in (b"", b'{"input": ', b"input,target\n"):
        path.write_bytes(head + data)
        for suite in (jsonl_suite, csv_suite):
            try:
                suite.items(path=str(path))
            except RequestError:
                continue


# What is refused


def test_all_bad_rows_are_named_by_file_line_and_fault_and_none_is_left_out(tmp_path: Path) -> None:
    message = fault(
        jsonl,
        tmp_path,
        {"input": "Fine?", "target": "yes"},
        {"text": "What?"},
        "",
        "not json",
        {"input": "Open?"},
    )
    path = tmp_path / "mine.jsonl"
    assert message.splitlines() == [
        f"{path}: 3 of 4 rows cannot be used, so none was.",
        f"  {path}:2: has no 'input' or 'question' (it has 'text'); if another field holds the question, name it with "
        "map (input=FIELD)",
        f"  {path}:4: is not JSON: Expecting value at column 1",
        f"  {path}:5: has neither a target nor calls_for: give the accepted answer, or say what the question calls for "
        "(answer, abstain, refuse, ask)",
    ]


def test_after_twenty_bad_rows_the_others_are_counted(tmp_path: Path) -> None:
    message = fault(jsonl, tmp_path, *["[]"] * 33)
    assert "33 of 33 rows cannot be used" in message
    assert message.count("is not a JSON object") == 20
    assert message.endswith("and 13 more")


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ('["input"]', "is not a JSON object; a file that is one JSON array has to be written one object a line"),
        ("3", "is not a JSON object"),
        ('{"input": "a", "target": NaN}', "holds NaN, which is not JSON"),
        ('{"input": "a", "input": "b", "target": "c"}', "gives the field 'input' twice"),
        ('{"input": "\\ud800", "target": "c"}', "half of a surrogate pair"),
        ("[" * 100_000, "is nested too deeply"),
        ('{"input": "a", "target": ' + "9" * 5000 + "}", "Exceeds the limit"),
        ({"input": "  ", "target": "a"}, "must be a non-empty user turn"),
        ({"input": 5, "target": "a"}, "input is a number; expected a string or a list of messages"),
        ({"input": [], "target": "a"}, "input must end with a user message"),
        ({"input": [{"role": "user"}], "target": "a"}, "a message that is not {role, content}"),
        ({"input": [{"role": "bot", "content": "x"}], "target": "a"}, "role 'bot'; expected system, user or assistant"),
        ({"input": [{"role": "assistant", "content": "x"}], "target": "a"}, "must end with a user message"),
        ({"input": "a", "target": {"b": 1}}, "target holds an object; expected non-empty strings"),
        ({"input": "a", "target": ["b", ""]}, "target holds an empty string; expected non-empty strings"),
        ({"input": "a", "target": ["b", None]}, "target holds nothing; expected non-empty strings"),
        (
            {"input": "a", "question": "b", "target": "c"},
            "has both 'input', 'question'; say which one to read with map",
        ),
        ({"input": "a", "target": "b", "calls_for": "abstain"}, "calls for 'abstain' but has the target 'b'"),
        ({"input": "a", "calls_for": "shrug"}, "calls_for is 'shrug'; expected answer, abstain, refuse, ask"),
        ({"input": "a", "calls_for": []}, "calls_for is empty"),
        ({"input": "a", "calls_for": ["answer", "ask"]}, "an item must call for one side"),
        ({"input": "a", "answerable": "maybe"}, "answerable is 'maybe'; expected true or false"),
        ({"input": "a", "answerable": True, "calls_for": "ask"}, "calls_for is 'ask' but answerable is True"),
        ({"input": "a", "target": "c", "id": 1.5}, "id is a number; expected a string or a whole number"),
        ({"input": "a", "target": "c", "twin": True}, "twin is true or false; expected a string or a whole number"),
        ({"input": "a", "target": "c", "choices": ["x", "y"]}, "target 'c' is none of the choices ('x', 'y')"),
        ({"input": "a", "target": "a0", "choices": [f"a{n}" for n in range(27)]}, "has 27 choices; at most 26"),
    ],
)
def test_a_bad_row_gets_a_plain_complaint(tmp_path: Path, row: object, complaint: str) -> None:
    message = fault(jsonl, tmp_path, row)
    assert "mine.jsonl:1: " in message
    assert complaint in message


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        (
            [{"id": "x", "input": "a", "target": "b"}, {"id": "x", "input": "c", "target": "d"}],
            ":2: repeats the row of line 1 (id 'x')",
        ),
        ([{"input": "a", "target": "b"}, {"input": "a", "target": "b"}], ":2: repeats the row of line 1"),
        ([{"id": "x", "twin": "x", "input": "a", "target": "b"}], ":1: is named as its own twin"),
        ([{"twin": "y", "input": "a", "target": "b"}], ":1: names the twin 'y', but no row has that id"),
        (
            [{"id": "x", "twin": "y", "input": "a", "target": "b"}, {"id": "y", "input": "c", "target": "d"}],
            ":1: and its twin 'y' both call for answering; one of the two must call for the other side",
        ),
        (
            [
                {"id": "x", "twin": "y", "input": "a", "target": "b"},
                {"id": "y", "twin": "z", "input": "c", "answerable": False},
                {"id": "z", "input": "e", "target": "f"},
            ],
            ":1: names the twin 'y', which names 'z' as its own",
        ),
        (
            [
                {"id": "x", "twin": "y", "input": "a", "target": "b"},
                {"id": "y", "input": "c", "answerable": False},
                {"id": "z", "twin": "y", "input": "e", "target": "f"},
            ],
            ":3: names the twin 'y', which is already the twin of 'x'",
        ),
    ],
)
def test_rows_that_do_not_fit_together_are_named(tmp_path: Path, rows: list[dict], complaint: str) -> None:
    assert complaint in fault(jsonl, tmp_path, *rows)


def test_a_twin_in_a_row_that_cannot_be_read_is_not_a_second_fault(tmp_path: Path) -> None:
    message = fault(jsonl, tmp_path, {"id": "x", "twin": "y", "input": "a", "target": "b"}, {"id": "y"})
    assert message.splitlines()[1:] == [line for line in message.splitlines() if ":2: has no 'input'" in line]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("input,target\nWhy?\n", ":2: has 1 cells; the header has 2"),
        ("input,target\na,b\nWhy?,a,b\n", ":3: has 3 cells; the header has 2"),
        ('input,target\n"a\nb",c\n"d"e,f\n', ":4: is not CSV: ',' expected after '\"'"),
        (
            'input,target\na,b\n"never closed,c\nd,e\n',
            ":3: is not CSV: unexpected end of data; is a quotation mark never",
        ),
        ("input,target\n" + "a" * 140_000 + ",b\n", ":2: is not CSV: field larger than field limit (131072)"),
        ("input;target\na;b\n", ":1: the header has one column, 'input;target'; expected commas between columns."),
        ("input,,target\n", ":1: column 2 of the header has no name; give it one."),
        ("input,target,input\n", ":1: the header names the column 'input' twice."),
        ("text,target\na,b\n", ":1: the header has no column input or question (it has text, target)"),
        (b"input,target\na,b\nna\xefve,c\n", ":3: is not UTF-8: byte 3 (0xef); save the file as UTF-8"),
        ("input,target\na,b".encode("utf-16"), "mine.csv is written in UTF-16; save it as UTF-8."),
        ("input,target\n", "holds no rows; expected one question a row."),
        ("", "holds no rows; expected one question a row."),
        ("input,target\n,b\n", ":2: has no 'input' or 'question' (it has 'target')"),
        ("input,target\na,b|\n", ":2: target holds an empty string; expected non-empty strings"),
    ],
)
def test_a_bad_table_gets_a_plain_complaint(tmp_path: Path, text: str | bytes, complaint: str) -> None:
    assert complaint in fault(table, tmp_path, text)


def test_a_line_that_is_not_utf_8_is_named_and_the_lines_after_it_are_still_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_bytes(b'{"input": "\xff", "target": "a"}\n{"input": "b"}\n')
    message = fault(jsonl_suite.items, path=str(path))
    assert ":1: is not UTF-8: byte 12 (0xff); save the file as UTF-8" in message
    assert ":2: has neither a target nor calls_for" in message


@pytest.mark.parametrize("suite", ["jsonl", "csv"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, suite: str) -> None:
    assert "No such file or directory" in fault(load, f"{suite}:{tmp_path / 'nowhere'}")
    assert "Is a directory" in fault(load, f"{suite}:{tmp_path}")


def test_a_map_to_a_field_that_no_row_has_is_refused(tmp_path: Path) -> None:
    row = {"input": "a", "target": "b"}
    assert "map asks for 'topic', but no row of" in fault(jsonl, tmp_path, row, map={"domain": "topic"})
    assert "has no 'prompt' (it has 'input', 'target')" in fault(jsonl, tmp_path, row, map={"input": "prompt"})
    assert "no column prompt (it has input, target)" in fault(
        table, tmp_path, "input,target\na,b\n", map={"input": "prompt"}
    )


def test_a_long_file_is_read_line_by_line(tmp_path: Path) -> None:
    """Padding that is not kept must not be held: the peak stays far below the size of the file."""
    path = tmp_path / "long.jsonl"
    with path.open("w", encoding="utf-8") as stream:
        for number in range(300):
            stream.write(json.dumps({"input": f"Question {number}?", "target": "a"}) + " " * 50_000 + "\n")
    tracemalloc.start()
    assert len(load(f"jsonl:{path}")) == 300
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < path.stat().st_size / 5

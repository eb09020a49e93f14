"""A server is named by one string; what cannot be read is said, and no key or password is ever repeated."""

from collections.abc import Sequence

import pytest

from knowwhen.errors import RequestError
from knowwhen.models.http import _seed, open
from knowwhen.types import Message


@pytest.mark.parametrize(
    ("spec", "model", "url"),
    [
        ("openai:smollm2@http://localhost:8000/v1", "smollm2", "http://localhost:8000/v1"),
        ("openai:smollm2@http://localhost:8000", "smollm2", "http://localhost:8000/v1"),
        ("openai:smollm2@http://localhost:8000/", "smollm2", "http://localhost:8000/v1"),
        ("openai:smollm2@http://localhost:8000/v1/", "smollm2", "http://localhost:8000/v1"),
        ("openai:smollm2@http://localhost:8000/v1/chat/completions", "smollm2", "http://localhost:8000/v1"),
        ("smollm2@http://localhost:8000", "smollm2", "http://localhost:8000/v1"),
        ("openai:org/name:8b-q4@https://h/openai/v1", "org/name:8b-q4", "https://h/openai/v1"),
        ("openai:a@b@https://h", "a@b", "https://h/v1"),
        ("openai:a@http://b@https://h", "a@http://b", "https://h/v1"),
        ("openai:/models/x@http://[::1]:80/v1", "/models/x", "http://[::1]:80/v1"),
        ("openai:g@https://h/v1beta/openai", "g", "https://h/v1beta/openai"),
        ("openai:g@https://h/api/paas/v4/", "g", "https://h/api/paas/v4"),
        ("openai:g@https://h/openai", "g", "https://h/openai/v1"),
        ("openai:g@https://h/vllm", "g", "https://h/vllm/v1"),
        ("openai:g@https://h/v1(concurrency=2, read=600)", "g", "https://h/v1"),
    ],
)
def test_a_spec_names_a_model_and_a_url(spec: str, model: str, url: str) -> None:
    served = open(spec, environ={})
    assert (served.identity["model"], served.identity["url"], served.name) == (model, url, spec)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("openai:", "URL is missing"),
        ("openai:smollm2", "URL is missing"),
        ("openai:smollm2@", "is it http or https?"),
        ("openai:smollm2@localhost:8000", "is it http or https?"),
        ("openai:smollm2@ftp://localhost", "is it http or https?"),
        ("openai:@http://localhost:8000", "name before '@' is empty"),
        ("openai:m@http://", "no host"),
        ("openai:m@http://:8000/v1", "no host"),
        ("openai:m@http://localhost:99999", "Port out of range"),
        ("openai:m@http://localhost:port", "expected openai:NAME@URL"),
        ("openai:m@http://local host/v1", "expected openai:NAME@URL"),
        ("openai:m@http://[::1/v1", "expected openai:NAME@URL"),
        ("openai:m@http://h/v1(concurrency=2", "Cannot read"),
        ("openai:m@http://h/v1(2)", "Cannot read"),
        ("openai:m@http://h/v1(concurency=2)", "Did you mean 'concurrency'?"),
        ("openai:m@http://h/v1(concurrency=0)", "whole number of at least 1, not 0"),
        ("openai:m@http://h/v1(concurrency=2.5)", "whole number of at least 1, not 2.5"),
        ("openai:m@http://h/v1(concurrency=True)", "whole number of at least 1, not True"),
        ("openai:m@http://h/v1(read=0)", "seconds above 0, not 0"),
        ("openai:m@http://h/v1(read='long')", "seconds above 0, not 'long'"),
        ("openai:m@http://h/v1(read=1e999)", "seconds above 0, not inf"),
    ],
)
def test_a_spec_that_cannot_be_read_says_what_was_expected(spec: str, says: str) -> None:
    with pytest.raises(RequestError) as caught:
        open(spec, environ={})
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "spec",
    [
        "openai:m@http://ann:hunter2@h/v1",
        "openai:m@http://hunter2@h/v1",
        "openai:m@http://h/v1?key=hunter2",
        "openai:m@http://h/v1#hunter2",
        "openai:m@ann:hunter2@h/v1",
        "openai:m@http//ann:hunter2@h/v1",
    ],
)
def test_a_url_with_a_secret_in_it_is_refused_and_not_repeated(spec: str) -> None:
    with pytest.raises(RequestError) as caught:
        open(spec, environ={})
    assert "hunter2" not in str(caught.value)


def test_settings_come_from_the_spec_or_as_keywords_and_the_keywords_win() -> None:
    served = open("openai:m@http://h(concurrency=2, attempts=3)", environ={}, concurrency=4)
    assert (served._settings.concurrency, served._settings.attempts, served._settings.give_up) == (4, 3, 16)
    with pytest.raises(RequestError, match="Unknown setting 'sped'"):
        open("openai:m@http://h", environ={}, sped=1)


@pytest.mark.parametrize(
    ("environ", "key"),
    [
        ({}, ""),
        ({"OPENAI_API_KEY": " k1\n"}, "k1"),
        ({"KNOWWHEN_API_KEY": "k2", "OPENAI_API_KEY": "k1"}, "k2"),
        ({"KNOWWHEN_API_KEY": "", "OPENAI_API_KEY": "k1"}, "k1"),
    ],
)
def test_the_key_comes_from_the_environment_and_shows_nowhere(environ: dict[str, str], key: str) -> None:
    served = open("openai:m@http://h", environ=environ)
    assert served._key == key
    if key:
        assert key not in f"{served!r} {served} {served.identity} {served.name}"


def test_a_key_that_no_header_can_hold_is_refused_and_not_repeated() -> None:
    with pytest.raises(RequestError) as caught:
        open("openai:m@http://h", environ={"OPENAI_API_KEY": "geheim…"})
    assert "geheim" not in str(caught.value)


def test_a_seed_depends_on_the_run_the_prompt_and_the_draw_alone() -> None:
    def prompt(*texts: str) -> Sequence[Message]:
        return [Message("user", text) for text in texts]

    seeds = {_seed(s, p, d) for s in (0, 1) for p in (prompt("a"), prompt("b"), prompt("a", "b")) for d in range(5)}
    assert len(seeds) == 30
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert _seed(1, prompt("a"), 2) == _seed(1, prompt("a"), 2)

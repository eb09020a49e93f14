import os
import subprocess
import sys

import pytest

import knowwhen
from knowwhen import registry
from knowwhen.cli.main import main


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "knowwhen", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


def test_the_version_is_the_package_s(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"knowwhen {knowwhen.__version__}\n"


def test_without_a_command_it_says_which_there_are(capsys):
    assert main([]) == 0
    shown = capsys.readouterr().out
    for command in ("audit", "report", "list", "explain"):
        assert f"\n  {command} " in shown


def test_the_module_runs_as_the_command_does():
    done = run("--version")
    assert (done.returncode, done.stdout) == (0, f"knowwhen {knowwhen.__version__}\n")
    assert run("explain", "nothing-like-it").returncode == 2


@pytest.mark.parametrize(
    "arguments", [["--help"], ["list"], ["audit", "--help"], ["explain", "simulated"], ["--version"]]
)
def test_looking_around_loads_nothing_heavy(arguments):
    program = (
        "import sys; from knowwhen.cli.main import main; main(sys.argv[1:]); "
        "heavy = {'torch', 'transformers', 'matplotlib', 'scipy', 'numpy', 'sklearn', 'jinja2', 'httpx', 'rich'}; "
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_the_list_has_a_line_for_every_variant_with_its_first_sentence(capsys):
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for kind in registry.KINDS:
        assert kind in lines
        for name in registry.names(kind):
            (line,) = [line for line in lines if line.split()[:1] == [name]]
            sentence = line.split(maxsplit=1)[1]
            assert " ".join(registry.explain(kind, name).split()).startswith(sentence)
            assert sentence.endswith((".", "?", "!"))


def test_a_kind_alone_is_listed_alone(capsys):
    assert main(["list", "graders"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == registry.names("graders")


def test_an_unknown_kind_names_those_there_are(capsys):
    assert main(["list", "gardens"]) == 2
    kinds = "suites, graders, models, estimators, calibrators, probes, objectives, makers, trainers"
    assert capsys.readouterr().err == f"error: Unknown kind 'gardens'. Kinds: {kinds}.\n"


def test_a_narrow_terminal_breaks_a_line_under_its_beginning(capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    assert main(["list", "models"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 60
    beginnings = {len(line) - len(line.lstrip()) for line in lines}
    assert len(beginnings) == 2


def test_explain_shows_source_cost_and_when_it_fails(capsys):
    for kind in registry.KINDS:
        for name in registry.names(kind):
            assert main(["explain", name]) == 0
            shown = capsys.readouterr().out
            assert f"{name} ({kind})" in shown
            for heading in ("Source:", "Cost:", "Fails when:"):
                assert heading in shown


def test_explain_suggests_the_nearest_name(capsys):
    assert main(["explain", "false_premiss"]) == 2
    assert capsys.readouterr().err.startswith("error: Nothing is called 'false_premiss'. Did you mean 'false_premise'?")


def test_a_closed_pipe_is_no_fault():
    done = subprocess.run(
        f"{sys.executable} -m knowwhen list | head -n 1", shell=True, capture_output=True, text=True, check=True
    )
    assert done.stdout == "suites\n"
    assert "Traceback" not in done.stderr

"""What the documents say is true: commands exist, code runs, pages made from the program are fresh."""

import importlib.util
import inspect
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer

import knowwhen
from knowwhen import registry
from knowwhen.cli.main import app
from knowwhen.suites import _bundles

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("**/*.md"))]
OTHER_PROGRAMS = {"make", "pip", "python", "git", "source", "cat", "inspect", "lm_eval", "accelerate"}


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def commands(page):
    """The lines after `$ ` in console blocks, continuation lines joined."""
    text = "".join(block.replace("\\\n", " ") for block in blocks(page, "console"))
    return [line.removeprefix("$ ").strip() for line in text.splitlines() if line.startswith("$ ")]


def named(items):
    return [pytest.param(*item, id=f"{item[0].name}: {item[1]}") for item in items]


def parsed(words):
    """Parse a command line as the program would, without running it."""
    group = typer.main.get_command(app)
    with group.make_context("knowwhen", list(words), resilient_parsing=False) as context:
        name, command, rest = group.resolve_command(context, [*context._protected_args, *context.args])
        return command.make_context(name, rest, parent=context)


@pytest.mark.parametrize(("page", "line"), named((page, line) for page in PAGES for line in commands(page)))
def test_every_command_shown_is_one_that_the_program_takes(page, line):
    words = shlex.split(line, comments=True)
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):  # VARIABLE=value before the command
        words.pop(0)
    if words[:2] == ["/usr/bin/time", "-v"]:
        words = words[2:]
    program, *rest = words
    if program == "knowwhen":
        if rest not in (["--version"], ["--help"]):
            parsed(rest)
        return
    assert program.removeprefix(".venv/bin/") in OTHER_PROGRAMS, f"{line}: what program is that?"
    if program == "make":
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert {word for word in rest if "=" not in word} <= set(targets)
    if program == "python" and rest and not rest[0].startswith("-"):
        assert (ROOT / rest[0]).exists()


def test_a_command_that_does_not_exist_would_be_found():
    for wrong in (["audit"], ["audit", "x", "--limt", "3"], ["adit", "x"], ["report", "d", "--limit", "3"]):
        with pytest.raises((typer.BadParameter.__mro__[1], SystemExit)):
            parsed(wrong)
    assert parsed(["audit", "smollm2", "--limit", "3"]).params["limit"] == 3


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_within_the_repository_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target
    for target in re.findall(r'<img[^>]* src="([^":]+)"', page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("name", knowwhen.__all__)
def test_every_public_name_is_there_and_says_what_it_is(name):
    thing = getattr(knowwhen, name)
    if inspect.isclass(thing):
        assert (inspect.getdoc(thing) or "").strip()


def test_the_public_names_are_exactly_those_listed():
    here = {name for name, thing in vars(knowwhen).items() if not name.startswith("_") and not inspect.ismodule(thing)}
    assert here | {"__version__"} == set(knowwhen.__all__)


def test_the_page_of_commands_is_what_the_program_says_of_itself():
    spec = importlib.util.spec_from_file_location("make_cli", ROOT / "docs" / "make_cli.py")
    make_cli = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make_cli)
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert page == make_cli.page(), "docs/cli.md is stale. Renew it with: python docs/make_cli.py"
    group = typer.main.get_command(app)
    assert set(make_cli.COMMANDS) == {"", *group.commands}
    for command in group.commands.values():
        for parameter in command.params:
            for option in parameter.opts:
                if option.startswith("--"):
                    assert option in page


def test_the_changelog_knows_this_version_or_is_about_to():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## \[({re.escape(knowwhen.__version__)}|Unreleased)\]", text, re.MULTILINE)
    assert "### Results that move" in text


def test_everything_that_make_installs_is_pinned_and_nothing_else_is_said_of_it():
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.!]*", line) for line in lines)
    pinned = {re.sub(r"[-_.]+", "-", line.split("==")[0]).lower() for line in lines}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *(name for extra in project["project"]["optional-dependencies"].values() for name in extra),
        *project["dependency-groups"]["dev"],
    ]
    names = {re.sub(r"[-_.]+", "-", re.match(r"[A-Za-z0-9._-]+", each)[0]).lower() for each in wanted}
    assert names - {"knowwhen"} <= pinned  # an extra may take in another
    assert "torch==2.13.0" in lines  # Of this version a build without CUDA is at hand where CI runs.


# ---- "add a suite in one file", done as it is written ----


@pytest.fixture(scope="module")
def with_the_new_suite(tmp_path_factory):
    """An environment in which the package has the suite that CONTRIBUTING.md adds."""
    page = ROOT / "CONTRIBUTING.md"
    (name,) = re.findall(r"Save this as `src/knowwhen/suites/(\w+)\.py`", page.read_text(encoding="utf-8"))
    (code,) = blocks(page, "python")
    copy = tmp_path_factory.mktemp("src")
    shutil.copytree(ROOT / "src" / "knowwhen", copy / "knowwhen", ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "knowwhen" / "suites" / f"{name}.py").write_text(code, encoding="utf-8")
    return name, {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}, copy


def run(environment, *words, cwd=ROOT):
    return subprocess.run([sys.executable, "-m", *words], env=environment, cwd=cwd, capture_output=True, text=True)


def test_a_suite_added_in_one_file_is_listed_explained_and_asked(with_the_new_suite, tmp_path):
    name, environment, _ = with_the_new_suite
    listed = run(environment, "knowwhen", "list", "suites", cwd=tmp_path)
    assert [line for line in listed.stdout.splitlines() if line.split()[0] == name], listed.stderr
    assert "Fails when:" in run(environment, "knowwhen", "explain", name, cwd=tmp_path).stdout
    audited = run(environment, "knowwhen", "audit", "simulated", "--suite", f"{name}(pairs=20)", cwd=tmp_path)
    assert audited.returncode == 0, audited.stderr
    assert "60/60" in audited.stderr


def test_a_suite_added_in_one_file_is_proved_by_the_tests_that_are_there(with_the_new_suite):
    name, environment, _ = with_the_new_suite
    words = ["pytest", "-p", "no:cacheprovider", "tests/conformance", f"--ignore={__file__}", "-k", name, "-v"]
    tested = run(environment, *words)
    assert tested.returncode == 0, tested.stdout[-3000:]
    assert int(re.search(r"(\d+) passed", tested.stdout)[1]) >= 4


def test_a_suite_added_in_one_file_passes_the_linters(with_the_new_suite):
    name, environment, copy = with_the_new_suite
    path = str(copy / "knowwhen" / "suites" / f"{name}.py")
    checked = run(environment, "ruff", "check", "--config", str(ROOT / "pyproject.toml"), path)
    assert checked.returncode == 0, checked.stdout


def test_every_published_set_stands_in_one_of_the_tables_and_the_readme_counts_them():
    published = [name for name in registry.names("suites") if registry.declares("suites", name, "PUBLISHED")]
    tables = "".join((ROOT / "docs" / page).read_text(encoding="utf-8") for page in ("suites.md", "suites_hub.md"))
    assert set(re.findall(r"^\| `(\w+)", tables, re.MULTILINE)) == {*published, *_bundles.BUNDLES}
    said = {38: "Thirty-eight of the field's sets are suites too"}  # The next suite changes both.
    assert said[len(published)] in (ROOT / "README.md").read_text(encoding="utf-8")

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from knowwhen.errors import RequestError
from knowwhen.report import plot

SAMPLE = runpy.run_path(str(Path(__file__).parents[1] / "report_sample.py"))
SIGNATURE = SAMPLE["signature"](SAMPLE["outcomes"](), model="cost $5 and $6 <b>")


def test_an_svg_is_well_formed_and_the_same_every_time(tmp_path: Path) -> None:
    first, second = tmp_path / "a.svg", tmp_path / "b.SVG"
    plot(SIGNATURE, first)
    plot(SIGNATURE, second)
    assert first.read_bytes() == second.read_bytes()
    assert ElementTree.parse(first).getroot().tag.endswith("svg")


def test_a_png_is_a_png(tmp_path: Path) -> None:
    plot(SIGNATURE, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_a_run_without_figures_gives_a_figure_that_says_so(tmp_path: Path) -> None:
    plot(SAMPLE["signature"]([]), tmp_path / "a.svg")
    assert "No figures" in (tmp_path / "a.svg").read_text()


def test_another_suffix_is_refused_with_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"'plot\.pdf': expected a name that ends in \.svg or \.png"):
        plot(SIGNATURE, tmp_path / "plot.pdf")


def test_plotting_leaves_matplotlib_as_it_was(tmp_path: Path) -> None:
    program = (
        "import sys, runpy, matplotlib; from pathlib import Path; from knowwhen.report import plot\n"
        # Reading "backend" itself would choose one, and import pyplot.
        "settings = lambda: {k: matplotlib.rcParams[k] for k in matplotlib.rcParams if k != 'backend'}\n"
        "before = settings()\n"
        "sample = runpy.run_path(sys.argv[1])\n"
        "plot(sample['signature'](sample['outcomes']()[:60]), Path(sys.argv[2]))\n"
        "sys.exit(before != settings() or 'matplotlib.pyplot' in sys.modules)"
    )
    sample = Path(__file__).parents[1] / "report_sample.py"
    done = subprocess.run([sys.executable, "-c", program, str(sample), str(tmp_path / "a.svg")], check=False)
    assert done.returncode == 0

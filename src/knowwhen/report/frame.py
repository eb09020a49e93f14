"""What every page has in common: one HTML file that loads nothing, its style and script named by their SHA-256."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent


def rendered(
    template: str, styles: Sequence[str], scripts: Sequence[str], functions: Mapping[str, Any], **context: Any
) -> str:
    """A page from a template of this folder.

    Args:
        styles, scripts: files of this folder that stand inside the page, one after another.
        functions: what the template, and the macros that it imports, may call.
        context: what it shows; ``style``, ``script`` and their hashes for the policy are added.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(functions)
    style, script = ("\n".join((_HERE / f).read_text(encoding="utf-8") for f in files) for files in (styles, scripts))
    page = environment.get_template(template).render(
        style=Markup(style),
        style_hash=csp_hash(style),
        script=Markup(script),
        script_hash=csp_hash(script),
        **context,
    )
    # Lone surrogates cannot be written as UTF-8, and HTML has no NUL; a model may produce either.
    return re.sub("[\ud800-\udfff\x00]", "\ufffd", page)


def csp_hash(text: str) -> str:
    """The source expression that allows exactly this inline text (CSP Level 3, §2.3.1)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

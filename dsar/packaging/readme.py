"""READ-ME.txt: what is in the folder and how to open it, in the person's language, 40 lines at most."""

from __future__ import annotations

import textwrap

from dsar.packaging.inputs import PackageFacts
from dsar.packaging.names import LOCAL_NAMES
from dsar.packaging.words import TEMPLATES, long_date, number

MOST_LINES = 40
_WIDTH = 78


def readme(facts: PackageFacts, *, masked: int, items: int) -> bytes:
    """UTF-8 with a byte order mark and CRLF: Windows' own editor shows it right."""
    scope = "whole" if facts.whole else "portable"
    template = (TEMPLATES / "package" / "readme" / f"{scope}.{facts.language}.txt").read_text(encoding="utf-8")
    local = LOCAL_NAMES[facts.language]
    masks = (TEMPLATES / "package" / "readme" / f"masked.{facts.language}.txt").read_text(encoding="utf-8").splitlines()
    text = template.format(
        reference=facts.reference,
        controller=facts.controller.name,
        received=long_date(facts.received_on, facts.language),
        answered=long_date(facts.answered_on, facts.language),
        letter=local["letter"],
        summary=local["summary"],
        masked=masks[min(masked, 2)].format(count=number(masked, facts.language)),
        items=number(items, facts.language),
        dpo=facts.controller.dpo.email,
        authority=facts.controller.authority.name,
    )
    lines = []
    for line in text.strip().splitlines():
        indent = "  " if line.startswith("- ") else ""
        lines += textwrap.wrap(line, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False) or [""]
    if len(lines) > MOST_LINES:
        raise ValueError(f"the README has {len(lines)} lines")
    return b"\xef\xbb\xbf" + "\r\n".join([*lines, ""]).encode()

"""Sizes of files in decimal units and in the words of the reader, as limits are named beside them."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, Template
from django.utils import translation

SIZES = {"fr": ("168 ko", "1,1 ko", "10 Mo"), "en": ("168 kB", "1.1 kB", "10 MB")}


@pytest.mark.parametrize("language", SIZES)
def test_a_size_is_written_as_the_limit_beside_it(language: str):
    with translation.override(language):
        shown = [Template("{% load office %}{{ n|size }}").render(Context({"n": n})) for n in (168_000, 1_100, 10_000_000)]
    assert tuple(shown) == SIZES[language]


def test_no_page_counts_in_powers_of_two():
    pages = [path.read_text(encoding="utf-8") for path in (Path(settings.BASE_DIR) / "templates").rglob("*.html")]
    assert sum("|size" in page for page in pages) > 5, "sizes are shown"
    assert [page[:60] for page in pages if "filesizeformat" in page] == []

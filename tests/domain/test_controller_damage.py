"""Whatever happens to the files, the operator gets sentences and never a traceback."""

from __future__ import annotations

import tempfile
from pathlib import Path

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsar.controller import Controller
from tests.domain.controller_folder import SHIPPED, Folder

FILES = ("controller.toml", "register.yml", "sources.yml", "datasets/school.yml", "datasets/marketing.yml")
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.dates(),
    st.text(max_size=8),
    st.sampled_from([[], {}, [None, {}, [1]]]),
)
quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read_or_sentences(folder: Folder) -> None:
    problems = folder.problems()  # anything but a ControllerError comes through
    assert all(problem.file and problem.line > 0 and problem.message.strip() and problem.mend.strip() for problem in problems)
    if not problems:
        assert isinstance(folder.read(), Controller)


def damaged(file: str, content: str | bytes) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Folder(Path(place) / "controller")
        folder.write(file, content)
        read_or_sentences(folder)


@quick
@given(st.sampled_from(FILES), st.data())
def test_a_line_lost_or_blanked(file, data):
    lines = (SHIPPED / file).read_text().splitlines(keepends=True)
    number = data.draw(st.integers(0, len(lines) - 1))
    key, colon, _ = lines[number].partition("=" if file.endswith(".toml") else ":")
    lines[number] = data.draw(st.sampled_from(["", f"{key}{colon}\n", f"{key}\n", f'{key}{colon} ""\n', f"{key}{colon} []\n"]))
    damaged(file, "".join(lines))


@quick
@given(st.sampled_from(FILES), st.data())
def test_some_characters_lost_or_added(file, data):
    text = (SHIPPED / file).read_text()
    start = data.draw(st.integers(0, len(text) - 1))
    length = data.draw(st.integers(0, 40))
    damaged(file, text[:start] + data.draw(st.text(max_size=5).filter(str.isprintable)) + text[start + length :])


@quick
@given(st.sampled_from([file for file in FILES if file.endswith(".yml")]), st.data())
def test_a_key_lost_or_a_value_of_another_type(file, data):
    tree = yaml.safe_load((SHIPPED / file).read_text())
    places = list(walk(tree))
    parent, key = data.draw(st.sampled_from(places))
    if data.draw(st.booleans()):
        del parent[key]
    else:
        parent[key] = data.draw(VALUES)
    damaged(file, yaml.safe_dump(tree, allow_unicode=True))


@quick
@given(st.sampled_from(FILES), st.binary(max_size=200))
def test_any_bytes_at_all(file, content):
    damaged(file, content)


def walk(tree):
    """Every place in a tree: its parent, and its key or number there."""
    for key in list(tree) if isinstance(tree, dict) else range(len(tree)):
        yield tree, key
        if isinstance(tree[key], (dict, list)):
            yield from walk(tree[key])

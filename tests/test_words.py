"""The words that people see are of one hand: ’ and “ ” in both languages, “email” in English, no-break spaces in French."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.conf import settings

from dsar.domain.errors import DsarError
from identity.refusals import Refusal
from tests.services.mail_contexts import EVERY_MAIL, written

ROOT = Path(settings.BASE_DIR)
PACKAGES = ("dsar", "identity", "notifications")
APOSTROPHE = re.compile(r"[^\W\d_]'[^\W\d_]")
HYPHEN = re.compile(r"\be-mail", re.I)
# A fact in braces is a word too; an address or a file's end is none.
FRENCH_SPACE = re.compile(r"[^\s:;?!][ \u202f](?=[:;?!](?![\w/-])|»)|«[ \u202f]")
TAGS = re.compile(r"<[^>]*>|{#.*?#}|{% comment %}.*?{% endcomment %}", re.S)
FILLED = re.compile(r"{{.*?}}|{%.*?%}|%\(\w+\)[sd]|{\w*}", re.S)
# What mails are read with, what a source holds, the library's names of holidays, and a mark that stands in data.
NOT_OUR_WORDS = (
    "domain/holiday_names.py",
    "domain/wish_words.py",
    "domain/wishes.py",
    "controller/reading.py",
    "models/",
    "identity/models.py",
    "notifications/models.py",
    "notifications/inbox",
    "migrations/",
    "sources/example/words.py",
    "management/commands/serve.py",
    "identity/reconcile.py",
)
MARK = "[masqué : autre personne]"


def faults(words: str, language: str) -> list[str]:
    """What is written by another hand, with the letters around it."""
    rules = [APOSTROPHE, FRENCH_SPACE] if language == "fr" else [APOSTROPHE, HYPHEN]
    return [words[max(0, found.start() - 15) : found.end() + 15] for rule in rules for found in rule.finditer(words)]


def test_the_rules_know_another_hand():
    assert faults("l'accès", "fr")
    assert faults("the person's words", "en")
    assert faults("by e-mail", "en")
    assert faults("Et ensuite ?", "fr")
    assert faults("Qui : elle", "fr")
    assert faults("« oui »", "fr")
    assert faults("12 Mo\u202f; 4 Mo", "fr"), "one kind of space, U+00A0"
    assert not faults(
        "Voir https://exemple.fr/?a=b ou 10:30, l’e-mail « oui\u00a0» ; non".replace("« ", "«\u00a0").replace(" ;", "\u00a0;"),
        "fr",
    )
    assert not faults("Tell us: the person’s email", "en")


@pytest.mark.parametrize("room", sorted(path.name for path in (ROOT / "locale").iterdir() if path.is_dir()))
def test_the_catalogues_are_of_one_hand(room: str):
    with (ROOT / "locale" / room / "fr" / "LC_MESSAGES" / "django.po").open("rb") as file:
        messages = [message for message in read_po(file, locale="fr") if message.id]
    assert messages
    for language, side in (("en", "id"), ("fr", "string")):
        for message in messages:
            words = getattr(message, side)
            for one in (words,) if isinstance(words, str) else words:
                said = TAGS.sub("", one)
                assert faults(said, language) == []
                assert '"' not in said, said


def test_the_templates_are_of_one_hand():
    seen = 0
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.suffix not in {".html", ".txt", ".json"} or (own := path.stem.rpartition(".")[2]) == "words":
            continue
        seen += 1
        words = re.sub(r"<(style|script).*?</\1>", "", path.read_text(encoding="utf-8"), flags=re.S)
        words = FILLED.sub("x", TAGS.sub("", words)) if own == "fr" else TAGS.sub("", words)
        words = re.sub(r'"\w+": "', "", words).replace(MARK, "").replace("Subject: ", "") if own == "fr" else words
        assert faults(words, "fr" if own == "fr" else "en") == [], path
    assert seen > 100


@pytest.mark.parametrize(("kind", "language"), EVERY_MAIL)
def test_the_mails_are_of_one_hand(kind: str, language: str):
    mail = written(kind, language)
    assert faults(mail.subject, language) == []
    assert faults(mail.text, language) == []


def refusals() -> Iterator[type[DsarError]]:
    for package in PACKAGES:
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if ".migrations." not in module.name and "sanitise" not in module.name:
                importlib.import_module(module.name)
    classes = [DsarError]
    while classes:
        yield (one := classes.pop())
        classes += one.__subclasses__()


def test_the_refusals_are_of_one_hand():
    found = list(refusals())
    assert len(found) > 60
    for refusal in found:
        for language in ("fr", "en"):
            words = getattr(refusal, language)
            for one in words.values() if isinstance(words, dict) else [str(words)]:
                assert faults(one, language) == [], refusal
    for why in Refusal:
        assert faults(why.sentence("fr"), "fr") == faults(why.sentence("en"), "en") == []


def words_in(path: Path) -> Iterator[str]:
    """The strings of a Python file that are not its own documentation."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    own = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in own and " " in node.value:
            yield node.value


def test_the_words_in_the_code_are_of_one_hand():
    """Labels, what forms say, sentences by language: whichever way they reach a page."""
    seen = set()
    for path in sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        where = path.relative_to(ROOT).as_posix()
        if not any(part in where for part in NOT_OUR_WORDS):
            seen |= {(where, words) for words in words_in(path)}
    assert len(seen) > 1000
    assert [(where, words) for where, words in seen if APOSTROPHE.search(words) or re.search(r"\w [:;?!»]\s|« ", words)] == []


def test_the_example_of_a_controller_is_of_one_hand():
    for name in ("controller.toml", "register.yml"):
        lines = (ROOT / "config" / "controller" / name).read_text(encoding="utf-8").splitlines()
        words = "\n".join(line for line in lines if not line.startswith("#"))
        assert not APOSTROPHE.search(words) and not HYPHEN.search(words)

"""Question 5 in the right person: mine, somebody else's, and the short path of an heir; each answer named by its right."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from dsar.forms import details
from dsar.models import DataSubjectRequest
from identity import vault
from tests.people import CAMILLE_EMAIL, CAMILLE_NAME, SACHA_NAME
from tests.web.asking import answer, ask, begin, errors_in, fill
from tests.web.desk import words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("school")]

EVERYTHING = {"rights": ["access", "rectification", "erasure", "portability", "other"]}
OTHERS = {"rights": ["objection", "restriction"]}
CHILD = {
    "who": {"kind": "child"},
    "about": {"person_name": SACHA_NAME, "birth_day": "31", "birth_month": "3", "birth_year": "2012", "tie": "parent"},
}
HEIR = {
    "who": {"kind": "deceased"},
    "about": {"person_name": SACHA_NAME, "tie": "heir", "directives": "no", "purpose": "death"},
}
CONTACT = {"name": CAMILLE_NAME, "email": CAMILLE_EMAIL}
MINE = {
    "fr": r"\b(mes|ma|mon|je|j’ai|votre situation|vous nous avez données)\b",
    "en": r"\b(my|I|I’m not sure to|your situation|you gave us)\b",
}


def help_page(client: Client, language: str, what: dict[str, list[str]], **who: dict[str, str]) -> str:
    begin(client, language)
    for step, values in {"what": what, "other": OTHERS, **who, "tie": {"tie": "student"}, "contact": CONTACT}.items():
        if step != "other" or "other" in what["rights"]:
            answer(client, step, language, **values)
    page = words(client.get(f"/{language}/request/help/"))
    return page[page.index("Question 5") : page.index("Continuer" if language == "fr" else "Continue")]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_parent_is_asked_about_the_child_and_not_in_the_first_person(client: Client, language: str):
    mine = help_page(client, language, EVERYTHING, who={"kind": "self"})
    assert len(re.findall(MINE[language], mine)) > 5, "the check can fail"
    theirs = help_page(client, language, EVERYTHING, **CHILD)
    unsure = {"fr": "Je ne suis pas sûr|Je ne sais pas", "en": "I’m not sure"}[language]  # the parent is
    assert re.findall(MINE[language], re.sub(unsure, "", theirs)) == []
    assert len(theirs) > 0.8 * len(mine), "and everything is asked all the same"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_who_gave_data_as_a_child_is_told_to_say_so_and_a_parent_is_not(client: Client, language: str):
    """Loi 78-17 art. 51 II: at whatever age one asks (LAW R-42)."""
    asked = {"fr": "Aviez-vous moins de 18 ans", "en": "Were you under 18"}[language]
    erasure = {"rights": ["erasure"]}
    assert asked in help_page(client, language, erasure, who={"kind": "self"})
    assert asked not in help_page(client, language, erasure, **CHILD)
    assert asked not in help_page(client, language, {"rights": ["access"]}, who={"kind": "self"})


def test_who_turns_out_to_ask_for_somebody_who_has_died_answers_their_question_and_back(client: Client):
    fill(client, help={"access": "Les notes de 2023"})
    assert client.get("/fr/request/check/").status_code == 200
    answer(client, "who", kind="deceased")
    answer(client, "about", **HEIR["about"])
    answer(client, "contact", **CONTACT)
    assert client.get("/fr/request/check/")["Location"].endswith("/request/help/")
    answer(client, "help", heirs="Fermer le compte.")
    assert client.get("/fr/request/check/").status_code == 200
    answer(client, "who", kind="self")
    answer(client, "tie", tie="student")
    answer(client, "contact", **CONTACT)
    assert client.get("/fr/request/check/")["Location"].endswith("/request/help/")


# An heir


def test_an_heir_is_asked_one_thing_about_the_wish_and_no_tie_to_the_school(client: Client):
    met = fill(client, **HEIR, help={"heirs": "Fermer le compte, recevoir les photos."})
    assert met == ["what", "who", "about", "contact", "help"]
    page = client.get("/fr/request/help/").content.decode()
    assert re.findall(r'<(?:input|textarea)[^>]* name="(\w+)"', page.partition("<main")[2]) == [
        "csrfmiddlewaretoken",
        "heirs",
        "delivery",
        "delivery",
    ]
    assert "De quoi avez-vous besoin" in words(client.get("/fr/request/check/"))


def test_the_words_of_an_heir_reach_the_case_once(client: Client):
    dsr = ask(client, what={"rights": ["access", "erasure"]}, **HEIR, help={"heirs": "Fermer le compte."})
    told = [vault.open_text(dsr.key_name, bytes(part.details)) for part in dsr.parts.order_by("pk") if part.details]
    assert told == ["Fermer le compte."]
    assert dsr.subject_kind == "deceased"
    assert DataSubjectRequest.objects.count() == 1


def test_an_heir_who_is_not_sure_what_to_ask_tells_it_in_own_words(client: Client):
    begin(client)
    for step, values in {"what": {"rights": ["unspecified"]}, **HEIR, "contact": CONTACT}.items():
        answer(client, step, **values)
    page = answer(client, "help")
    assert errors_in(page) == ["Écrivez de quoi vous avez besoin"]


# The summary


def test_each_line_of_the_summary_names_its_right_when_there_are_several(client: Client):
    fill(client, what={"rights": ["access", "erasure", "portability"]}, help={"access": "a", "erasure": "b", "portability": "c"})
    summary = words(client.get("/fr/request/check/"))
    for line in ("Recevoir mes données.: Seulement certains sujets", "Emporter mes données ailleurs.: Seulement une partie"):
        assert re.search(line, summary), line
    assert "Faire effacer mes données b" in summary, "its only question goes by its name"


def test_one_right_needs_no_name_beside_each_line(client: Client):
    fill(client, help={"access": "a"})
    assert "Recevoir mes données :" not in words(client.get("/fr/request/check/")).replace("\u00a0", " ")


def test_a_text_of_the_file_keeps_the_question_that_was_put(client: Client):
    dsr = ask(client, what={"rights": ["other"]}, other={"rights": ["objection"]}, **CHILD,
              help={"objection": "Les photos", "objection_situation": "Il en souffre"})  # fmt: skip
    text = vault.open_text(dsr.key_name, bytes(dsr.parts.get().details))
    assert "dans sa situation" in text
    assert "dans votre situation" not in text


def test_a_parent_is_told_that_a_known_address_spares_a_document(client: Client):
    begin(client)
    answer(client, "what", rights=["access"])
    for kind, told in (("self", True), ("child", True), ("mandate", False), ("deceased", False)):
        answer(client, "who", kind=kind)
        if kind == "child":
            answer(client, "about", **CHILD["about"])
            answer(client, "tie", tie="student")
        if kind == "self":
            answer(client, "tie", tie="student")
        if kind == "mandate":
            continue  # its page needs a file
        if kind == "deceased":
            answer(client, "about", **HEIR["about"])
        assert ("nous vous reconnaîtrons sans document" in words(client.get("/fr/request/contact/"))) is told, kind


def test_every_question_in_the_first_person_has_its_other():
    first = re.compile(r"\b(my|I|you gave us|your situation|you withdraw)\b")
    for right in details.HELP:
        theirs = details.asked_about(right, theirs=True)
        said = [str(details.title_of(right, theirs=True)), str(theirs.hint)]
        for detail in theirs.details:
            said += [str(detail.label), str(detail.hint), *(str(option) for option in (detail.choices or {}).values())]
        assert [one for one in said if first.search(one) and "not sure" not in one] == [], right

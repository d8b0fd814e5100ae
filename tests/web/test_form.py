"""The five questions: which are asked, in which order, what comes back, and what is stored."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client

from dsar.models import DataSubjectRequest
from identity import vault
from tests.people import CAMILLE_EMAIL, CAMILLE_NAME, SACHA_NAME
from tests.web.asking import ANSWERS, answer, ask, begin, errors_in, fill, send, step_of, title_of
from tests.web.desk import words as words_of_page

pytestmark = pytest.mark.django_db

CHILD = {"person_name": SACHA_NAME, "birth_day": "31", "birth_month": "3", "birth_year": "2012", "tie": "parent"}


def words(part) -> str:
    return vault.open_text(part.dsr.key_name, bytes(part.details)) if part.details else ""


def test_five_questions_lead_from_the_start_to_a_request(client: Client):
    start = words_of_page(client.get("/fr/")).replace("\N{NO-BREAK SPACE}", " ")
    assert "30 jours au plus, gratuitement Demande complexe : jusqu’à deux mois de plus" in start, "GDPR Art. 12(3), both halves"
    assert fill(client) == ["what", "who", "tie", "contact", "help"]
    assert step_of(send(client)) == "sent"
    dsr = DataSubjectRequest.objects.get()
    assert (dsr.data_subject_name, dsr.email, dsr.language, dsr.channel) == (CAMILLE_NAME, CAMILLE_EMAIL, "fr", "form")
    assert [part.right for part in dsr.parts.all()] == ["access"]
    assert dsr.postal_address == ""


def test_the_language_of_the_form_is_the_language_of_the_request(client: Client):
    assert ask(client, "en").language == "en"


def test_stop_advertising_alone_asks_for_an_address_and_nothing_else(client: Client):
    assert fill(client, what={"rights": ["marketing_objection"]}) == ["what", "contact"]
    page = client.get("/fr/request/contact/").content.decode()
    assert "Celle à laquelle la publicité arrive" in page
    assert "Celle que l’école connaît" not in page


def test_stop_advertising_with_something_else_asks_all_questions(client: Client):
    assert fill(client, what={"rights": ["marketing_objection", "access"]}) == ["what", "who", "tie", "contact", "help"]


def test_something_else_asks_what_on_a_page_of_its_own(client: Client):
    met = fill(
        client,
        what={"rights": ["other"]},
        other={"rights": ["objection", "restriction"]},
        help={
            "objection": "le profilage",
            "objection_situation": "je suis suivi",
            "restriction": "mes notes",
            "restriction_ground": "contested",
        },
    )
    assert met == ["what", "other", "who", "tie", "contact", "help"]
    send(client)
    parts = DataSubjectRequest.objects.get().parts.all()
    assert {part.right: words(part) for part in parts} == {
        "objection": "À quel usage vous opposez-vous\u00a0? le profilage\n"
        "Qu’est-ce qui, dans votre situation, pose problème\u00a0? je suis suivi",
        "restriction": "Pourquoi devons-nous cesser de les utiliser\u00a0? Les données sont fausses, et vous les vérifiez\n"
        "Quelles données, et depuis quand\u00a0? mes notes",
    }


def test_not_sure_clears_the_rest_and_keeps_the_persons_own_words(client: Client):
    dsr = ask(client, what={"rights": ["access", "erasure", "unspecified"]}, help={"unspecified": "On m'écrit sans cesse."})
    assert [(part.right, words(part)) for part in dsr.parts.all()] == [("unspecified", "On m'écrit sans cesse.")]


def test_what_is_wrong_must_be_said_for_a_correction(client: Client):
    begin(client)
    for step, values in {"what": {"rights": ["rectification"]}, "who": {"kind": "self"}, "tie": {"tie": "other"}}.items():
        answer(client, step, **values)
    answer(client, "contact", name=CAMILLE_NAME, email=CAMILLE_EMAIL)
    page = answer(client, "help", rectification="  ")
    assert errors_in(page) == ["Écrivez ce qu’il faut corriger", "Écrivez ce qui est juste"]


def test_a_correction_asks_the_field_the_wrong_and_the_right_value_and_needs_no_proof(client: Client):
    given = {"rectification_what": "mon nom", "rectification_wrong": "Exampel", "rectification": "Exemple"}
    dsr = ask(client, what={"rights": ["rectification"]}, help=given)
    assert words(dsr.parts.get()).split("\n") == [
        "Que faut-il corriger\u00a0? mon nom",
        "Qu’est-ce qui est faux aujourd’hui\u00a0? Exampel",
        "Qu’est-ce qui est juste\u00a0? Exemple",
    ]


def test_an_objection_asks_the_situation_except_to_advertising(client: Client):
    begin(client)
    answer(client, "what", rights=["marketing_objection", "other"])
    answer(client, "other", rights=["objection", "restriction"])
    answer(client, "who", kind="self")
    answer(client, "tie", tie="other")
    answer(client, "contact", name=CAMILLE_NAME, email=CAMILLE_EMAIL)
    page = answer(client, "help", marketing_objection="")
    assert errors_in(page) == [
        "Écrivez à quel usage vous vous opposez",
        "Écrivez ce qui pose problème dans votre situation",
        "Choisissez pourquoi nous devons cesser de les utiliser",
        "Écrivez quelles données",
    ]


def test_a_copy_of_everything_and_for_oneself_is_what_an_empty_answer_asks(client: Client):
    dsr = ask(client, what={"rights": ["access", "portability"]}, help={"portability_to": "École de Brest"})
    access, portability = dsr.parts.all()
    assert words(access) == ""
    assert words(portability) == "À qui devons-nous les envoyer\u00a0? École de Brest"


def test_the_period_and_the_topics_of_a_copy_are_kept_apart(client: Client):
    dsr = ask(client, help={"access_period": "2021 à 2023", "access": "mes notes"})
    assert words(dsr.parts.get()) == "Seulement une période\u00a0? 2021 à 2023\nSeulement certains sujets\u00a0? mes notes"


def test_the_site_that_a_person_comes_from_is_kept_when_it_is_one_of_ours(client: Client):
    client.post("/fr/?site=bordeaux")
    answer(client, "what", rights=["marketing_objection"])
    answer(client, "contact", name=CAMILLE_NAME, email=CAMILLE_EMAIL)
    send(client)
    assert DataSubjectRequest.objects.get().site == "bordeaux"
    client.post("/fr/?site=elsewhere")
    answer(client, "what", rights=["access"])
    answer(client, "who", kind="self")
    assert '<option value="" selected>' in client.get("/fr/request/tie/").content.decode()
    client.post("/fr/?site=lyon", {"anew": ""})
    answer(client, "what", rights=["access"])
    answer(client, "who", kind="self")
    assert '<option value="lyon" selected>' in client.get("/fr/request/tie/").content.decode()


def test_further_identifiers_are_kept_by_kind(client: Client):
    contact = {
        "name": CAMILLE_NAME,
        "email": CAMILLE_EMAIL,
        "number": "2019-0042",
        "other_emails": "camille@perso.example; c.exemple@ancien.example",
        "other_names": "Camille Témoigne",
        "ga": "GA1.2.111.222",
    }
    dsr = ask(client, contact=contact)
    assert dsr.identifiers == {
        "email": ["camille@perso.example", "c.exemple@ancien.example"],
        "student_number": ["2019-0042"],
        "ga": ["GA1.2.111.222"],
    }
    assert dsr.other_names == "Camille Témoigne"


def test_the_postal_address_is_asked_only_of_who_wants_a_letter(client: Client):
    met = fill(client, help={"delivery": "post"}, post={"postal_address": "1 rue des Tests\r\n33000 Bordeaux"})
    assert met[-1] == "post"
    send(client)
    assert DataSubjectRequest.objects.get().postal_address == "1 rue des Tests\n33000 Bordeaux"


def test_a_changed_answer_asks_again_only_what_depends_on_it(client: Client):
    fill(client, what={"rights": ["access"]})
    client.get("/fr/request/check/")
    assert step_of(answer(client, "contact", name="Camille E. Exemple", email=CAMILLE_EMAIL)) == "check"
    assert step_of(answer(client, "who", kind="self_minor")) == "check"
    assert step_of(answer(client, "what", rights=["access", "rectification"])) == "help"
    assert step_of(answer(client, "help", rectification_what="mon nom", rectification="Exemple")) == "check"
    assert step_of(answer(client, "who", kind="child")) == "about"
    assert step_of(answer(client, "about", **CHILD)) == "tie", "the tie, the number and the addresses were one's own"
    assert step_of(answer(client, "tie", **ANSWERS["tie"])) == "contact"
    assert step_of(answer(client, "contact", name=CAMILLE_NAME, email=CAMILLE_EMAIL)) == "check"
    assert step_of(answer(client, "who", kind="deceased")) == "about", "the answers were about the child"


def test_the_summary_shows_the_answers_and_says_what_was_left_open(client: Client):
    fill(client, help={"access_period": "de 2021 à 2023"})
    page = client.get("/fr/request/check/").content.decode()
    for shown in ("Recevoir mes données", CAMILLE_NAME, CAMILLE_EMAIL, "2021 à 2023", "Étudiant ou étudiante", "Non renseigné"):
        assert shown in page
    assert "_hjSessionUser" not in page, "what was tucked away and left empty is not listed"
    assert re.findall(r'>Modifier<span class="vh"> la réponse à\W+([^<]+)</span></a>', page) == re.findall(
        r"<h2>([^<]+)</h2>", page
    )
    english = client.get("/en/request/check/").content.decode()
    assert "Not provided" in english
    assert len(re.findall(r'>Change<span class="vh"> the answer to: [^<]+</span></a>', english)) == 5


def test_switching_the_language_keeps_the_answers(client: Client):
    begin(client)
    answer(client, "what", rights=["access"])
    answer(client, "who", kind="self")
    page = client.get("/en/request/tie/")
    assert page.status_code == 200
    assert 'href="/fr/request/tie/"' in page.content.decode()


@pytest.mark.parametrize(
    ("language", "prefix", "sentence"),
    [("fr", "Erreur", "Cochez au moins une réponse"), ("en", "Error", "Tick at least one answer")],
)
def test_an_error_is_first_in_the_title_in_the_summary_and_beside_the_field(
    client: Client, language: str, prefix: str, sentence: str
):
    begin(client, language)
    page = answer(client, "what", language)
    assert title_of(page).startswith(prefix)
    assert errors_in(page) == [sentence]
    html = page.content.decode()
    assert html.count(sentence) == 2
    assert 'href="#id_rights_0"' in html
    assert 'id="id_rights_0"' in html


def test_nothing_is_ticked_beforehand(client: Client):
    begin(client)
    assert " checked" not in client.get("/fr/request/what/").content.decode()
    answer(client, "what", rights=["access"])
    assert " checked" in client.get("/fr/request/what/").content.decode(), "the check can fail"
    for step, values in (
        ("who", {"kind": "self"}),
        ("tie", {"tie": "other"}),
        ("contact", {"name": "C", "email": CAMILLE_EMAIL}),
    ):
        assert " checked" not in client.get(f"/fr/request/{step}/").content.decode()
        answer(client, step, **values)
    assert " checked" not in client.get("/fr/request/help/").content.decode()


KEY_WORDS = {  # of a page, in both languages (UX 4.4)
    "what": (
        ["Que souhaitez-vous ?", "Vous n’avez pas à dire pourquoi.", "Recevoir mes données", "Faire effacer mes données",
         "Nous vous dirons ce que la loi nous oblige à garder", "Ne plus recevoir de publicité", "C’est immédiat",
         "Emporter mes données ailleurs", "Je ne sais pas", "Racontez-nous avec vos mots", "Ce formulaire est facultatif."],
        ["What do you want?", "You don’t have to say why.", "Get my data", "Have my data erased",
         "We will tell you what the law makes us keep", "Stop advertising", "It is immediate", "Take my data elsewhere",
         "I’m not sure", "Tell us in your own words", "This form is optional."],
    ),
    "about": (
        ["Nous écrirons aussi à votre enfant, avec des mots simples, s’il a 15 ans ou plus."],
        ["If your child is 15 or over, we will also write to them, in simple words."],
    ),
    "contact": (
        ["Celle que l’école connaît, si possible : nous vous reconnaîtrons sans document"],
        ["The one the school knows, if you can: we will recognise you without a document"],
    ),
    "check": (["Envoyer ma demande"], ["Send my request"]),
    "sent": (
        ["Demande envoyée", "Nous vous répondrons au plus tard le mardi 22 décembre 2026"],
        ["Request sent", "We will answer by Tuesday 22 December 2026"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_key_moments_say_what_was_agreed(client: Client, language: str):
    with time_machine.travel(datetime(2026, 11, 22, 17, 4, tzinfo=UTC), tick=False):
        fill(client, language, who={"kind": "child"}, about=CHILD)
        client.get(f"/{language}/request/check/")
        for page, key_words in KEY_WORDS.items():
            if page == "sent":
                send(client, language)
            html = client.get(f"/{language}/request/{page}/")
            said = words_of_page(html).replace("\N{NO-BREAK SPACE}", " ")
            assert [one for one in key_words[language == "en"] if one not in said] == [], page
            for form in re.findall(r"<form [^>]+>", html.content.decode()):
                assert "novalidate" in form or "/code/" in form, "our own words instead of the browser’s"


@pytest.mark.parametrize("step", ["what", "other", "who", "about", "tie", "contact", "help"])
def test_the_order_of_a_page_is_the_same_in_both_languages(client: Client, step: str):
    fill(client, what={"rights": ["access", "other"]}, other={"rights": ["restriction"]}, who={"kind": "child"}, about=CHILD,
         help={"restriction": "x", "restriction_ground": "contested"})  # fmt: skip
    pages = [client.get(f"/{language}/request/{step}/").content.decode() for language in ("fr", "en")]
    french, english = ([re.sub(r"\s+", " ", f) for f in re.findall(r'(?:name|value)="(\w+)"', page)] for page in pages)
    assert len(french) > 2
    assert [one for one in french if len(one) < 60] == [one for one in english if len(one) < 60]


def test_the_counter_counts_five_and_a_branch_keeps_its_parents_number(client: Client):
    begin(client)
    answer(client, "what", rights=["other"])
    assert "Question 1 sur 5" in client.get("/fr/request/other/").content.decode()
    answer(client, "other", rights=["withdrawal"])
    answer(client, "who", kind="child")
    assert "Question 2 sur 5" in client.get("/fr/request/about/").content.decode()

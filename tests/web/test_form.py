"""The five questions: which are asked, in which order, what comes back, and what is stored."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from dsar.domain.vocabulary import EventKind
from dsar.models import DataSubjectRequest
from dsar.services import drafts
from identity import documents, vault
from identity.models import Document
from tests.people import CAMILLE_EMAIL, CAMILLE_NAME, SACHA_NAME
from tests.web.asking import ANSWERS, answer, ask, begin, errors_in, fill, send, step_of, title_of

pytestmark = pytest.mark.django_db

CHILD = {"person_name": SACHA_NAME, "birth_day": "31", "birth_month": "3", "birth_year": "2012", "tie": "parent"}
SIGNED = b"\x89PNG\r\n\x1a\n" + b"what is signed" * 20


def signed(content: bytes = SIGNED) -> SimpleUploadedFile:
    """A photo of the mandate; a fresh one each time, since sending reads it."""
    return SimpleUploadedFile("mandat.png", content, "image/png")


MANDATE = {
    "person_name": SACHA_NAME,
    "rights_covered": "recevoir une copie",
    "data_covered": "tout",
    "duration": "jusqu'à la réponse",
    "answer_to": "person",
}


def words(part) -> str:
    return vault.open_text(part.dsr.key_name, bytes(part.details)) if part.details else ""


def test_five_questions_lead_from_the_start_to_a_request(client: Client):
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


def test_who_is_under_18_reads_simpler_words_and_needs_no_parent(client: Client):
    met = fill(client, who={"kind": "self_minor"})
    assert met == ["what", "who", "tie", "contact", "help"]
    assert "Nous vous répondons à vous" in client.get("/fr/request/contact/").content.decode()
    assert "Écrivez comme vous parlez" in client.get("/fr/request/help/").content.decode()


def test_for_a_child_the_child_is_the_data_subject_and_the_parent_asks(client: Client):
    met = fill(client, who={"kind": "child"}, about=CHILD)
    assert met == ["what", "who", "about", "tie", "contact", "help"]
    send(client)
    dsr = DataSubjectRequest.objects.get()
    assert (dsr.subject_kind, dsr.data_subject_name) == ("child", SACHA_NAME)
    assert dsr.about == {"requester_name": CAMILLE_NAME, "birth_date": "2012-03-31", "tie": "parent"}


def test_a_child_of_age_asks_alone_or_gives_a_mandate(client: Client):
    begin(client)
    answer(client, "what", rights=["access"])
    answer(client, "who", kind="child")
    assert errors_in(answer(client, "about", **{**CHILD, "birth_year": "2001"})) == [
        "Dès 18 ans, votre enfant demande lui-même, ou vous donne mandat\u00a0: revenez en arrière pour changer votre réponse"
    ]


@pytest.mark.parametrize(
    ("day", "month", "year", "sentence"),
    [
        ("31", "2", "2012", "Cette date n’existe pas\u00a0: vérifiez le jour et le mois"),
        ("", "", "", "Écrivez la date de naissance en chiffres, par exemple 31 3 2012"),
        ("a", "mars", "c", "Écrivez la date de naissance en chiffres, par exemple 31 3 2012"),
        ("3/3/2012", "3", "2012", "Écrivez la date de naissance en chiffres, par exemple 31 3 2012"),
        ("1", "1", "99999", "Écrivez l’année en quatre chiffres, par exemple 2012"),
        ("1", "1", "12", "Écrivez l’année en quatre chiffres, par exemple 2012"),
        ("31", "3", "2999", "La date de naissance doit être dans le passé"),
    ],
)
def test_a_birth_date_that_is_none_is_said_in_one_sentence(client: Client, day: str, month: str, year: str, sentence: str):
    begin(client)
    answer(client, "what", rights=["access"])
    answer(client, "who", kind="child")
    page = answer(client, "about", **{**CHILD, "birth_day": day, "birth_month": month, "birth_year": year})
    assert errors_in(page) == [sentence]
    assert page.status_code == 200


def test_a_mandate_answers_the_five_fields_of_the_recommendation(client: Client):
    dsr = ask(client, who={"kind": "mandate"}, about={**MANDATE, "mandate": signed()})
    assert dsr.about == {
        "requester_name": CAMILLE_NAME,
        "rights_covered": "recevoir une copie",
        "data_covered": "tout",
        "duration": "jusqu'à la réponse",
        "answer_to": "person",
    }
    assert dsr.data_subject_name == SACHA_NAME


def up_to_the_mandate(client: Client) -> None:
    begin(client)
    answer(client, "what", rights=["access"])
    answer(client, "who", kind="mandate")


def test_the_signed_mandate_is_compulsory_there_and_goes_through_the_sanitiser(client: Client):
    up_to_the_mandate(client)
    assert errors_in(answer(client, "about", **MANDATE)) == ["Ajoutez le mandat signé"]
    assert step_of(answer(client, "about", **MANDATE, mandate=signed())) == "tie"
    (document,) = Document.objects.all()
    assert (document.purpose, document.state) == ("mandate", "pending")
    with storages["objects"].open(document.path) as stored:
        assert SIGNED not in stored.read(), "sealed, never as it came"
    answer(client, "tie", tie="other")
    answer(client, "contact", name=CAMILLE_NAME, email=CAMILLE_EMAIL)
    answer(client, "help")
    assert "Ajouté" in client.get("/fr/request/check/").content.decode()
    send(client)
    dsr = DataSubjectRequest.objects.get()
    document.refresh_from_db()
    assert document.reference == dsr.reference
    received = dsr.events.get(kind=EventKind.DOCUMENT_RECEIVED)
    assert received.data["purpose"] == "mandate"
    assert dsr.events.filter(kind=EventKind.PROOF_RECEIVED, data__how="document").count() == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "Ce fichier est vide"), (b"MZ not a picture", "Ce fichier n&#x27;est ni un JPEG"), (SIGNED * 40_000, "dépasse 10 Mo")],
)
def test_a_file_that_is_not_accepted_is_said_and_nothing_of_it_is_kept(client: Client, content: bytes, sentence: str):
    up_to_the_mandate(client)
    (error,) = errors_in(answer(client, "about", **MANDATE, mandate=signed(content)))
    assert sentence in error
    assert not Document.objects.filter(state="pending").exists()


def test_a_mandate_that_was_added_is_kept_when_another_answer_is_wrong_and_replaced_by_another(client: Client):
    up_to_the_mandate(client)
    page = answer(client, "about", **{**MANDATE, "duration": ""}, mandate=signed())
    assert errors_in(page) == ["Écrivez jusqu’à quand le mandat est valable"]
    assert "Ajouté" in page.content.decode()
    assert step_of(answer(client, "about", **MANDATE)) == "tie"
    first = Document.objects.get(state="pending")
    answer(client, "about", **MANDATE, mandate=signed())
    first.refresh_from_db()
    assert first.state == "destroyed"
    assert Document.objects.filter(state="pending").count() == 1


def test_the_mandate_of_a_form_that_turns_out_to_be_for_oneself_is_destroyed(client: Client):
    up_to_the_mandate(client)
    answer(client, "about", **MANDATE, mandate=signed())
    answer(client, "who", kind="self")
    answer(client, "tie", tie="other")
    answer(client, "contact", name=CAMILLE_NAME, email=CAMILLE_EMAIL)
    answer(client, "help")
    send(client)
    assert Document.objects.get().state == "destroyed"
    assert not DataSubjectRequest.objects.get().events.filter(kind=EventKind.DOCUMENT_RECEIVED).exists()


def test_a_mandate_lives_as_long_as_its_form_and_is_the_requests_once_sent(client: Client):
    up_to_the_mandate(client)
    answer(client, "about", **MANDATE, mandate=signed())
    (document,) = Document.objects.all()
    assert documents.destroy_due(timezone.now() + timedelta(minutes=110)) == 0
    left = document.destroy_by - timezone.now()
    assert timedelta(minutes=119) < left <= timedelta(hours=2)
    answer(client, "tie", tie="other")
    document.refresh_from_db()
    assert document.destroy_by - timezone.now() > left - timedelta(seconds=1), "each answer keeps it on"
    answer(client, "contact", name=CAMILLE_NAME, email=CAMILLE_EMAIL)
    answer(client, "help")
    send(client)
    document.refresh_from_db()
    assert document.destroy_by == document.uploaded_at + documents.KEPT_AT_MOST


def test_a_mandate_whose_form_was_never_sent_goes_after_two_hours_or_eight_days_whatever_happens(client: Client):
    up_to_the_mandate(client)
    answer(client, "about", **MANDATE, mandate=signed())
    now = timezone.now()
    assert drafts.forget_old_files(now + timedelta(days=7)) == 0
    assert drafts.forget_old_files(now + timedelta(days=9)) == 1


def test_heirs_have_their_own_short_path(client: Client):
    about = {"tie": "heir", "directives": "unknown", "purpose": "estate"}
    dsr = ask(client, who={"kind": "deceased"}, about={"person_name": SACHA_NAME, **about})
    assert (dsr.subject_kind, dsr.about) == ("deceased", {"requester_name": CAMILLE_NAME, **about})


def test_directives_that_were_not_left_name_nobody_and_cannot_be_carried_out(client: Client):
    begin(client)
    answer(client, "what", rights=["access"])
    answer(client, "who", kind="deceased")
    page = answer(client, "about", person_name=SACHA_NAME, tie="named", directives="no", purpose="directives")
    assert errors_in(page) == [
        "Vous dites qu’elle n’a pas laissé de directives\u00a0: choisissez un autre lien",
        "Vous dites qu’elle n’a pas laissé de directives\u00a0: choisissez une autre réponse",
    ]


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
    for shown in ("Recevoir mes données", CAMILLE_NAME, CAMILLE_EMAIL, "de 2021 à 2023", "Étudiant ou apprenti", "Non renseigné"):
        assert shown in page
    assert "_hjSessionUser" not in page, "what was tucked away and left empty is not listed"


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


def test_what_was_typed_is_still_there_after_an_error(client: Client):
    begin(client)
    answer(client, "what", rights=["marketing_objection"])
    page = answer(client, "contact", name=CAMILLE_NAME, email="camille@institut")
    assert errors_in(page) == ["Écrivez une adresse e-mail complète, comme nom@exemple.fr"]
    assert f'value="{CAMILLE_NAME}"' in page.content.decode()
    assert 'value="camille@institut"' in page.content.decode()


@pytest.mark.parametrize(
    "address",
    [
        "root@localhost",
        "camille@[127.0.0.1]",
        "camille@institut",
        "a" * 65 + "@institut.example",
        "camille@institut.example,sacha@institut.example",
        "camille@institut.example\r\nBcc: sacha@institut.example",
        '"camille exemple"@institut.example',
        "=?utf-8?q?x?=@institut.example",
        "camille@" + "a" * 250 + ".example",
    ],
)
def test_an_address_that_reaches_nobody_or_more_than_one_is_refused(client: Client, address: str):
    begin(client)
    answer(client, "what", rights=["marketing_objection"])
    assert errors_in(answer(client, "contact", name=CAMILLE_NAME, email=address))


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("é.test@example.org", "accent avant le @"),
        ("a@example.org, b@example.org", "Écrivez une seule adresse ici"),
        ("camille", "Écrivez une adresse e-mail complète"),
    ],
)
def test_what_is_wrong_with_an_address_is_said(client: Client, written: str, sentence: str):
    begin(client)
    answer(client, "what", rights=["marketing_objection"])
    (said,) = errors_in(answer(client, "contact", name=CAMILLE_NAME, email=written))
    assert sentence in said


@pytest.mark.parametrize("pasted", ["MAILTO:{0}", "Camille Exemple <{0}>", " {0} "])
def test_an_address_is_taken_out_of_what_an_address_book_pastes(client: Client, pasted: str):
    assert ask(client, contact={"name": CAMILLE_NAME, "email": pasted.format(CAMILLE_EMAIL)}).email == CAMILLE_EMAIL


def test_of_several_addresses_the_wrong_one_is_named(client: Client):
    fill(client)
    other = "vrai@mail.example; zz, <autre@mail.example>"
    (said,) = errors_in(answer(client, "contact", name=CAMILLE_NAME, email=CAMILLE_EMAIL, other_emails=other))
    assert "zz" in said and "vrai@mail.example" not in said


@pytest.mark.parametrize("name", ["Zoé Ñandú-O’Brien", "李小龍", "D'Artagnan, Jr.", "Œuvrard ß Ång", "پری\u200cسا", "ශ්\u200dරී"])
def test_every_name_is_accepted_as_written(client: Client, name: str):
    assert ask(client, contact={"name": name, "email": CAMILLE_EMAIL}).data_subject_name == name


def test_what_no_reader_can_see_is_left_out_of_a_name(client: Client):
    dsr = ask(client, contact={"name": "Camille\r\n\x00 \u202eExemple\u200b ", "email": CAMILLE_EMAIL})
    assert dsr.data_subject_name == CAMILLE_NAME


def test_hostile_words_come_out_inert(client: Client):
    fill(client, contact={"name": "<script>alert(1)</script>{{ 7*7 }}", "email": CAMILLE_EMAIL})
    page = client.get("/fr/request/check/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in page


def test_two_thousand_characters_fit_and_one_more_is_told(client: Client):
    begin(client)
    for step, values in {"what": {"rights": ["access"]}, "who": {"kind": "self"}, "tie": {"tie": "other"}}.items():
        answer(client, step, **values)
    answer(client, "contact", name=CAMILLE_NAME, email=CAMILLE_EMAIL)
    assert errors_in(answer(client, "help", access="é" * 2001)) == ["Raccourcissez votre réponse de 1 caractère"]
    assert step_of(answer(client, "help", access="é" * 2000)) == "check"


def test_an_answer_that_no_box_offers_is_refused(client: Client):
    begin(client)
    assert errors_in(answer(client, "what", rights=["everything"]))
    answer(client, "what", rights=["access"])
    assert errors_in(answer(client, "who", kind="superuser"))


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


def test_the_counter_counts_five_and_a_branch_keeps_its_parents_number(client: Client):
    begin(client)
    answer(client, "what", rights=["other"])
    assert "Question 1 sur 5" in client.get("/fr/request/other/").content.decode()
    answer(client, "other", rights=["withdrawal"])
    answer(client, "who", kind="child")
    assert "Question 2 sur 5" in client.get("/fr/request/about/").content.decode()


def test_fields_say_what_they_are_for(client: Client):
    begin(client)
    answer(client, "what", rights=["marketing_objection"])
    page = client.get("/fr/request/contact/").content.decode()
    for attributes in ('type="email"', 'autocomplete="email"', 'autocomplete="name"', 'spellcheck="false"', 'maxlength="254"'):
        assert attributes in page
    assert "required" not in page, "our own words instead of the browser's"

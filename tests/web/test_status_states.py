"""Each state of a request as its person reads it, in both languages: the heading, what to do now, what comes next."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from dsar.domain.vocabulary import SubjectKind, TaskState
from dsar.models import DataSubjectRequest, SourceTask, User
from dsar.selectors import subject_view
from dsar.services import forget, pause
from dsar.views.public.follow_words import EASY, EASY_FOR_SOMEBODY_ELSE, FOR_SOMEBODY_ELSE, HEADINGS
from tests.stories import RECEIVED_AT, confirm, receive, work
from tests.web import states
from tests.web.asking import title_of
from tests.web.desk import words
from tests.web.following import opened

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("school")]
LATER = RECEIVED_AT + timedelta(days=2)  # Thursday 12 March 2026


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(LATER, tick=False) as moving:
        yield moving


def plain(page: Any) -> str:
    return words(page).replace("\N{NO-BREAK SPACE}", " ")


SAYS: dict[str, tuple[list[str], list[str]]] = {
    "received": (["Nous avons reçu votre demande"], ["We have received your request"]),
    "identifying": (["Nous vérifions que c’est bien vous"], ["We are making sure it is you"]),
    "asked": (
        ["Nous devons être sûrs que c’est vous", "en pause depuis le 10 mars 2026", "Sans document, c’est possible"],
        ["We need to be sure that it is you", "paused since 10 March 2026", "It is possible without a document"],
    ),
    "to_specify": (
        ["Nous avons une question pour vous", "Lesquelles vous intéressent", "Rien ne vous oblige à répondre"],
        ["We have a question for you", "You do not have to answer"],
    ),
    "gathering": (
        ["Nous rassemblons vos données", "Encore attendus"],
        ["We are gathering your data", "Still waiting"],
    ),
    "checking": (["Une personne relit notre réponse", "interrogé"], ["A person is checking our answer", "searched."]),
    "building": (["Nous composons votre copie :"], ["We are putting your copy together:"]),
    "made": (["Votre copie est faite."], ["Your copy is made."]),
    "ready": (["Vos données sont prêtes", "télécharger jusqu’au"], ["Your data are ready", "Download until"]),
    "nothing_held": (
        ["Nous n’avons rien sur vous", "Où nous avons cherché", "un ancien nom ou un numéro"],
        ["We hold nothing about you", "Where we searched", "a former name or a number"],
    ),
    "refused": (
        ["Nous ne pouvons pas faire ce que vous demandez", states.REASON, "RGPD, art. 15", "CNIL"],
        ["We cannot do what you asked", states.REASON, "Art. 15(4)", "CNIL"],
    ),
    "answered": (["Nous avons répondu"], ["We have answered"]),
    "closed": (["Cette demande est close"], ["This request is closed"]),
    "withdrawn": (["Vous avez retiré cette demande"], ["You have withdrawn this request"]),
    "cannot_identify": (["Nous n’avons pas pu vérifier que c’est vous"], ["We could not make sure it is you"]),
}


@pytest.mark.parametrize("state", SAYS)
def test_each_state_says_itself_in_both_languages(dominique: User, noa: User, state):
    dsr = getattr(states, state)(RECEIVED_AT, dominique, noa)
    client = opened(dsr)
    for language, sentences in zip(("fr", "en"), SAYS[state], strict=True):
        page = client.get(f"/{language}/status/")
        said = plain(page)
        for sentence in sentences:
            assert sentence in said, (language, sentence, said)
        heading = re.search(r"<h1>(.*?)</h1>", page.content.decode()).group(1)  # type: ignore[union-attr]
        assert title_of(page).startswith(heading), "the state stands in the title"
        assert page.content.decode().count("<h1>") == 1
        order = [f">{dsr.reference}<", "<h1>", 'class="clock', 'class="line"', 'id="messages"', '<dl class="rows">', "sign-out"]
        places = [
            page.content.decode().rindex(one) if one == '<dl class="rows">' else page.content.decode().index(one) for one in order
        ]
        assert places == sorted(places), order


THEIRS = {  # what the page of who asks for somebody else says
    SubjectKind.CHILD: ("que vous pouvez agir pour votre enfant", "We search every system that can hold data about this person"),
    SubjectKind.MANDATE: ("Lecture du mandat", "Reading the mandate"),
    SubjectKind.DECEASED: ("Lecture de votre demande", "Reading your request"),
}
MINE = re.compile(
    r"c’est (?:bien )?vous|[Vv]os données (?:sont|rassemblées)|rassemblons vos|données sur vous|[Ii]t is you|data about you"
)


@pytest.mark.parametrize("kind", THEIRS)
def test_who_asks_for_somebody_else_is_not_spoken_to_as_the_person(kind):
    def line_of(dsr: DataSubjectRequest, language: str) -> str:
        confirm(dsr, at=RECEIVED_AT + timedelta(minutes=2))
        work(dsr.pk, at=RECEIVED_AT + timedelta(minutes=3))
        page = plain(opened(dsr).get(f"/{language}/status/"))
        return page[page.index(dsr.reference) : page.index("Messages")]

    for language, sentence in zip(("fr", "en"), THEIRS[kind], strict=True):
        theirs = receive(subject_kind=kind, email="claude@mail.example", about={"requester_name": "Claude Modèle"})
        said = line_of(theirs, language)
        assert sentence in said
        assert not MINE.search(said), said
        assert MINE.search(line_of(receive(email="moi@mail.example"), language)), "the check can fail"


def test_every_state_has_a_heading_and_easy_words():
    assert set(HEADINGS) == set(EASY)
    assert len(HEADINGS) == 14
    assert set(FOR_SOMEBODY_ELSE) < set(HEADINGS)
    assert set(FOR_SOMEBODY_ELSE) <= set(EASY_FOR_SOMEBODY_ELSE) < set(EASY)


OF_ONESELF = re.compile(
    r"c’est (?:bien )?vous|[Vv]os données\b(?! personnelles)|sur vous|vous connaître|[Ii]t is you|[Yy]our data\b(?! protection)"
    r"|about you\b|know you\b"
)


@pytest.mark.parametrize("state", sorted(EASY_FOR_SOMEBODY_ELSE))
def test_no_line_of_a_state_takes_who_asks_for_the_person(dominique: User, noa: User, state):
    dsr = getattr(states, state)(RECEIVED_AT, dominique, noa)
    client = opened(dsr)
    pages = ("/fr/status/", "/en/status/", "/fr/status/easy/", "/en/status/easy/")
    if state == "asked":
        pages += ("/fr/identity/", "/en/identity/")

    def said() -> dict[str, str]:
        return {path: plain(client.get(path)).split(dsr.reference, 1)[1].split("Messages")[0] for path in pages}

    assert any(OF_ONESELF.search(text) for text in said().values()), "the check can fail"
    DataSubjectRequest.objects.filter(pk=dsr.pk).update(subject_kind=SubjectKind.MANDATE)
    assert {path: OF_ONESELF.findall(text) for path, text in said().items() if OF_ONESELF.search(text)} == {}


@pytest.mark.parametrize("state", SAYS)
def test_each_state_is_told_in_short_lines_too(dominique: User, noa: User, state):
    dsr = getattr(states, state)(RECEIVED_AT, dominique, noa)
    client = opened(dsr)
    for language in ("fr", "en"):
        page = client.get(f"/{language}/status/easy/")
        lines = re.findall(r"<li>(.*?)</li>", page.content.decode().split("<main")[1], re.S)
        assert len(lines) >= 4
        told = [re.sub(r"<[^>]+>", "", line) for line in lines if "mailto" not in line and "href" not in line]
        assert max(len(line.split()) for line in told) <= 16, "one idea a line"
        assert f"/{language}/status/easy/" in client.get(f"/{language}/status/").content.decode()


def test_no_later_step_is_promised_once_it_is_over(dominique: User, noa: User):
    for state in ("refused", "nothing_held", "withdrawn", "cannot_identify"):
        dsr = getattr(states, state)(RECEIVED_AT, dominique, noa)
        said = plain(opened(dsr).get("/fr/status/"))
        assert "Pendant 30 jours" not in said, state
    dsr = states.checking(RECEIVED_AT, dominique, noa)
    assert "Pendant 30 jours" in plain(opened(dsr).get("/fr/status/")), "the check can fail"


def test_nothing_held_names_the_systems_whose_search_is_finished(dominique: User, noa: User):
    dsr = states.nothing_held(RECEIVED_AT, dominique, noa)
    task = dsr.source_tasks.filter(state=TaskState.DONE).first()
    assert task is not None
    view = subject_view(dsr, today=LATER.date())
    said = plain(opened(dsr).get("/fr/status/"))
    assert len(view.searched) == dsr.source_tasks.count() >= 1
    for name in view.searched:
        assert name in said
    task.state = TaskState.SKIPPED
    task.save()
    assert len(subject_view(dsr, today=LATER.date()).searched) == dsr.source_tasks.count() - 1, "what was left out is not claimed"


def test_gathering_counts_replies_and_names_who_is_awaited(dominique: User, noa: User):
    dsr = states.gathering(RECEIVED_AT, dominique, noa)
    step = next(one for one in subject_view(dsr, today=LATER.date()).timeline if one.key == "gathering")
    assert (step.state, step.answered, step.of) == ("now", 0, dsr.source_tasks.count())
    assert len(step.waiting) == step.of
    ask = SourceTask.objects.filter(dsr=dsr).first()
    assert ask is not None
    for number in range(7 - step.of):  # seven systems, of which five have replied
        SourceTask.objects.create(dsr=dsr, source_key=f"autre-{number}", state=TaskState.DONE, next_at=None)
    done = dsr.source_tasks.filter(state=TaskState.DONE).count()
    client = opened(dsr)
    said = {language: plain(client.get(f"/{language}/status/")) for language in ("fr", "en")}
    assert f"{done} services sur 7 ont répondu. Encore attendus" in said["fr"]
    assert f"{done} of 7 services have replied. Still waiting" in said["en"]
    assert "%" not in said["fr"], "no percentage is made up"


def test_no_message_yet_says_what_one_is_for(dominique: User, noa: User):
    client = opened(states.received(RECEIVED_AT, dominique, noa))
    for language, told in (("fr", "Aucun message. Écrivez-nous si vous voulez préciser."), ("en", "No message yet. Write to us")):
        assert told in plain(client.get(f"/{language}/status/"))
    client.post("/fr/status/write/", {"words": "Bonjour."})
    assert "Aucun message" not in plain(client.get("/fr/status/")), "the check can fail"


def test_a_question_that_came_too_late_to_stop_the_clock_is_shown_all_the_same(dominique: User, noa: User, clock):
    dsr = states.checking(RECEIVED_AT, dominique, noa)
    late = RECEIVED_AT + timedelta(days=25)
    clock.move_to(late)
    pause.ask_clarification(
        dsr_id=dsr.pk,
        officer=dominique,
        why=states.QUESTION,
        choices=["Les notes", "Les stages"],
        reply_by=(late + timedelta(days=3)).date(),
        now=late,
    )
    said = plain(opened(dsr).get("/fr/status/"))
    assert "Lesquelles vous intéressent" in said


def test_a_copy_that_expired_is_said_and_can_be_had_again(dominique: User, noa: User, clock):
    dsr = states.ready(RECEIVED_AT, dominique, noa)
    clock.move_to(RECEIVED_AT + timedelta(days=31))
    forget.expire_packages(RECEIVED_AT + timedelta(days=31))
    said = plain(opened(dsr).get("/fr/status/"))
    assert "Le téléchargement a expiré" in said
    assert "gratuitement" in said


def test_the_page_works_without_scripts_and_carries_what_scripts_use(dominique: User, noa: User):
    html = opened(states.gathering(RECEIVED_AT, dominique, noa)).get("/fr/status/").content.decode()
    assert re.search(r'<p class="acts" data-no-script><a class="btn plain" href="/fr/status/">Mettre', html)
    assert html.count('data-live role="status"') == 1
    assert re.search(r'aria-live="polite" data-closing data-after-minutes="30" data-over="/fr/follow/"', html)

"""What people mean: the rules propose, and at least nine of ten proposals are right, on messages they were not tuned on too."""

from __future__ import annotations

import pytest

from dsar.domain.vocabulary import RequestType as Right
from dsar.domain.wishes import Wish, language_of, propose
from notifications.inbox_kind import recognise
from notifications.inbox_models import MailKind
from notifications.inbox_reading import read
from tests.inbox.samples import HELD_OUT, SAMPLES, TUNED, Sample
from tests.inbox.samples_fresh import FINAL, FRESH, LAST
from tests.inbox.samples_held_out import HALF_A, HALF_B, HeldOut
from tests.inbox.writing import OURS


def proposed(sample: Sample) -> frozenset[Right]:
    letter = read(sample.raw)
    if recognise(letter, own_addresses={OURS}).kind is not MailKind.REQUEST:
        return frozenset()
    return frozenset(wish.right for wish in propose(letter.text, subject=letter.subject))


def test_the_samples_are_thirty_of_each_language():
    assert [sum(sample.language == language for sample in SAMPLES) for language in ("fr", "en")] == [30, 30]
    assert {sample.kind for sample in SAMPLES} == set(MailKind) - {MailKind.REPLY}
    assert len(HELD_OUT) == 20
    assert {right for sample in HELD_OUT for right in sample.rights} >= {Right.ACCESS, Right.ERASURE, Right.RESTRICTION}


@pytest.mark.parametrize(("name", "samples"), [("tuned", TUNED), ("held out", HELD_OUT), ("all", SAMPLES)])
def test_nine_of_ten_proposals_are_right(name: str, samples: list[Sample]):
    wrong = {sample.name: sorted(proposed(sample)) for sample in samples if proposed(sample) != sample.rights}
    print(f"proposed rights, {name}: {len(samples) - len(wrong)} of {len(samples)} messages exactly right; wrong: {wrong}")
    assert len(wrong) <= len(samples) / 10, wrong


def test_what_the_rules_have_learnt_they_keep():
    """Of seventy mails in other words at least nine of ten; what no rule knows is proposed by none, and a person reads it."""
    others = [*FRESH, *LAST, *FINAL]
    proposals = [({wish.right for wish in propose(text, subject=subject)}, rights) for subject, text, rights in others]
    right = sum(found == rights for found, rights in proposals)
    print(f"other words: {right} of {len(others)} exactly right")
    assert right >= 0.9 * len(others)
    assert all(found <= rights for found, rights in proposals), "no right that nobody asked for"


def found_in(mails: list[HeldOut]) -> list[tuple[frozenset[Right], frozenset[Right]]]:
    """Of each mail, read as it arrives: the rights proposed, and those that it uses."""
    letters = [(*sample.letter(), sample.rights) for sample in mails]
    return [(frozenset(wish.right for wish in propose(text, subject=subject)), rights) for subject, text, rights in letters]


def print_scores(name: str, found: list[tuple[frozenset[Right], frozenset[Right]]]) -> int:
    exactly = sum(proposed == rights for proposed, rights in found)
    print(f"half {name}: {exactly} of {len(found)} mails exactly right")
    for right in Right:
        right_ones = sum(right in proposed and right in rights for proposed, rights in found)
        proposals, wanted = (sum(right in each[place] for each in found) for place in (0, 1))
        if proposals or wanted:
            print(f"  {right}: {right_ones} of {proposals} proposals right, {right_ones} of {wanted} wishes found")
    return exactly


@pytest.mark.parametrize(("name", "mails", "reached"), [("A", HALF_A, 60), ("B", HALF_B, 55)])
def test_mails_of_many_kinds_are_read_as_well_as_before(name: str, mails: list[HeldOut], reached: int):
    """Half B was never looked at in detail; `samples_held_out` says how much that is worth. Two mails less may be an accident."""
    assert len(mails) == 60
    assert print_scores(name, found_in(mails)) >= reached - 2


def test_a_mail_that_asks_for_nothing_has_nothing_proposed():
    """Fees, timetables, offers, newsletters to us, applications, complaints about teaching: A alone, as above."""
    none = [sample for sample in HALF_A if not sample.rights]
    assert len(none) >= 12
    assert [
        (sample.subject, sorted(proposed)) for sample, (proposed, _) in zip(none, found_in(none), strict=True) if proposed
    ] == []


def test_each_sample_is_recognised_for_what_it_is():
    found = {sample.name: recognise(read(sample.raw), own_addresses={OURS}).kind for sample in SAMPLES}
    assert found == {sample.name: sample.kind for sample in SAMPLES}


def test_a_proposal_quotes_the_words_that_led_to_it():
    assert propose("Bonjour,\nVeuillez SUPPRIMER mon compte.") == (Wish(Right.ERASURE, ("SUPPRIMER mon compte",)),)


@pytest.mark.parametrize(
    "text",
    [
        "Ne supprimez surtout pas mon dossier.",
        "Please do not delete my account.",
        "If you are not the intended recipient please delete this message and all information.",
        "Merci.\n\nLe 2 mars 2026 à 10:00, CESI a écrit :\n> Pour effacer vos données, répondez.",
        "Hello\n-- \nWe erase all your data, Ltd.",
        "I am not asking you to delete my account.",
        "Je ne demande pas la suppression de mes données.",
        "You said that you would delete my file.",
        "Notre plateforme répond aux demandes de droit d'accès : une démo ?",
        "Sorry, wrong attachment: please delete it.",
        "",
    ],
)
def test_what_nobody_asked_is_not_proposed(text: str):
    assert propose("Merci d'effacer mes données."), "the check can fail"
    assert propose(text) == ()


@pytest.mark.parametrize(
    ("text", "rights"),
    [
        ("Je m'oppose aux traitements suivants :\n- la prospection par SMS", {Right.OBJECTION, Right.MARKETING_OBJECTION}),
        ("Supprimez-moi de votre liste de diffusion.", {Right.MARKETING_OBJECTION}),
        ("Stop the newsletters and delete my data.", {Right.MARKETING_OBJECTION, Right.ERASURE}),
        ("Please do not use my marks for research.", {Right.OBJECTION}),
        ("Please do not use my marks until you have checked them.", {Right.RESTRICTION}),
        ("Articles 15 et 17 du RGPD.", {Right.ACCESS, Right.ERASURE}),
        ("Tr : voir\n---- Message transféré ----\nDe : X\nObjet : y\n\nEffacez mes données.", {Right.ERASURE}),
        ("Si vous avez communiqué mes données, vous devez communiquer ma demande d'effacement.", set()),
    ],
)
def test_one_sentence_says_what_it_says_and_no_more(text: str, rights: set[Right]):
    assert {wish.right for wish in propose(text)} == rights


def test_an_objection_to_advertising_is_not_a_general_one_as_well():
    assert [wish.right for wish in propose("Je m'oppose à la prospection.")] == [Right.MARKETING_OBJECTION]


def test_the_rules_read_a_long_text_in_bounded_time():
    propose("je souhaite " * 50_000 + "copie " * 50_000)
    propose("a" * 200_000)
    propose("mon compte effacer " * 20_000)


def test_the_language_is_told_by_small_words():
    assert language_of("Bonjour, je vous prie de me répondre.", otherwise="en") == "fr"
    assert language_of("Hello, please send me my data.", otherwise="fr") == "en"
    assert language_of("RGPD", otherwise="fr") == "fr"

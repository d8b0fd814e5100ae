"""Sixty messages as they arrive, thirty in French and thirty in English, each with what it is and what it asks.

Written before the rules that read them. `HELD_OUT`, every third one, was never looked at while the rules were tuned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from dsar.domain.vocabulary import RequestType as Right
from notifications.inbox_models import MailKind
from tests.inbox import samples_en, samples_fr
from tests.inbox.writing import OURS, SENDER_DOMAINS, bounce, mail, our_own

Build = Callable[[], bytes]


@dataclass(frozen=True)
class Sample:
    """One message; `rights` is what a careful reader would propose, empty when only a person can tell or nothing is asked."""

    name: str
    language: str
    kind: MailKind
    build: Build
    rights: frozenset[Right] = field(default_factory=frozenset)

    @property
    def raw(self) -> bytes:
        return self.build()


def _requests(language: str, texts: list[samples_fr.Asked]) -> list[Sample]:
    return [
        Sample(
            f"{language}-{number:02d}",
            language,
            MailKind.REQUEST,
            lambda asked=asked, number=number: mail(  # type: ignore[misc]
                sender=f"{language}{number:02d}@{SENDER_DOMAINS[number % len(SENDER_DOMAINS)]}",
                name=asked.name,
                subject=asked.subject,
                text=asked.text,
                html=asked.html,
                charset=asked.charset,
            ),
            frozenset(asked.rights),
        )
        for number, asked in enumerate(texts, start=1)
    ]


def _machines(language: str) -> list[Sample]:
    french = language == "fr"
    away = {
        "subject": "Réponse automatique : Votre demande" if french else "Automatic reply: Your request",
        "text": "Je suis absente jusqu'au 4 mai. Pour effacer mes données, non : pour une urgence, appelez le 01."
        if french
        else "I am out of the office until 4 May. To access my voicemail, or to delete an appointment, call reception.",
    }
    words = {
        "vacation": away | {"headers": {"Auto-Submitted": "auto-replied", "Return-Path": "<>"}},
        "exchange": away | {"headers": {"X-Auto-Response-Suppress": "All", "X-Autoreply": "yes"}},
        "subject-only": {
            "subject": "Absence du bureau : congés" if french else "Out of Office: annual leave",
            "text": "Merci de votre message." if french else "Thank you for your message.",
            "headers": {"Precedence": "bulk"},
        },
        "newsletter": {
            "subject": "Les nouveautés de mars" if french else "What is new in March",
            "text": "Découvrez nos offres. Pour vous désinscrire, suivez le lien."
            if french
            else "Discover our offers. To unsubscribe, follow the link.",
            "headers": {"List-Id": "<news.shop.example>", "Precedence": "bulk", "List-Unsubscribe": "<https://shop.example/u>"},
        },
    }

    def of(key: str, sender: str) -> Build:
        return lambda: mail(sender=sender, name="", **words[key])  # type: ignore[arg-type]

    hour = "fr" if french else "en"
    return [
        Sample(f"{language}-vacation", language, MailKind.AUTO_REPLY, of("vacation", f"absent.{hour}@mail.example")),
        Sample(f"{language}-exchange", language, MailKind.AUTO_REPLY, of("exchange", f"bureau.{hour}@firm.example")),
        Sample(f"{language}-subject-only", language, MailKind.AUTO_REPLY, of("subject-only", f"conges.{hour}@firm.example")),
        Sample(f"{language}-bounce", language, MailKind.BOUNCE, lambda: bounce(french=french)),
        Sample(f"{language}-bounce-old", language, MailKind.BOUNCE, lambda: bounce(french=french, report=False)),
        Sample(f"{language}-loop", language, MailKind.LOOP, lambda: our_own(french=french)),
        Sample(
            f"{language}-loop-address",
            language,
            MailKind.LOOP,
            lambda: mail(sender=OURS, name="", subject="Re: Re: Re:", text="Merci." if french else "Thank you."),
        ),
        Sample(f"{language}-newsletter", language, MailKind.OTHER, of("newsletter", f"news.{hour}@shop.example")),
    ]


SAMPLES = [*_requests("fr", samples_fr.ASKED), *_machines("fr"), *_requests("en", samples_en.ASKED), *_machines("en")]
_BY_LANGUAGE = [[sample for sample in SAMPLES if sample.language == language] for language in ("fr", "en")]
HELD_OUT = [*_BY_LANGUAGE[0][0::3], *_BY_LANGUAGE[1][1::3]]
TUNED = [sample for sample in SAMPLES if sample not in HELD_OUT]
STRANGERS = frozenset({MailKind.AUTO_REPLY, MailKind.BOUNCE, MailKind.LOOP, MailKind.OTHER})

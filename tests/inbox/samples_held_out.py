"""120 mails in the words of many, with the rights that they use by the GDPR: nobody who wrote them had read the rules.

They lie in `held_out_fr.txt` and `held_out_en.txt`. Even ones (half A) are for working on the rules; odd ones (half B) are never
looked at in detail, only their score, so that it says something about mails that nobody has seen yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dsar.domain.vocabulary import RequestType
from notifications.inbox_reading import read
from tests.inbox.writing import mail

HERE = Path(__file__).parent


@dataclass(frozen=True)
class HeldOut:
    language: str
    subject: str
    text: str
    rights: frozenset[RequestType]

    def letter(self) -> tuple[str, str]:
        """Subject and text, as they are read from a real mail."""
        found = read(mail(sender="somebody@mail.example", subject=self.subject, text=self.text), is_cut=False)
        return found.subject, found.text


def _in(language: str) -> list[HeldOut]:
    found = []
    for block in (HERE / f"held_out_{language}.txt").read_text(encoding="utf-8").split("~~~~\n"):
        rights, subject, text = block.split("\n", 2)
        names = rights.removeprefix("Rights:").split()
        found.append(HeldOut(language, subject.removeprefix("Subject: "), text, frozenset(RequestType(name) for name in names)))
    return found


HELD_OUT = [*_in("fr"), *_in("en")]
HALF_A, HALF_B = HELD_OUT[0::2], HELD_OUT[1::2]

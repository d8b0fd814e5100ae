"""120 mails as students, parents, lawyers, services and strangers might write them, with the rights they use by the GDPR.

They lie in `held_out_fr.txt` and `held_out_en.txt`, and were written before their author had read the rules. Even ones (half A)
served to widen the rules; of odd ones (half B) only the score was printed. What that says, and what it does not:

- Before anything was widened 38 of 60 of A and 34 of 60 of B were read exactly right; afterwards 60 of A and 55 of B.
- But one hand wrote A, B and the wider rules, so B flatters them. On 95 model letters and short messages of other authors (public
  templates, not kept here), each of three groups read once before the rules were widened by it, they got 14 of 22, 33 of 43 and
  22 of 30 right: 69 of 95, where the rules before got 72. After they were widened by these too: 21 of 22, 43 of 43, 29 of 30.
- So on mails that nobody has seen yet expect about three of four, and a person who reads each one.
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

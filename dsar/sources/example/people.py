"""Who lives in the example school, and the rows about them; a pure function of seed and sizes."""

from __future__ import annotations

import random
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from dsar.sources.example import words

BASE_DATE = date(2026, 9, 1)  # the school's "today": never the clock's, so that two runs are equal
ASKER_EMAIL = "camille.exemple@etu.cesi.example"
ASKER_PERSONAL_EMAIL = "camille.exemple@courriel.example"
OTHER_EMAIL = "sacha.modele@etu.cesi.example"
NAMESAKE_EMAIL = "camille.exemple2@etu.cesi.example"
BIG_EMAIL = "grand.dossier@etu.cesi.example"
HUGE_EMAIL = "tres.grand.dossier@etu.cesi.example"
ASKER_VISITOR, ASKER_GA = "v-0000000001", "GA1.2.100000001.1700000001"
SMALLEST_BIG = 100
_MIDNIGHT = datetime(BASE_DATE.year, BASE_DATE.month, BASE_DATE.day)  # noqa: DTZ001 - written as UTC below


@dataclass(frozen=True)
class Student:
    id: int
    number: str
    civility: str
    first_name: str
    last_name: str
    birth_date: str
    email: str
    personal_email: str | None
    campus: int
    programme: str
    start: int  # year

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


def slug(text: str) -> str:
    """ASCII letters and hyphens of a name, for an address."""
    for letter, plain in {"ł": "l", "Ł": "l", "œ": "oe", "Œ": "oe", "ø": "o", "ß": "ss", "ı": "i", "’": "", "'": ""}.items():
        text = text.replace(letter, plain)
    kept = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "".join(letter if letter.isalnum() else "-" for letter in kept).strip("-")


class School:
    """Fills the tables in one pass: `put(table, row)` takes each row, `id` first; nothing but names is kept."""

    def __init__(self, *, people: int, seed: int, big: int, huge: int, put: Callable[[str, tuple[Any, ...]], None]) -> None:
        self.random = random.Random(seed)  # noqa: S311 - invented people, not secrets
        self.big, self.huge, self._put = big, huge, put
        self.ids: Counter[str] = Counter()
        self.taken: Counter[str] = Counter()
        self.students = self._enrol(max(5, people * 17 // 20))
        self.prospects = max(0, people - len(self.students))
        self.ordinary = self.students[5:] or self.students[:3]

    def fill(self) -> None:
        for student in self.students:
            self._student(student)
        self._asker(self.students[0], self.students[1])
        self._someone(self.students[1])
        self._someone(self.students[2])
        for rows, student in ((self.big, self.students[3]), (self.huge, self.students[4])):
            if rows:
                self._large(student, rows)
            else:
                self._someone(student)
        for student in self.students[5:]:
            self._someone(student)
        for number in range(self.prospects):
            self._prospect(number)

    # Helpers

    def put(self, table: str, *values: Any) -> int:
        self.ids[table] += 1
        self._put(table, (self.ids[table], *values))
        return self.ids[table]

    def one(self, choices: Sequence[Any]) -> Any:
        return choices[int(self.random.random() * len(choices))]

    def below(self, number: int) -> int:
        return int(self.random.random() * number)

    def day(self, oldest: int, newest: int = 0) -> str:
        """A date between so many days before the base date."""
        return (BASE_DATE - timedelta(days=newest + self.below(oldest - newest))).isoformat()

    def at(self, oldest: int) -> str:
        """An instant in the last `oldest` days, in UTC."""
        return (_MIDNIGHT - timedelta(seconds=self.below(oldest * 86400))).isoformat() + "+00:00"

    def phone(self) -> str | None:
        return f"+33 6 99 {self.below(100):02} {self.below(100):02} {self.below(100):02}" if self.random.random() < 0.8 else None

    def free_text(self, choices: Sequence[Any]) -> Any:
        """Mostly ordinary; one in fifty is what an attacker types."""
        return self.one(words.HOSTILE) if self.random.random() < 0.02 else self.one(choices)

    def address_of(self, first: str, last: str, domain: str) -> str:
        """Unique: the second of a name gets a 2."""
        local = f"{slug(first)}.{slug(last)}"
        self.taken[f"{local}@{domain}"] += 1
        count = self.taken[f"{local}@{domain}"]
        return f"{local}{count if count > 1 else ''}@{domain}"

    # People

    def _enrol(self, count: int) -> list[Student]:
        """Five fixed people first, then invented ones; every 97th shares name and birth date with the one before."""
        fixed = (
            ("Camille", "Exemple", "2003-04-12", ASKER_PERSONAL_EMAIL),
            ("Sacha", "Modèle", "2002-11-30", "sacha.modele@courriel.example"),
            ("Camille", "Exemple", "2001-07-03", "c.exemple@messagerie.example"),
            ("Grand", "Dossier", "2000-01-15", None),
            ("Très Grand", "Dossier", "1999-05-20", None),
        )
        students: list[Student] = []
        for number, (first, last, birth, personal) in enumerate(fixed, start=1):
            local = slug(first).replace("-", ".")
            self.taken[f"{local}.{slug(last)}@etu.cesi.example"] += 1
            again = 2 if number == 3 else ""
            email = f"{local}.{slug(last)}{again}@etu.cesi.example"
            students.append(
                Student(
                    number, f"2022{number:05}", "", first, last, birth, email, personal, number + 2, words.PROGRAMMES[0], 2022
                )
            )
        while len(students) < count:
            number = len(students) + 1
            first, last = self.one(words.FIRST_NAMES), self.one(words.LAST_NAMES)
            start = 2016 + self.below(10)
            born = (date(start - 22 + self.below(5), 1, 1) + timedelta(days=self.below(365))).isoformat()
            if number % 97 == 0:
                first, last, born = students[-1].first_name, students[-1].last_name, students[-1].birth_date
            if (first, last) == ("Camille", "Exemple"):
                first = "Camille-Anne"  # the namesakes of the fixed people are known
            students.append(
                Student(
                    number,
                    f"{start}{number:05}",
                    self.one(("Mme", "M.", "", None)),
                    first,
                    last,
                    born,
                    self.address_of(first, last, "etu.cesi.example"),
                    self.address_of(first, last, self.one(("courriel.example", "messagerie.example")))
                    if self.below(10)
                    else None,
                    self.below(len(words.CAMPUSES)),
                    self.one(words.PROGRAMMES),
                    start,
                )
            )
        return students

    def _student(self, who: Student) -> None:
        ended = f"{who.start + 3}-07-10" if who.start + 3 <= BASE_DATE.year else None
        former = self.one(words.LAST_NAMES) if self.below(12) == 0 else None
        self.put(
            "students", who.number, who.civility, who.first_name, who.last_name, former, who.birth_date, who.email,
            who.personal_email, self.phone(), words.CAMPUSES[who.campus][0], who.programme, f"{who.start}-09-01", ended,
        )  # fmt: skip

    def _someone(self, who: Student) -> None:
        """The ordinary rows of one student: about sixty."""
        self._file(who)
        for _ in range(self.below(10)):
            self._message(who, self.one(self.ordinary))
        for _ in range(self.below(22)):
            self._login(who)
        for _ in range(self.below(3)):
            self._parent(who)
        if who.personal_email and self.below(10) < 6:
            self._newsletter(who.personal_email)
        for _ in range(self.below(5)):
            self._visit(f"v-{who.id:010}", f"GA1.2.{who.id + 200000000}.{1700000000 + who.id}")

    def _file(self, who: Student) -> None:
        """Application, addresses, studies, money, surveys."""
        address = who.personal_email or who.email
        if self.below(2):
            seen = self.day(2500)
            self.put(
                "prospects",
                address,
                who.first_name,
                who.last_name,
                self.phone(),
                who.programme,
                seen,
                seen,
                self.one(words.SOURCES),
            )
        self.put(
            "applicants", address, who.first_name, who.last_name, who.birth_date, self.phone(), who.programme,
            f"{who.start}-03-{1 + self.below(28):02}", "admis", who.id,
        )  # fmt: skip
        for moved in range(1 + self.below(2)):
            _, city, code = words.CAMPUSES[who.campus]
            street = f"{1 + self.below(150)} {self.free_text(words.STREETS)}"
            self.put("addresses", who.id, street, code, city, "France", f"{who.start + moved}-09-01")
        last_year = min(who.start + 3, BASE_DATE.year)
        for year in range(who.start, last_year):
            enrolment = self._enrolment(who, year)
            for _ in range(5 + self.below(5)):
                self._grade(enrolment, year)
            for month in ("10-15", "02-15"):
                self._payment(who, f"{year if month > '09' else year + 1}-{month}")
        if who.start + 3 <= BASE_DATE.year and self.below(10) < 8:
            title, code = self.one(words.DIPLOMAS)
            self.put(
                "diplomas", who.id, title, code, f"{who.start + 3}-10-01", self.one(("Assez bien", "Bien", "Très bien", None))
            )
            self._survey(who, self.one(words.SURVEYS[2:]))
        for _ in range(self.below(4)):
            self._survey(who, self.one(words.SURVEYS[:2]))

    def _asker(self, who: Student, other: Student) -> None:
        """Camille: everything a little, messages with Sacha both ways that name a third person, two addresses in use."""
        self._file(who)
        for turn in range(24):
            sender, recipient = (who, other) if turn % 2 else (other, who)
            self._message(sender, recipient)
        self.put(
            "messages", other.id, who.id, self.at(300), other.name, who.name, "=2+3", f"{words.HOSTILE[0]} {words.HOSTILE[4]}"
        )
        for _ in range(30):
            self._login(who)
        for tie in ("mère", "père"):
            self._parent(who, tie)
        self._newsletter(ASKER_PERSONAL_EMAIL)
        self._newsletter("Camille.Exemple@courriel.example")  # typed with capitals, the same box
        for _ in range(6):
            self._visit(ASKER_VISITOR, ASKER_GA)

    def _large(self, who: Student, rows: int) -> None:
        """Exactly `rows` rows about this student, the student's own row included."""
        enrolments = [self._enrolment(who, who.start + year) for year in range(3)]
        left = max(rows, SMALLEST_BIG) - 4
        grades, messages, answers, payments = left * 30 // 100, left * 20 // 100, left * 10 // 100, left * 5 // 100
        for number in range(grades):
            self._grade(enrolments[number % 3], who.start + number % 3)
        for number in range(messages):
            other = self.one(self.ordinary)
            self._message(*((who, other) if number % 2 else (other, who)))
        for _ in range(answers):
            self._survey(who, self.one(words.SURVEYS))
        for _ in range(payments):
            self._payment(who, self.day(1500))
        for _ in range(left - grades - messages - answers - payments):
            self._login(who)

    def _prospect(self, number: int) -> None:
        """Someone who asked for a brochure, and perhaps applied, and never came."""
        first, last = self.one(words.FIRST_NAMES), self.one(words.LAST_NAMES)
        email = self.address_of(first, last, "interesse.example")
        seen = self.day(1600, 200)
        self.put(
            "prospects",
            email,
            first,
            last,
            self.phone(),
            self.one(words.PROGRAMMES),
            seen,
            self.day(200),
            self.one(words.SOURCES),
        )
        if self.below(4) == 0:
            self.put(
                "applicants", email, first, last, f"{1998 + self.below(10)}-0{1 + self.below(9)}-11", self.phone(),
                self.one(words.PROGRAMMES), self.day(900), self.one(("refusé", "désisté", "en cours")), None,
            )  # fmt: skip
        if self.below(2):
            self._newsletter(email)
        for _ in range(self.below(4)):
            self._visit(f"p-{number:010}", f"GA1.2.{number + 900000000}.1700000000")

    # Rows

    def _enrolment(self, who: Student, year: int) -> int:
        fee = f"{5200 + self.below(40) * 100}.{self.one(('00', '50'))}"
        state = "terminée" if year + 1 < BASE_DATE.year else "en cours"
        return self.put("enrolments", who.id, year, who.programme, words.CAMPUSES[who.campus][0], state, fee)

    def _grade(self, enrolment: int, year: int) -> None:
        day = f"{year}-1{self.below(3)}-{1 + self.below(28):02}"
        mark = f"{self.below(21)}.{self.one(('00', '25', '50'))}"
        self.put(
            "grades", enrolment, self.one(words.COURSES), day, mark, self.free_text(words.COMMENTS), self.one(words.TEACHERS)
        )

    def _payment(self, who: Student, due: str) -> None:
        payer = who.name if self.below(3) else f"{self.one(words.FIRST_NAMES)} {who.last_name}"
        paid = f"{due}T09:{self.below(60):02}:00+00:00" if self.below(12) else None
        number = self.ids["payments"] + 1
        self.put(
            "payments", who.id, f"F-{number:08}", f"{1000 + self.below(30) * 50}.{self.below(100):02}", "EUR", due, paid, payer
        )

    def _message(self, sender: Student, recipient: Student) -> None:
        other = self.one(self.ordinary)
        body = self.free_text(words.BODIES)
        for slot, name in (("{to}", recipient.first_name), ("{other}", other.name), ("{me}", sender.first_name)):
            body = body.replace(slot, name)
        self.put("messages", sender.id, recipient.id, self.at(1400), sender.name, recipient.name, self.one(words.SUBJECTS), body)

    def _login(self, who: Student) -> None:
        self.put("logins", who.id, self.at(400), f"198.51.100.{self.below(255)}", self.one(words.AGENTS))

    def _parent(self, who: Student, tie: str | None = None) -> None:
        first = self.one(words.FIRST_NAMES)
        email = self.address_of(first, who.last_name, "famille.example") if self.below(5) else None
        self.put("parents", who.id, f"{first} {who.last_name}", email, self.phone(), tie or self.one(("mère", "père", "tuteur")))

    def _newsletter(self, email: str) -> None:
        gone = self.at(100) if self.below(6) == 0 else None
        self.put("newsletter_subscriptions", email, self.one(words.LISTS), self.at(1500), words.CONSENT, gone)

    def _survey(self, who: Student, survey: tuple[str, str, tuple[str | None, ...]]) -> None:
        title, question, answers = survey
        self.put("survey_answers", who.id, title, question, self.free_text(answers), self.at(900))

    def _visit(self, visitor: str, ga: str) -> None:
        self.put("site_visits", visitor, ga, self.one(words.PAGES), self.at(390), self.one(("accepted", "refused")))

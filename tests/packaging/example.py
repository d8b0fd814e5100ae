"""A small controller and the rows of one person, for the tests of the package: everything invented."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from dsar.controller import (
    Activity,
    Authority,
    Category,
    Contact,
    Controller,
    Documents,
    ErasureKind,
    ErasureRule,
    FieldUse,
    IdentityPolicy,
    OwnRetention,
    Recipient,
    Register,
    Retention,
    SourceConfig,
    SourceKind,
    Text,
    Transfer,
)
from dsar.domain.vocabulary import CoverageState, IdentityMeans, LegalBasis, RequestType, Tie
from dsar.packaging.inputs import PackageFacts, PartInput, SearchLine

ERASE = ErasureRule(ErasureKind.ERASE)
YEAR_AFTER = Retention("P1Y", Text("fin de formation", "end of training"), None, Text("Formation + 1 an", "Training + 1 year"))
DIPLOMAS = Retention("P99Y", Text("diplôme", "diploma"), Text("Code", "Code"), Text("99 ans", "99 years"), ("diplomas",))


def text(fr: str, en: str) -> Text:
    return Text(fr, en)


def use(name: str, fr: str, en: str, **more: bool) -> FieldUse:
    return FieldUse(name, Text(fr, en), **more)


IDENTITY = Category(
    "identity",
    text("Identité et contact", "Identity and contact"),
    "training",
    "school.students",
    (
        use("first_name", "Prénom", "First name", provided=True),
        use("last_name", "Nom", "Last name", provided=True),
        use("birth_date", "Date de naissance", "Date of birth", provided=True),
        use("email", "Adresse électronique", "Email address", provided=True),
        use("phone", "Téléphone", "Telephone", provided=True),
        use("campus", "Campus", "Campus"),
    ),
    ERASE,
    portable=True,
)
GRADES = Category(
    "grades",
    text("Notes", "Marks"),
    "training",
    "school.grades",
    (
        use("assessed_on", "Date", "Date"),
        use("course", "Matière", "Course"),
        use("mark", "Note", "Mark"),
        use("passed", "Validé", "Passed"),
        use("comment", "Appréciation", "Comment", free_text=True),
        use("teacher_name", "Enseignant", "Teacher", mask=True),
    ),
    ERASE,
    date_field="assessed_on",
)
MESSAGES = Category(
    "messages",
    text("Messages", "Messages"),
    "training",
    "school.messages",
    (
        use("sent_at", "Envoyé le", "Sent on"),
        use("sender_name", "De", "From", mask=True),
        use("subject", "Objet", "Subject", provided=True),
        use("body", "Texte", "Text", provided=True, free_text=True),
    ),
    ERASE,
    date_field="sent_at",
    portable=True,
)
DIPLOMA = Category(
    "diplomas",
    text("Diplômes", "Diplomas"),
    "training",
    "school.diplomas",
    (use("title", "Titre", "Title"), use("issued_on", "Délivré le", "Issued on")),
    ERASE,
    date_field="issued_on",
)
NEWSLETTER = Category(
    "newsletter",
    text("Lettre d’information", "Newsletter"),
    "prospecting",
    "marketing.newsletter",
    (use("list_name", "Liste", "List", provided=True), use("subscribed_at", "Inscrit le", "Subscribed on", provided=True)),
    ERASE,
    date_field="subscribed_at",
    portable=True,
)

TRAINING = Activity(
    "training",
    text("Formation", "Training"),
    (text("Suivre votre formation et délivrer le diplôme", "Following your training and awarding the diploma"),),
    (LegalBasis.CONTRACT, LegalBasis.LEGAL_OBLIGATION),
    (Recipient("France compétences", text("enregistrement des titres", "registration of titles"), "FR"),),
    (),
    (YEAR_AFTER, DIPLOMAS),
    text("Vous, vos enseignants", "You, your teachers"),
    None,
    (IDENTITY, GRADES, MESSAGES, DIPLOMA),
)
PROSPECTING = Activity(
    "prospecting",
    text("Prospection", "Prospecting"),
    (text("Vous informer de nos formations", "Telling you about our courses"),),
    (LegalBasis.CONSENT,),
    (Recipient("Envoi Exemple SAS", text("envoi des courriels", "sending the emails"), "US"),),
    (Transfer("Envoi Exemple SAS", "US", text("clauses contractuelles types", "standard contractual clauses")),),
    (
        Retention(
            "P3Y",
            text("dernier contact", "last contact"),
            None,
            text("3 ans après le dernier contact", "3 years after the last contact"),
        ),
    ),
    text("Vous", "You"),
    None,
    (NEWSLETTER,),
)

SCHOOL = SourceConfig(
    "school",
    text("Scolarité", "School records"),
    SourceKind.SQL,
    "SCHOOL_DATABASE_URL",
    "",
    ("school", "marketing"),
    "Scolarité",
    "scolarite@institut.example",
    "adjoint@institut.example",
    5,
)

CONTROLLER = Controller(
    name="Institut Exemple",
    slug="institut-exemple",
    address="1 rue du Modèle, 33000 Bordeaux",
    website="https://institut.example",
    seat_time_zone="Europe/Paris",
    rule_pack="FR",
    reference_prefix="IE",
    languages=("fr", "en"),
    promise_days=30,
    dpo=Contact("Dominique Témoin", "dpo@institut.example", "", "1 rue du Modèle, 33000 Bordeaux"),
    deputy=Contact("Noa Specimen", "adjoint@institut.example"),
    authority=Authority("CNIL", "3 place de Fontenoy, TSA 80715, 75334 Paris Cedex 07", "https://www.cnil.fr/fr/plaintes"),
    channels=(),
    sites=(),
    identity=IdentityPolicy(Documents.ON_DOUBT, None, (IdentityMeans.EMAIL_ON_FILE,)),
    closing_days=frozenset(),
    own_retention=OwnRetention(30, 90, 5, 6, 3, text("preuve", "proof")),
    register=Register((TRAINING, PROSPECTING)),
    sources={"school": SCHOOL},
    datasets={},
    fingerprint="0" * 64,
)

CREATED = datetime(2026, 12, 18, 9, 0, tzinfo=UTC)


def facts(language: str = "fr", **change: Any) -> PackageFacts:
    searched = tuple(
        SearchLine(SCHOOL.label, name, state, rows, CREATED, "system", reason)
        for name, state, rows, reason in (
            ("school.students", CoverageState.FOUND, 1, ""),
            ("school.grades", CoverageState.FOUND, 3, ""),
            ("school.messages", CoverageState.FOUND, 2, ""),
            ("school.diplomas", CoverageState.NONE, 0, ""),
            ("marketing.newsletter", CoverageState.FOUND, 1, ""),
        )
    )
    base = PackageFacts(
        reference="IE-7K4M-2XQ9",
        language=language,
        rights=(RequestType.ACCESS,),
        received_on=date(2026, 11, 22),
        answered_on=date(2026, 12, 18),
        due_on=date(2026, 12, 22),
        data_subject_name="Camille Exemple",
        subject_initials="C. E.",
        tie=Tie.STUDENT,
        recognised_by=IdentityMeans.EMAIL_ON_FILE,
        controller=CONTROLLER,
        searched=searched,
        created=CREATED,
        package_id="b3c5f3f0-0000-4000-8000-000000000001",
        postal_address="12 rue de l’Essai\n33000 Bordeaux",
        follow_url="https://droits.institut.example/fr/suivre/",
    )
    return replace(base, **change)


def part(collection: str, columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]] | str) -> PartInput:
    """A part of `rows`, or of ready JSON Lines; handed over in small chunks as the vault does."""
    lines = rows if isinstance(rows, str) else "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    plain = lines.encode()

    def chunks() -> Iterator[bytes]:
        for at in range(0, len(plain), 65536):
            yield plain[at : at + 65536]

    declared = [{"name": name, "type": kind} for name, kind in columns.items()]
    return PartInput(collection, declared, plain.count(b"\n"), chunks, len(plain))


STUDENT_COLUMNS = {
    "id": "integer",
    "first_name": "text",
    "last_name": "text",
    "birth_date": "date",
    "email": "text",
    "phone": "text",
    "campus": "text",
}
GRADE_COLUMNS = {
    "assessed_on": "date",
    "course": "text",
    "mark": "numeric(5,2)",
    "passed": "boolean",
    "comment": "text",
    "teacher_name": "text",
}
MESSAGE_COLUMNS = {"sent_at": "timestamp with time zone", "sender_name": "text", "subject": "text", "body": "text"}


def parts() -> list[PartInput]:
    return [
        part(
            "school.students",
            STUDENT_COLUMNS,
            [
                {
                    "id": 7,
                    "first_name": "Camille",
                    "last_name": "Exemple",
                    "birth_date": "2001-03-10",
                    "email": "camille.exemple@etudiant.example",
                    "phone": "+33 6 00 00 00 00",
                    "campus": "Bordeaux",
                },
            ],
        ),
        part(
            "school.grades",
            GRADE_COLUMNS,
            '{"assessed_on":"2023-09-04","course":"Algèbre linéaire","mark":14.50,"passed":true,'
            '"comment":"Travail sérieux","teacher_name":"Sacha Modèle"}\n'
            '{"assessed_on":"2024-02-12","course":"Atelier à Bordeaux","mark":9,"passed":false,'
            '"comment":"é œ ŵ 漢 👩🏽‍🎓","teacher_name":"Sacha Modèle"}\n'
            '{"assessed_on":"2024-06-03","course":"Soutenance","mark":null,"passed":null,"comment":null,"teacher_name":null}\n',
        ),
        part(
            "school.messages",
            MESSAGE_COLUMNS,
            [
                {
                    "sent_at": "2024-06-03T08:15:00+00:00",
                    "sender_name": "Camille Exemple",
                    "subject": "Rattrapage",
                    "body": "Bonjour,\nje serai absente.",
                },
                {
                    "sent_at": "2024-06-04T09:00:00+00:00",
                    "sender_name": "Sacha Modèle",
                    "subject": "Re: Rattrapage",
                    "body": "C’est noté.",
                },
            ],
        ),
        part("school.diplomas", {"title": "text", "issued_on": "date"}, []),
        part(
            "marketing.newsletter",
            {"list_name": "text", "subscribed_at": "timestamp"},
            [{"list_name": "Portes ouvertes", "subscribed_at": "2022-01-15T10:00:00"}],
        ),
    ]

"""The shipped controller is the one of the published policy, and what it says can be asked by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsar.controller import (
    Direction,
    Documents,
    Duration,
    ErasureKind,
    SourceKind,
    Text,
    controller,
    load_controller,
    parse_duration,
)
from dsar.domain.vocabulary import Ground, IdentityMeans, LegalBasis
from tests.domain.controller_folder import SHIPPED, Folder

SUBDOMAINS = [
    "lineact",
    "aix-en-provence",
    "angouleme",
    "arras",
    "bordeaux",
    "brest",
    "caen",
    "dijon",
    "grenoble",
    "ismans",
    "la-rochelle",
    "le-mans",
    "lille",
    "lyon",
    "montpellier",
    "nancy",
    "nantes",
    "nice",
    "orleans",
    "paris",
    "pau",
    "reims",
    "rouen",
    "saint-nazaire",
    "strasbourg",
    "toulouse",
]


@pytest.fixture(scope="module")
def shipped():
    return load_controller(SHIPPED)


def test_the_product_answers_with_the_folder_of_its_settings(shipped, settings):
    settings.CONTROLLER_DIR = SHIPPED
    assert controller().fingerprint == shipped.fingerprint
    assert controller() is controller()


def test_another_folder_is_another_controller(tmp_path, settings):
    folder = Folder(tmp_path / "other")
    folder.change("controller.toml", 'name = "CESI"', 'name = "Institut Exemple"')
    settings.CONTROLLER_DIR = folder.place
    assert controller().name == "Institut Exemple"


def test_the_27_sites_are_those_of_the_policy_with_ascii_hyphens(shipped):
    assert [site.domain for site in shipped.sites] == ["cesi.fr", *(f"{word}.cesi.fr" for word in SUBDOMAINS)]
    assert len(shipped.sites) == 27
    assert shipped.site("aix-en-provence").name == "Aix-en-Provence"
    assert shipped.site("saint-nazaire").name == "Saint-Nazaire"
    assert shipped.site("nowhere") is None


def test_the_dpo_the_authority_and_the_promise_are_those_of_the_policy(shipped):
    assert shipped.dpo.post == (
        "CESI - Data Protection Officer - la Défense FR, 1 Avenue du Général de Gaulle, 92074 Paris - FRANCE"
    )
    assert shipped.dpo.phone == "01 44 45 92 00"
    assert (shipped.authority.name, shipped.authority.url) == ("CNIL", "https://www.cnil.fr")
    assert shipped.authority.address == "3 place de Fontenoy, TSA 80715, 75334 Paris Cedex 07"
    assert (shipped.promise_days, shipped.reference_prefix, shipped.rule_pack) == (30, "CE", "FR")
    assert (shipped.seat_time_zone, shipped.languages, shipped.slug) == ("Europe/Paris", ("fr", "en"), "cesi")


def test_mailbox_phone_post_account_box_and_unsubscribe_link_are_channels_too(shipped):
    assert [(channel.kind, channel.value.split(" -")[0]) for channel in shipped.channels] == [
        ("email", "dpo@cesi.example"),
        ("post", "CESI"),
        ("email", "contact@cesi.example"),
        ("phone", "01 44 45 92 00"),
        ("account", "newsletter"),
        ("account", "unsubscribe"),
    ]


def test_nobody_real_is_written_to(shipped):
    addresses = [shipped.dpo.email, shipped.deputy.email]
    addresses += [channel.value for channel in shipped.channels if channel.kind == "email"]
    addresses += [address for source in shipped.sources.values() for address in (source.owner_email, source.deputy_email)]
    assert len(addresses) == 6
    assert all(address.endswith(".example") for address in addresses)


def test_a_document_is_asked_on_doubt_and_the_address_on_file_is_enough(shipped):
    assert shipped.identity.documents is Documents.ON_DOUBT
    assert shipped.identity.automatic == shipped.identity.automatic_high_stake == (IdentityMeans.EMAIL_ON_FILE,)
    assert shipped.identity.unanswered_days == 60


def test_our_own_records_are_kept_as_the_law_notes_recommend(shipped):
    kept = shipped.own_retention
    assert (kept.package_days, kept.parts_days, kept.file_years, kept.log_years, kept.suppression_years) == (30, 90, 5, 5, 3)
    assert "2224" in kept.justification.fr


def test_the_seven_activities_rest_on_named_grounds(shipped):
    assert {key: activity.legal_basis for key, activity in shipped.activities.items()} == {
        "training": (LegalBasis.CONTRACT, LegalBasis.LEGAL_OBLIGATION),
        "admissions": (LegalBasis.CONTRACT, LegalBasis.LEGAL_OBLIGATION),
        "prospecting_and_newsletter": (LegalBasis.CONSENT,),
        "surveys": (LegalBasis.LEGITIMATE_INTERESTS, LegalBasis.LEGAL_OBLIGATION),
        "customer_service": (LegalBasis.CONTRACT,),
        "web_analytics": (LegalBasis.CONSENT,),
        "alumni": (LegalBasis.LEGITIMATE_INTERESTS,),
    }


@pytest.mark.parametrize(
    ("activity", "category", "period", "told"),
    [
        ("training", "identity", "P1Y", "1 an après la fin de la formation"),
        ("training", "diplomas", "P99Y", "99 ans après la délivrance du diplôme ou du certificat"),
        ("training", "payments", "P10Y", "10 ans après la clôture de l’exercice comptable"),
        ("prospecting_and_newsletter", "prospects", "P3Y", "3 ans après la fin de la relation commerciale"),
    ],
)
def test_the_retention_periods_are_those_of_the_policy(shipped, activity, category, period, told):
    (line,) = shipped.activities[activity].retention_of(category)
    assert (line.period, line.text.fr) == (period, told)


def test_a_retention_may_be_a_rule_without_a_period(shipped):
    (line,) = shipped.activities["alumni"].retention
    assert line.period is None
    assert line.duration is None
    assert line.text.en.startswith("As long as you do not object")


def test_a_transfer_outside_the_eea_names_its_safeguard(shipped):
    analytics = shipped.activities["web_analytics"]
    assert [recipient.name for recipient in analytics.recipients] == ["Google LLC", "Hotjar Ltd", "Salesforce Inc."]
    assert [transfer.recipient for transfer in analytics.transfers] == ["Google LLC", "Salesforce Inc."]  # Malta is in the EEA
    assert analytics.transfers[0].country_name("fr") == "États-Unis"
    assert "2023/1795" in analytics.transfers[0].safeguard.en


def test_each_mapped_collection_is_a_file_of_the_package(shipped):
    assert {key: category.collection for key, category in shipped.categories.items()} == {
        "identity": "school.students",
        "addresses": "school.addresses",
        "enrolments": "school.enrolments",
        "grades": "school.grades",
        "diplomas": "school.diplomas",
        "payments": "school.payments",
        "logins": "school.logins",
        "applications": "school.applicants",
        "parents": "school.parents",
        "prospects": "marketing.prospects",
        "newsletter": "marketing.newsletter_subscriptions",
        "surveys": "marketing.survey_answers",
        "messages": "school.messages",
        "website-visits": "marketing.site_visits",
    }
    assert [category.key for category in shipped.categories_of("school.grades")] == ["grades"]


def test_an_activity_may_use_what_another_keeps(shipped):
    assert [activity.key for activity in shipped.activities_of("diplomas")] == ["training", "alumni"]
    assert shipped.activities["alumni"].categories == ()


def test_names_of_other_people_are_to_be_masked(shipped):
    masked = {f"{key}.{use.name}" for key, category in shipped.categories.items() for use in category.fields if use.mask}
    assert masked == {"grades.teacher_name", "payments.payer_name", "messages.sender_name", "messages.recipient_name"}


def test_what_the_person_gave_on_consent_or_contract_is_portable(shipped):
    portable = {key for key, category in shipped.categories.items() if category.portable}
    assert portable == {"identity", "addresses", "logins", "applications", "prospects", "newsletter", "website-visits"}
    assert shipped.categories["identity"].field_named("phone").provided
    assert not shipped.categories["identity"].field_named("student_number").provided  # given by the school


def test_diplomas_survive_an_erasure_and_prospects_do_not(shipped):
    diplomas = shipped.categories["diplomas"].erasure
    assert (diplomas.kind, diplomas.until, diplomas.from_field) == (ErasureKind.KEEP, "P99Y", "issued_on")
    assert diplomas.ground is Ground.ART_17_3_B
    assert shipped.categories["prospects"].erasure.kind is ErasureKind.ERASE
    assert shipped.categories["surveys"].erasure.fields == ("student_id",)


def test_a_person_is_found_by_mail_phone_number_student_number_and_cookies(shipped):
    found = {
        f"{dataset.key}.{collection.name}.{field.name}": field.identity
        for dataset in shipped.datasets.values()
        for collection in dataset.collections
        for field in collection.every_field()
        if field.identity
    }
    assert found["school.students.student_number"] == "student_number"
    assert found["school.students.personal_email"] == "email"
    assert found["marketing.site_visits.visitor_id"] == "visitor_id"
    assert found["marketing.site_visits.ga"] == "ga"
    assert set(found.values()) == {"email", "phone_number", "student_number", "visitor_id", "ga"}


def test_fields_keep_the_order_of_the_file_and_their_references(shipped):
    grades = shipped.datasets["school"].collection_named("grades")
    assert [field.name for field in grades.fields][:3] == ["id", "enrolment_id", "course"]
    (reference,) = grades.field_named("enrolment_id").references
    assert (reference.dataset, reference.collection, reference.field) == ("school", "enrolments", "id")
    assert reference.direction is Direction.FROM


def test_the_source_names_its_connection_and_never_holds_it(shipped):
    school = shipped.sources["school"]
    assert (school.kind, school.connection_env) == (SourceKind.SQL, "SCHOOL_DATABASE_URL")
    assert school.embedded_default == "sqlite:///{VAR}/example/school.sqlite3"
    assert shipped.source_of("marketing") is school
    assert school.name_fields["school.students"] == ("first_name", "last_name", "former_name")
    assert "school.students.email" in school.case_insensitive
    assert school.ignored["schema_migrations"].fr == "Technique, sans donnée personnelle"


def test_the_fingerprint_changes_with_any_file(shipped, tmp_path):
    folder = Folder(tmp_path / "copy")
    assert folder.read().fingerprint == shipped.fingerprint
    folder.edit("datasets/marketing.yml", lambda text: text + "# a word more\n")
    assert folder.read().fingerprint != shipped.fingerprint


def test_words_are_said_in_the_language_asked_for():
    words = Text("Formation", "Training")
    assert (words.in_language("fr"), words.in_language("fr-CA"), words.in_language("en")) == (
        "Formation",
        "Formation",
        "Training",
    )


@pytest.mark.parametrize(
    ("text", "duration", "french", "english"),
    [
        ("P1Y", Duration(years=1), "1 an", "1 year"),
        ("P99Y", Duration(years=99), "99 ans", "99 years"),
        ("P1Y6M", Duration(years=1, months=6), "1 an et 6 mois", "1 year and 6 months"),
        ("P30D", Duration(days=30), "30 jours", "30 days"),
        ("P2W", Duration(weeks=2), "2 semaines", "2 weeks"),
    ],
)
def test_a_duration_is_read_and_said(text, duration, french, english):
    assert parse_duration(text) == duration
    assert (duration.in_language("fr"), duration.in_language("en")) == (french, english)


@pytest.mark.parametrize("text", ["", "P", "1Y", "P1", "P0D", "PT1H", "P1Y ", "p1y", "P1M1Y", "P-1Y", "one year", "P١Y"])
def test_what_is_no_duration_is_refused(text):
    assert parse_duration(text) is None


def test_the_files_have_no_address_of_a_real_person():
    for file in SHIPPED.rglob("*.*"):
        text = Path(file).read_text()
        assert "@cesi.fr" not in text
        assert text.count("@") == text.count("@cesi.example")

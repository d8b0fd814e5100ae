"""PostgreSQL and SQLite as sources: exactly the person's rows, exactly the mapped columns, every value as the source holds it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dsar.controller import Dataset, SourceConfig
from dsar.domain.coverage import reason_sentence
from dsar.domain.vocabulary import CoverageState
from dsar.sources.base import Identity, SourceFailed, SourceUrl
from dsar.sources.example.people import (
    ASKER_EMAIL,
    ASKER_GA,
    ASKER_PERSONAL_EMAIL,
    NAMESAKE_EMAIL,
    OTHER_EMAIL,
)
from dsar.sources.plan import Plan, make_plan
from dsar.sources.query import fold
from dsar.sources.sql import SqlSource, open_source
from tests.sources.conftest import CONTROLLER
from tests.sources.databases import ask, dataset, do, field, source

Rows = list[dict[str, Any]]


def plan_for(opened: SqlSource, config: SourceConfig, identity: Identity, datasets: dict[str, Dataset] | None = None) -> Plan:
    return make_plan(
        config=config,
        datasets=datasets or CONTROLLER.datasets,
        catalogue=opened.describe(),
        identity_kinds=identity.kinds,
    )


def collect(config: SourceConfig, identity: Identity, datasets: dict[str, Dataset] | None = None) -> dict[str, Rows]:
    """Everything the source gives, by collection."""
    with open_source(config) as opened:
        plan = plan_for(opened, config, identity, datasets)
        return {
            item.collection: [json.loads(line) for line in b"".join(opened.collect(identity, plan, item)).splitlines()]
            for item in plan.items
            if item.state is None
        }


CAMILLE = Identity({"email": (ASKER_EMAIL,)}, ("Camille Exemple",))
MINE = f"(SELECT id FROM students WHERE email = '{ASKER_EMAIL}')"
EXPECTED = {
    "school.students": f"students WHERE id IN {MINE}",
    "school.applicants": f"applicants WHERE student_id IN {MINE}",
    "school.addresses": f"addresses WHERE student_id IN {MINE}",
    "school.enrolments": f"enrolments WHERE student_id IN {MINE}",
    "school.grades": f"grades WHERE enrolment_id IN (SELECT id FROM enrolments WHERE student_id IN {MINE})",
    "school.diplomas": f"diplomas WHERE student_id IN {MINE}",
    "school.payments": f"payments WHERE student_id IN {MINE}",
    "school.messages": f"messages WHERE sender_id IN {MINE} OR recipient_id IN {MINE}",
    "school.logins": f"logins WHERE student_id IN {MINE}",
    "marketing.survey_answers": f"survey_answers WHERE student_id IN {MINE}",
    "marketing.newsletter_subscriptions": f"newsletter_subscriptions WHERE lower(email) = '{ASKER_PERSONAL_EMAIL}'",
}


def test_the_person_gets_exactly_the_rows_that_plain_sql_counts(school: str, config: SourceConfig):
    got = collect(config, CAMILLE)
    for collection, where in EXPECTED.items():
        assert len(got[collection]) == ask(school, f"SELECT count(*) FROM {where}")[0][0], collection
    assert len(got["school.messages"]) == 25
    assert len(got["marketing.newsletter_subscriptions"]) == 2


def test_nobody_else_is_in_it_but_as_a_name_in_a_message(school: str, config: SourceConfig):
    """The other correspondent's address, number and birth date, and the whole of the namesake, stay where they are."""
    everything = json.dumps(collect(config, CAMILLE), ensure_ascii=False)
    assert ASKER_EMAIL in everything
    assert "Sacha Modèle" in everything
    for other in (OTHER_EMAIL, NAMESAKE_EMAIL):
        number, birth, address = ask(
            school, f"SELECT student_number, CAST(birth_date AS text), email FROM students WHERE email = '{other}'"
        )[0]
        assert number not in everything
        assert birth not in everything
        assert address not in everything


def test_both_engines_give_the_same_lines(school_of, config: SourceConfig, monkeypatch: pytest.MonkeyPatch):
    """Amounts apart: SQLite holds 12.50 as the number 12.5."""
    found = []
    for engine in ("sqlite", "postgresql"):
        monkeypatch.setenv("SCHOOL_DATABASE_URL", school_of(engine))
        found.append(collect(config, CAMILLE))
    assert found[0] == found[1]
    assert list(found[0]["school.messages"][0]) == list(found[1]["school.messages"][0])


def test_two_runs_give_the_same_bytes(school: str, config: SourceConfig):
    def once() -> bytes:
        with open_source(config) as opened:
            plan = plan_for(opened, config, CAMILLE)
            return b"".join(chunk for item in plan.items if item.state is None for chunk in opened.collect(CAMILLE, plan, item))

    assert once() == once() != b""


def test_a_cookie_identifier_finds_the_visits(school: str, config: SourceConfig):
    got = collect(config, Identity({"ga": (ASKER_GA,)}))
    assert len(got["marketing.site_visits"]) == 6
    assert set(got) == {"marketing.site_visits"}


def test_capital_letters_do_not_hide_an_address(school: str, config: SourceConfig):
    assert len(collect(config, Identity({"email": ("CAMILLE.Exemple@etu.cesi.example",)}))["school.students"]) == 1


def test_an_unknown_person_is_not_known_and_has_no_rows(school: str, config: SourceConfig):
    nobody = Identity({"email": ("nobody@nowhere.example",)})
    assert not any(collect(config, nobody).values())
    with open_source(config) as opened:
        assert not opened.knows(nobody, plan_for(opened, config, nobody))
        assert opened.knows(CAMILLE, plan_for(opened, config, CAMILLE))


def test_namesakes_are_counted_without_accents_and_case_and_never_read(school: str, config: SourceConfig):
    def namesakes(name: str) -> int:
        with open_source(config) as opened:
            asker = Identity({"email": (ASKER_EMAIL,)}, (name,))
            return opened.namesakes(asker, plan_for(opened, config, asker))

    others = ask(
        school,
        "SELECT (SELECT count(*) FROM students WHERE first_name = 'Camille' AND last_name = 'Exemple' AND id <> 1)"
        " + (SELECT count(*) FROM applicants WHERE first_name = 'Camille' AND last_name = 'Exemple' AND student_id <> 1)"
        " + (SELECT count(*) FROM prospects WHERE first_name = 'Camille' AND last_name = 'Exemple'"
        f" AND email <> '{ASKER_PERSONAL_EMAIL}')",
    )[0][0]
    assert namesakes("Camille Exemple") == others >= 2
    assert namesakes("EXEMPLE camille") == others
    assert (
        namesakes("sacha modele")
        == ask(
            school,
            "SELECT (SELECT count(*) FROM students WHERE first_name = 'Sacha' AND last_name = 'Modèle')"
            " + (SELECT count(*) FROM applicants WHERE first_name = 'Sacha' AND last_name = 'Modèle')"
            " + (SELECT count(*) FROM prospects WHERE first_name = 'Sacha' AND last_name = 'Modèle')",
        )[0][0]
        > 0
    )
    assert namesakes("Nobody Atall") == 0
    assert namesakes("") == 0


@pytest.mark.parametrize(
    ("name", "plain"), [("Œuvrard", "oeuvrard"), ("ŻÓŁKIEWSKI", "zolkiewski"), ("Le-Gall  Zoé", "le gall zoe")]
)
def test_names_are_compared_plain(name: str, plain: str):
    assert fold(name) == plain


def test_a_claimed_number_of_somebody_else_contradicts_the_proven_address(school: str, config: SourceConfig):
    numbers = dict(ask(school, f"SELECT email, student_number FROM students WHERE email IN ('{ASKER_EMAIL}', '{OTHER_EMAIL}')"))
    with open_source(config) as opened:
        plan = plan_for(opened, config, CAMILLE)
        assert not opened.contradicts(CAMILLE, plan, {"student_number": (numbers[ASKER_EMAIL],)})
        assert not opened.contradicts(CAMILLE, plan, {"email": (ASKER_PERSONAL_EMAIL,)})
        assert not opened.contradicts(CAMILLE, plan, {"email": ("nobody@nowhere.example",)})
        assert opened.contradicts(CAMILLE, plan, {"student_number": (numbers[OTHER_EMAIL],)})
        assert opened.contradicts(CAMILLE, plan, {"email": (OTHER_EMAIL,)})
        assert opened.contradicts(CAMILLE, plan, {"ga": (ASKER_GA,)})


# Values, as the source holds them

ODD_TEXTS = [
    'quotes " and \\ backslash \\n',
    "two\nlines\r\nand a\ttab",
    "\x01\x02\x1f controls",
    "\u2028 é 漢 👩🏽‍🎓 \u202e rtl",
    "\\.",
    "'; DROP TABLE odd; --",
    "",
]
ODD = dataset("shop", odd=[field("id", key=True), field("owner", identity="email"), field("words")])


def test_every_character_survives(empty_database: str):
    do(empty_database, "CREATE TABLE odd (id integer PRIMARY KEY, owner text, words text)")
    for number, text in enumerate(ODD_TEXTS):
        quoted = text.replace("'", "''")
        do(empty_database, f"INSERT INTO odd VALUES ({number}, 'me@a.example', '{quoted}')")
    do(empty_database, "INSERT INTO odd VALUES (99, 'me@a.example', NULL)", "INSERT INTO odd VALUES (100, 'you@a.example', 'x')")
    rows = collect(source("shop"), Identity({"email": ("me@a.example",)}), ODD)["shop.odd"]
    assert [row["words"] for row in rows] == [*ODD_TEXTS, None]


def test_a_value_is_never_part_of_the_statement(empty_database: str):
    do(empty_database, "CREATE TABLE odd (id integer PRIMARY KEY, owner text, words text)")
    hostile = ["' OR '1'='1", "x'; DROP TABLE odd; --", "%s {columns} :v0 ?", "\\' OR 1=1 --", "a\x00b", "me@a.example' /*"]
    do(empty_database, "INSERT INTO odd VALUES (1, 'you@a.example', 'x')")
    assert collect(source("shop"), Identity({"email": tuple(hostile)}), ODD)["shop.odd"] == []
    do(empty_database, "INSERT INTO odd VALUES (2, '%s {columns} :v0 ?', 'mine')")
    assert [row["words"] for row in collect(source("shop"), Identity({"email": tuple(hostile)}), ODD)["shop.odd"]] == ["mine"]
    assert ask(empty_database, "SELECT count(*) FROM odd") == [(2,)]


def test_a_name_of_the_map_is_never_part_of_the_statement(empty_database: str):
    """Names are checked against the live catalogue letter by letter, and quoted (SECURITY T22)."""
    do(empty_database, 'CREATE TABLE "a""b; --" (id integer PRIMARY KEY, "own"" er" text, "o\'dd {columns}" text)')
    do(empty_database, "INSERT INTO \"a\"\"b; --\" VALUES (1, 'me@a.example', 'mine')")
    mapped = dataset("shop", **{'a"b; --': [field("id", key=True), field('own" er', identity="email"), field("o'dd {columns}")]})
    identity = Identity({"email": ("me@a.example",)})
    assert collect(source("shop"), identity, mapped) == {
        'shop.a"b; --': [{"id": 1, 'own" er': "me@a.example", "o'dd {columns}": "mine"}]
    }
    absent = dataset("shop", **{"odd; DROP TABLE x": [field("owner", identity="email")]})
    with open_source(source("shop")) as opened:
        plan = plan_for(opened, source("shop"), identity, absent)
        assert plan.items[0].state is CoverageState.FAILED
        with pytest.raises(SourceFailed):
            list(opened.collect(identity, plan, plan.items[0]))


def test_a_column_that_nobody_mapped_is_in_no_line(empty_database: str):
    do(empty_database, "CREATE TABLE odd (id integer PRIMARY KEY, owner text, words text, secret text)")
    do(empty_database, "INSERT INTO odd VALUES (1, 'me@a.example', 'x', 'not mapped')")
    rows = collect(source("shop"), Identity({"email": ("me@a.example",)}), ODD)["shop.odd"]
    assert rows == [{"id": 1, "owner": "me@a.example", "words": "x"}]


def test_bytes_numbers_and_instants_of_postgresql(postgres_database, monkeypatch: pytest.MonkeyPatch):
    url = postgres_database()
    monkeypatch.setenv("SCHOOL_DATABASE_URL", url)
    do(
        url,
        "CREATE TABLE odd (id integer PRIMARY KEY, owner varchar(80), amount numeric(12,2), big bigint, at timestamptz, day date,"
        " raw bytea, doc json, docb jsonb, yes boolean, many text[], ratio double precision, nothing numeric)",
        "INSERT INTO odd VALUES (1, 'me@a.example', 12.50, 9223372036854775807, '2026-03-01 10:00+02', '2026-02-28',"
        " decode(repeat('ff', 100), 'hex'), E'{\n \"a\": 1.50}', '{\"b\": 2}', true, ARRAY['x','y'], 'NaN', NULL)",
    )
    names = ["amount", "big", "at", "day", "raw", "doc", "docb", "yes", "many", "ratio", "nothing"]
    mapped = dataset("shop", odd=[field("id", key=True), field("owner", identity="email"), *map(field, names)])
    config, identity = source("shop"), Identity({"email": ("me@a.example",)})
    with open_source(config) as opened:
        plan = plan_for(opened, config, identity, mapped)
        lines = b"".join(opened.collect(identity, plan, plan.items[0])).decode()
    assert lines.count("\n") == 1
    assert '"amount":12.50,' in lines
    row = json.loads(lines)
    assert row["big"] == 9223372036854775807
    assert row["at"] == "2026-03-01T08:00:00+00:00"
    assert row["day"] == "2026-02-28"
    assert row["raw"] == "/" * 132 + "/w=="
    assert row["doc"] == {"a": 1.5}
    assert row["docb"] == {"b": 2}
    assert row["yes"] is True
    assert row["many"] == ["x", "y"]
    assert row["ratio"] == "NaN"
    assert row["nothing"] is None
    assert [column.type for column in plan.items[0].columns][:3] == ["integer", "character varying(80)", "numeric(12,2)"]


def test_bytes_broken_text_and_wide_tables_of_sqlite(tmp_path, monkeypatch: pytest.MonkeyPatch):
    url = f"sqlite:///{tmp_path}/own.sqlite3"
    monkeypatch.setenv("SCHOOL_DATABASE_URL", url)
    wide = [f"c{number}" for number in range(150)]
    do(
        url,
        f"CREATE TABLE odd (id integer PRIMARY KEY, owner text, raw blob, broken text, huge real, {', '.join(wide)})",
        "INSERT INTO odd (id, owner, raw, broken, huge, c0, c149)"
        " VALUES (1, 'me@a.example', x'00ff', CAST(x'61ff62' AS text), 9e999, 'first', 'last')",
    )
    names = ["raw", "broken", "huge", *wide]
    mapped = dataset("shop", odd=[field("id", key=True), field("owner", identity="email"), *map(field, names)])
    row = collect(source("shop"), Identity({"email": ("me@a.example",)}), mapped)["shop.odd"][0]
    assert row["raw"] == "AP8="
    assert row["broken"] == "a\ufffdb"
    assert row["huge"] == "Inf"
    assert (row["c0"], row["c149"]) == ("first", "last")
    assert list(row) == ["id", "owner", *names]


def test_keys_of_another_type_still_meet(empty_database: str):
    do(
        empty_database,
        "CREATE TABLE customers (id integer PRIMARY KEY, number integer, email text)",
        "CREATE TABLE orders (id integer PRIMARY KEY, customer text)",
        "INSERT INTO customers VALUES (7, 4711, 'me@a.example')",
        "INSERT INTO orders VALUES (1, '7'), (2, '8')",
    )
    mapped = dataset(
        "shop",
        customers=[field("id", key=True), field("number", identity="customer_number"), field("email", identity="email")],
        orders=[field("id", key=True), field("customer", "from shop.customers.id")],
    )
    got = collect(source("shop"), Identity({"customer_number": ("4711", "not a number")}), mapped)
    assert got["shop.orders"] == [{"id": 1, "customer": "7"}]


# What a source must not do, and how it fails


def test_the_connection_cannot_write(school: str, config: SourceConfig):
    with open_source(config) as opened, pytest.raises(SourceFailed) as refused:
        opened._engine.first("DELETE FROM students RETURNING id", "school.students")
    assert refused.value.reason.startswith("unreadable|school.students")
    assert ask(school, "SELECT count(*) FROM students")[0][0] > 0


def test_a_statement_that_takes_too_long_is_stopped(school: str, config: SourceConfig):
    forever = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    with open_source(config, seconds=1) as opened:
        with pytest.raises(SourceFailed) as slow:
            opened._engine.first(forever, "school.students")
        assert slow.value.reason == "too_slow|1"
        assert "1 seconds" in slow.value.sentence("en")
        plan = plan_for(opened, config, CAMILLE)
        assert list(opened.collect(CAMILLE, plan, plan.item("school.students")))  # the others are not lost


def test_all_collections_are_read_in_one_snapshot(empty_database: str):
    do(empty_database, "CREATE TABLE odd (id integer PRIMARY KEY, owner text, words text)")
    if empty_database.startswith("sqlite"):
        do(empty_database, "PRAGMA journal_mode = WAL")
    identity = Identity({"email": ("me@a.example",)})
    with open_source(source("shop")) as opened:
        plan = plan_for(opened, source("shop"), identity, ODD)
        do(empty_database, "INSERT INTO odd VALUES (1, 'me@a.example', 'after the search began')")
        assert list(opened.collect(identity, plan, plan.items[0])) == []
    assert len(collect(source("shop"), identity, ODD)["shop.odd"]) == 1


@pytest.mark.parametrize(
    "url",
    ["sqlite:////nowhere/at/all.sqlite3", "postgresql://user:hidden-word@127.0.0.1:1/school", "", "mysql://x/y", "sqlite:///"],
)
def test_a_source_that_cannot_be_opened_is_a_sentence_without_secrets(
    url: str, config: SourceConfig, monkeypatch: pytest.MonkeyPatch, settings
):
    settings.PRODUCTION = True  # no embedded default
    monkeypatch.setenv("SCHOOL_DATABASE_URL", url)
    with pytest.raises(SourceFailed) as failed:
        open_source(config)
    for language in ("fr", "en"):
        sentence = failed.value.sentence(language)
        assert sentence != failed.value.reason
        assert "hidden-word" not in sentence


def test_a_table_that_the_role_may_not_read_fails_alone(postgres_database, config: SourceConfig, monkeypatch: pytest.MonkeyPatch):
    url = postgres_database()
    do(
        url,
        "CREATE TABLE odd (id integer PRIMARY KEY, owner text, words text)",
        "CREATE TABLE shut (id integer PRIMARY KEY, owner text)",
        "INSERT INTO odd VALUES (1, 'me@a.example', 'x')",
        "CREATE ROLE reader LOGIN",
        "GRANT SELECT ON odd TO reader",
    )
    try:
        monkeypatch.setenv("SCHOOL_DATABASE_URL", url.replace("dsar@", "reader@"))
        mapped = dataset(
            "shop", shut=[field("id", key=True), field("owner", identity="email")], odd=ODD["shop"].collections[0].fields
        )
        identity = Identity({"email": ("me@a.example",)})
        with open_source(source("shop")) as opened:
            plan = plan_for(opened, source("shop"), identity, mapped)
            with pytest.raises(SourceFailed) as refused:
                list(opened.collect(identity, plan, plan.item("shop.shut")))
            assert "SELECT" in reason_sentence(refused.value.reason, "en")
            assert b"".join(opened.collect(identity, plan, plan.item("shop.odd"))).count(b"\n") == 1
    finally:
        do(url, "DROP OWNED BY reader", "DROP ROLE reader")


def test_the_password_of_a_url_is_not_in_what_is_printed():
    place = SourceUrl.parse("postgresql://reader:hidden%20word@db.example:5433/school?sslmode=require")
    assert "hidden" not in repr(place)
    assert place.password == "hidden word"
    assert "sslmode=require" in place.dsn()

"""The plan: which collections, in which order, by which keys; nothing is silently missing, and nobody else's row is reached."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from dsar.domain.coverage import reason_sentence
from dsar.domain.vocabulary import CoverageState
from dsar.sources.base import Catalogue
from dsar.sources.plan import Plan, make_plan
from tests.sources.databases import dataset, field, source

EMAIL = frozenset({"email"})


def catalogue_of(datasets, **more: tuple[str, ...]) -> Catalogue:
    tables = {c.name: {f.name: "text" for f in c.fields} for one in datasets.values() for c in one.collections}
    for table, columns in more.items():
        tables.setdefault(table, {}).update(dict.fromkeys(columns, "text"))
    return Catalogue(tables)


def plan_of(datasets, *, kinds: frozenset[str] = EMAIL, catalogue: Catalogue | None = None, **about) -> Plan:
    config = source(*datasets, **about)
    return make_plan(config=config, datasets=datasets, catalogue=catalogue or catalogue_of(datasets), identity_kinds=kinds)


def states(plan: Plan) -> dict[str, str]:
    return {item.collection: item.state.value if item.state else "searched" for item in plan.items}


SHOP = dataset(
    "shop",
    customers=[field("id", key=True), field("email", identity="email"), field("phone", identity="phone_number")],
    orders=[field("id", key=True), field("customer_id", "from shop.customers.id")],
    lines=[field("id", key=True), field("order_id", "from shop.orders.id"), field("text")],
    letters=[field("sender_id", "shop.customers.id"), field("recipient_id", "shop.customers.id"), field("body")],
    visits=[field("cookie", identity="ga")],
)


def test_a_collection_comes_after_those_that_bring_its_keys():
    plan = plan_of(SHOP)
    assert [item.collection for item in plan.items if item.state is None] == [
        "shop.customers",
        "shop.orders",
        "shop.letters",
        "shop.lines",
    ]
    assert plan.item("shop.lines").path == ("order_id ← shop.orders.id",)
    assert plan.item("shop.customers").path == ("email = email",)


def test_a_message_never_leads_to_the_file_of_its_other_correspondent():
    """Both ends of a letter refer to customers without direction (SECURITY T15)."""
    plan = plan_of(SHOP)
    assert plan.item("shop.letters").path == ("sender_id ← shop.customers.id", "recipient_id ← shop.customers.id")
    assert plan.item("shop.customers").roads == ()


def test_a_reference_without_direction_leads_back_where_nothing_else_does():
    datasets = dataset(
        "shop",
        accounts=[field("email", identity="email"), field("person_id", "shop.persons.id")],
        persons=[field("id", key=True), field("name")],
        homes=[field("person_id", "from shop.persons.id"), field("street")],
    )
    plan = plan_of(datasets)
    assert plan.item("shop.persons").path == ("id ← shop.accounts.person_id",)
    assert plan.item("shop.homes").path == ("person_id ← shop.persons.id",)
    assert plan.item("shop.accounts").roads == ()


def test_a_reference_to_takes_keys_there():
    cards = [field("email", identity="email"), field("owner", "to shop.owners.id")]
    datasets = dataset("shop", cards=cards, owners=[field("id")])
    assert plan_of(datasets).item("shop.owners").path == ("id ← shop.cards.owner",)


def test_every_identifier_kind_that_we_have_is_used():
    plan = plan_of(SHOP, kinds=frozenset({"email", "phone_number", "ga"}))
    assert plan.item("shop.customers").path == ("email = email", "phone = phone_number")
    assert plan.item("shop.visits").path == ("cookie = ga",)


def test_what_needs_an_identifier_that_was_not_given_is_skipped_with_a_sentence():
    item = plan_of(SHOP).item("shop.visits")
    assert item.state is CoverageState.SKIPPED
    assert reason_sentence(item.reason, "en") == "A person is found there only by ga, which the request does not give."
    assert "ga" in reason_sentence(item.reason, "fr")


def test_what_no_road_leads_to_is_a_mistake_of_the_map():
    datasets = dataset("shop", customers=[field("email", identity="email")], stock=[field("thing")])
    item = plan_of(datasets).item("shop.stock")
    assert item.state is CoverageState.FAILED
    assert "no way to shop.stock" in reason_sentence(item.reason, "en")


def test_a_table_or_column_that_the_system_does_not_have_fails_and_so_does_what_hangs_on_it():
    catalogue = catalogue_of(SHOP)
    tables = {name: dict(columns) for name, columns in catalogue.tables.items()}
    del tables["orders"]
    del tables["letters"]["body"]
    plan = plan_of(SHOP, catalogue=Catalogue(tables))
    assert states(plan) == {
        "shop.customers": "searched",
        "shop.orders": "failed",
        "shop.lines": "failed",
        "shop.letters": "failed",
        "shop.visits": "skipped",
    }
    assert "shop.orders.id" in plan.item("shop.lines").reason
    assert "body" in plan.item("shop.letters").reason


def test_a_missing_column_that_is_no_key_does_not_stop_the_keys():
    tables = {name: dict(columns) for name, columns in catalogue_of(SHOP).tables.items()}
    del tables["customers"]["phone"]
    plan = plan_of(SHOP, catalogue=Catalogue(tables))
    assert states(plan)["shop.customers"] == "failed"
    assert states(plan)["shop.orders"] == "searched"


def test_what_is_live_and_mapped_by_nobody_is_unmapped_unless_it_is_ignored_by_name():
    catalogue = catalogue_of(SHOP, orders=("gift_note", "etl_batch"), audit=("who",), schema_migrations=("version",))
    plan = plan_of(SHOP, catalogue=catalogue, ignored=["schema_migrations", "orders.etl_batch"])
    assert plan.unmapped_tables == ("audit",)
    assert plan.item("shop.orders").unmapped == ("gift_note",)
    assert "gift_note" not in [column.name for column in plan.item("shop.orders").columns]


def test_keys_that_lie_in_another_system_fail_closed():
    datasets = SHOP | dataset("crm", notes=[field("customer", "from shop.customers.id"), field("email", identity="email")])
    plan = make_plan(config=source("crm"), datasets=datasets, catalogue=catalogue_of(datasets), identity_kinds=EMAIL)
    assert states(plan) == {"crm.notes": "failed"}
    assert "another system" in reason_sentence(plan.items[0].reason, "en")


def test_a_circle_is_walked_once_and_the_road_not_taken_is_named():
    datasets = dataset(
        "shop",
        a=[field("id", "from shop.b.a_id"), field("email", identity="email")],
        b=[field("id"), field("a_id", "from shop.a.id")],
    )
    plan = plan_of(datasets)
    assert [item.collection for item in plan.items] == ["shop.a", "shop.b"]
    assert plan.not_followed == ("shop.a.id ← shop.b.a_id",)


def test_the_plan_as_json_holds_names_and_no_value():
    told = plan_of(SHOP).to_json()
    assert told["items"][0] == {
        "collection": "shop.customers",
        "order": 0,
        "path": ["email = email"],
        "columns": ["id", "email", "phone"],
        "unmapped": [],
        "state": "",
        "reason": "",
    }


NAMES = ["a", "b", "c", "d", "e", "f"]


@st.composite
def maps(draw):
    """Any map: fields that refer anywhere in any direction, circles and loops included."""
    collections = {}
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True)):
        fields = []
        for number in range(draw(st.integers(1, 4))):
            targets = draw(st.lists(st.tuples(st.sampled_from(["", "from ", "to "]), st.sampled_from(NAMES)), max_size=2))
            references = [f"{way}shop.{there}.f0" for way, there in targets]
            fields.append(field(f"f{number}", *references, identity=draw(st.sampled_from([None, None, "email", "ga"]))))
        collections[name] = fields
    datasets = dataset("shop", **collections)
    tables = {
        c.name: {f.name: "text" for f in c.fields if draw(st.integers(0, 9))} | {"extra": "text"}
        for c in datasets["shop"].collections
        if draw(st.integers(0, 9))
    }
    return datasets, Catalogue(tables)


@settings(max_examples=150, deadline=None)
@given(maps())
def test_any_map_gives_a_plan_that_ends_and_hides_nothing(given_map):
    datasets, catalogue = given_map
    plan = plan_of(datasets, catalogue=catalogue)
    collections = datasets["shop"].collections
    assert sorted(item.collection for item in plan.items) == sorted(f"shop.{c.name}" for c in collections)
    assert [item.order for item in plan.items] == list(range(len(plan.items)))
    place = {item.collection: item.order for item in plan.items}
    for item in plan.items:
        mapped = {f.name for c in collections if c.name == item.table for f in c.fields}
        live = catalogue.tables.get(item.table, {})
        assert {column.name for column in item.columns} <= mapped & set(live)
        assert all(place[road.source] < item.order for road in item.roads)
        if item.state is None:
            assert item.path
            assert {match.column for match in item.matches} | {road.column for road in item.roads} <= set(live)
        else:
            assert reason_sentence(item.reason, "fr") != item.reason != reason_sentence(item.reason, "en")
        if item.matches:
            assert not any(road.back for road in item.roads)

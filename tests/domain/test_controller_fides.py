"""Fides dataset files load as they are: whoever has them brings them."""

from __future__ import annotations

import pytest
import yaml
from fideslang import models as fides

from dsar.controller import Direction
from dsar.controller.datasets import default_categories, own_categories, read_datasets
from dsar.controller.nodes import read_yaml
from dsar.controller.problems import Page
from tests.domain.controller_folder import Folder

# A relational shop as Fides's documentation describes one: identities, references both ways, the older `fidesops_meta`.
SHOP = """
dataset:
  - fides_key: shop_postgres
    organization_fides_key: default_organization
    name: Shop
    description: Customers, orders and what they paid with
    data_categories: null
    fides_meta:
      resource_id: shop_postgres.1
      after: [accounts]
      namespace: {database: shop, schema: public}
    collections:
      - name: address
        fields:
          - name: id
            data_categories: [system.operations]
            fides_meta: {primary_key: True}
          - name: street
            data_categories: [user.contact.address.street]
          - name: zip
            data_categories: [user.contact.address.postal_code]
      - name: customer
        description: Who buys
        fides_meta: {after: [shop_postgres.address], erase_after: [shop_postgres.payment_card], skip_processing: false}
        fields:
          - name: id
            data_categories: [user.unique_id]
            fides_meta: {primary_key: True, data_type: integer}
          - name: email
            data_categories: [user.contact.email]
            fides_meta:
              identity: email
              data_type: string
              length: 40
              masking_strategy_override:
                strategy: random_string_rewrite
                configuration: {length: 20, format_preservation: {suffix: "@example.com"}}
          - name: address_id
            data_categories: [system.operations]
            fidesops_meta:
              references:
                - dataset: shop_postgres
                  field: address.id
                  direction: to
      - name: payment_card
        fides_meta:
          masking_strategy_override: {strategy: delete}
          partitioning: {field: created, windows: [{start: "NOW() - 30 DAYS"}]}
        fields:
          - name: ccn
            data_categories: [user.financial.credit_card]
            fides_meta: {read_only: true}
          - name: customer_id
            data_categories: [user.unique_id]
            fides_meta:
              references:
                - {dataset: shop_postgres, field: customer.id, direction: from}
          - name: reason
            fides_meta: {custom_request_field: reason}
      - name: audit
        fides_meta: {skip_processing: true}
        fields:
          - name: line
"""

# Documents in documents, lists of objects, references into them and into another dataset.
DOCUMENTS = """
dataset:
  - fides_key: shop_mongo
    name: Shop documents
    collections:
      - name: customer_details
        fields:
          - name: _id
            data_categories: [system.operations]
            fides_meta: {primary_key: True, data_type: object_id}
          - name: customer_id
            data_categories: [user.unique_id]
            fides_meta:
              references:
                - dataset: shop_postgres
                  field: customer.id
                  direction: from
          - name: workplace_info
            fides_meta: {data_type: object}
            fields:
              - name: employer
                fides_meta: {data_type: string}
              - name: position
                data_categories: [user.job_title]
              - name: direct_reports
                data_categories: [user.name]
                fides_meta: {data_type: "string[]"}
          - name: comments
            fides_meta: {data_type: "object[]"}
            fields:
              - name: comment_id
                fides_meta:
                  references:
                    - dataset: shop_mongo
                      field: conversations.thread.comment
                      direction: to
      - name: profiles
        data_categories: [user]
        fields:
          - name: identifiers
            fields:
              - name: phones
                data_categories: [user.contact.phone_number]
                fides_meta: {data_type: "string[]", return_all_elements: true, identity: phone_number}
              - name: nickname
      - name: conversations
        fields:
          - name: thread
            fides_meta: {data_type: "object[]"}
            fields:
              - name: comment
              - name: card
                data_categories: [user.financial.credit_card]
                fides_meta:
                  references:
                    - dataset: shop_postgres
                      field: payment_card.ccn
"""

# As Fides's server exports one: every empty key written out, and keys that only its own pages use.
EXPORTED = """
dataset:
- fides_key: comments_bigquery
  organization_fides_key: default_organization
  tags: null
  name: Comments
  description: null
  meta: {generated_by: export, 1: one}
  data_categories: null
  data_qualifier: aggregated.anonymized.unlinked_pseudonymized.pseudonymized.identified
  third_country_transfers: null
  retention: null
  joint_controller: null
  fidesctl_meta: null
  fides_meta: {resource_id: a.b.c, after: null, namespace: {project_id: p-1, dataset_id: comments}}
  collections:
  - name: comments
    description: null
    data_categories: null
    data_uses: [essential.service]
    data_subjects: [customer]
    fides_meta: {after: null, erase_after: null, skip_processing: false, masking_strategy_override: null, partitioning: null}
    fields:
    - name: user_id
      description: null
      data_categories: [user.contact]
      data_qualifier: aggregated
      fields: null
      fides_meta: {references: null, identity: forum_user_id, primary_key: null, data_type: null, length: null,
        return_all_elements: null, read_only: null, custom_request_field: null}
    - name: text
      data_categories: null
      fides_meta: null
      fields: null
"""

# Anchors and merge keys, and a category of the controller's own.
ANCHORED = """
x-key: &key
  data_categories: [system.operations]
  fides_meta: &meta {primary_key: true}
data_category:
  - fides_key: user.training_record
    name: Training record
    parent_key: user
dataset:
  - fides_key: lms
    collections:
      - name: courses
        fields:
          - {<<: *key, name: id}
          - name: mark
            data_categories: [user.training_record]
            fides_meta: {<<: *meta, primary_key: false}
"""

SINGLE = """
fides_key: alone
collections:
  - name: people
    fields: [{name: email, data_categories: [user.contact.email], fides_meta: {identity: email}}]
"""


def load(text, extra=frozenset()):
    """The datasets of a file, and the mistakes found in it."""
    problems = []
    page = Page("datasets/brought.yml", problems)
    root = read_yaml(text, page)
    categories = default_categories().union(own_categories(root) if root else (), extra)
    return [dataset for dataset, _ in read_datasets(root, page, categories)], problems


@pytest.mark.parametrize(
    "text", [SHOP, DOCUMENTS, EXPORTED, ANCHORED, SINGLE], ids=["shop", "documents", "exported", "anchored", "single"]
)
def test_a_file_that_fides_takes_loads_unchanged(text):
    document = yaml.safe_load(text)
    for dataset in document.get("dataset", [document]):
        fides.Dataset.model_validate(dataset)  # the examples are what they claim to be
    datasets, problems = load(text)
    assert [str(problem) for problem in problems] == []
    assert len(datasets) == 1


def test_identities_keys_and_references_are_read():
    (shop,), _ = load(SHOP)
    customer = shop.collection_named("customer")
    assert [field.name for field in customer.fields] == ["id", "email", "address_id"]  # as written, not sorted
    assert customer.field_named("email").identity == "email"
    assert customer.field_named("id").primary_key
    (reference,) = customer.field_named("address_id").references  # under the older key fidesops_meta
    assert (reference.collection, reference.field, reference.direction) == ("address", "id", Direction.TO)
    assert customer.after == ("shop_postgres.address",)
    assert customer.erase_after == ("shop_postgres.payment_card",)
    assert shop.collection_named("audit").skip_processing
    assert shop.collection_named("payment_card").field_named("ccn").read_only


def test_fields_inside_objects_are_named_by_their_path():
    (documents,), _ = load(DOCUMENTS)
    details = documents.collection_named("customer_details")
    assert [field.name for field in details.every_field()] == [
        "_id",
        "customer_id",
        "workplace_info",
        "workplace_info.employer",
        "workplace_info.position",
        "workplace_info.direct_reports",
        "comments",
        "comments.comment_id",
    ]
    (reference,) = details.field_named("comments.comment_id").references
    assert (reference.collection, reference.field) == ("conversations", "thread.comment")
    (undirected,) = documents.collection_named("conversations").field_named("thread.card").references
    assert undirected.direction is None
    assert documents.collection_named("profiles").field_named("identifiers.phones").identity == "phone_number"


def test_a_field_without_a_category_has_that_of_its_collection():
    (documents,), _ = load(DOCUMENTS)
    profiles = documents.collection_named("profiles")
    assert profiles.field_named("identifiers.nickname").data_categories == ("user",)
    assert profiles.field_named("identifiers.phones").data_categories == ("user.contact.phone_number",)


def test_an_own_category_is_known_when_a_file_defines_it():
    assert load(ANCHORED)[1] == []
    _, problems = load(ANCHORED.replace("fides_key: user.training_record", "fides_key: user.other_record"))
    assert "'user.training_record' is not a data category" in problems[0].message


def test_merged_keys_may_be_overridden():
    (lms,), _ = load(ANCHORED)
    assert lms.collection_named("courses").field_named("id").primary_key
    assert not lms.collection_named("courses").field_named("mark").primary_key


def test_other_resources_of_fides_are_left_alone():
    assert load("system:\n  - fides_key: crm\n    system_type: Service\n    privacy_declarations: []\n") == ([], [])


def test_two_brought_datasets_refer_to_each_other_when_register_and_sources_know_them(tmp_path):
    folder = Folder(tmp_path / "controller")
    folder.write("datasets/shop.yml", SHOP)
    folder.write("datasets/documents.yaml", DOCUMENTS)
    folder.change("sources.yml", "datasets: [school, marketing]", "datasets: [school, marketing, shop_postgres, shop_mongo]")
    unnamed = {problem.message.partition(" is mapped")[0] for problem in folder.problems()}
    assert unnamed == {
        "shop_postgres.address",
        "shop_postgres.customer",
        "shop_postgres.payment_card",  # audit is skipped by its own map
        "shop_mongo.customer_details",
        "shop_mongo.profiles",
        "shop_mongo.conversations",
    }
    folder.edit(
        "register.yml", lambda text: text.replace("    categories:\n      messages:", _SHOP_CATEGORIES + "      messages:", 1)
    )
    assert folder.problems() == ()
    shop = folder.read().datasets["shop_postgres"]
    assert shop.file == "datasets/shop.yml"


_SHOP_CATEGORIES = "    categories:\n" + "".join(
    f"""      {key}:
        label: {{fr: {key}, en: {key}}}
        collection: {collection}
        fields: {{{", ".join(f"{name}: {{fr: {name}, en: {name}}}" for name in names.split())}}}
        erasure: {{kind: erase}}
"""
    for key, collection, names in (
        ("shop-addresses", "shop_postgres.address", "street zip"),
        ("shop-customers", "shop_postgres.customer", "id email"),
        ("shop-cards", "shop_postgres.payment_card", "ccn customer_id reason"),
        ("shop-details", "shop_mongo.customer_details", "customer_id workplace_info comments.comment_id"),
        ("shop-profiles", "shop_mongo.profiles", "identifiers.phones identifiers.nickname"),
        ("shop-conversations", "shop_mongo.conversations", "thread"),
    )
)


@pytest.mark.parametrize(
    ("old", "new", "message", "mend"),
    [
        ("identity: email\n", "identiy: email\n", "`identiy` is not a key of Fides", "Did you mean `identity`?"),
        ("user.contact.email]", "user.contact.emial]", "'user.contact.emial' is not a data category", "user.contact.email"),
        ("length: 40", "length: forty", "`length`: Input should be a valid integer", "digits"),
        ("data_type: string\n", "data_type: varchar\n", "varchar is not supported", "string, integer"),
        ("direction: to", "direction: across", "`direction`: Input should be 'from' or 'to'", "from or to"),
        ("- name: ccn", "- nom: ccn", "`name` is missing", "Add `name:`"),
        ("fides_key: shop_postgres\n", "fides_key: the shop\n", "FidesKeys must only contain", "no spaces"),
        ("after: [shop_postgres.address]", "after: [address]", "FidesKey.FidesKey", "dataset.collection"),
        ("strategy: delete", "strategy: shred", "`strategy`: Input should be 'delete'", "Fides"),
    ],
)
def test_what_fides_would_not_take_is_one_mistake_with_its_line(old, new, message, mend):
    line = SHOP[: SHOP.index(old)].count("\n") + 1
    _, problems = load(SHOP.replace(old, new, 1))
    (problem,) = problems
    assert (problem.file, problem.line) == ("datasets/brought.yml", line)
    assert message in problem.message
    assert mend in problem.mend


@pytest.mark.parametrize(
    ("text", "message", "mend"),
    [
        ("datasets:\n  - fides_key: a\n    collections: []\n", "There is no dataset", "Write `dataset:` instead of `datasets:`"),
        ("dataset: shop\n", "must be a list", "- fides_key"),
        ("dataset: [shop]\n", "must hold keys", "fides_key"),
        ("- fides_key: a\n", "There is no dataset", "Begin it with `dataset:`"),
        ("dataset:\n  - collections: []\n", "`fides_key` is missing", "Add `fides_key:`"),
        ("dataset:\n  - fides_key: a\n", "`collections` is missing", "Add `collections:`"),
    ],
)
def test_a_file_without_a_sound_dataset_says_how_to_begin(text, message, mend):
    datasets, problems = load(text)
    assert datasets == []
    (problem,) = problems
    assert message in problem.message
    assert mend in problem.mend


def test_a_name_used_twice_is_told_with_the_second_line():
    _, (problem,) = load(SHOP.replace("- name: zip", "- name: street"))
    assert (problem.line, problem.message) == (20, "shop_postgres.address.street is already on line 18.")

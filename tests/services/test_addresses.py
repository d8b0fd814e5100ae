"""Which addresses we write to: one plain mailbox, and nothing that could add a recipient or a header (SECURITY T13)."""

from __future__ import annotations

import pytest

from notifications.address import AddressRefused, check_address, normalise, readable
from notifications.kinds import LANGUAGES


@pytest.mark.parametrize(
    "address",
    ["camille.exemple@etudiant.example", "c+dsar@x.example", "o'brien@x.example", "a@sub.domain.xn--p1ai", "x_1@viacesi.fr"],
)
def test_a_plain_mailbox_is_taken(address: str) -> None:
    check_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "camille",
        "root@localhost",
        "x@[127.0.0.1]",
        "x@127.0.0.1",
        "x@example.1",
        "a@x.example,b@x.example",
        "a@x.example;b@x.example",
        "a@x.example b@x.example",
        "Camille <a@x.example>",
        "a@x.example\r\nBcc: b@x.example",
        "a@x.example\n",
        "\na@x.example",
        '"a b"@x.example',
        "=?utf-8?q?a?=@x.example",
        "a..b@x.example",
        ".a@x.example",
        "a@-x.example",
        "a@x..example",
        "a@x.example.",
        "é@x.example",
        "x" * 65 + "@x.example",
        "a@" + "x" * 64 + ".example",
        "a@" + "x." * 126 + "example",
    ],
)
def test_anything_that_is_not_one_plain_mailbox_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        check_address(address)
    for language in LANGUAGES:
        assert not address or address not in refused.value.sentence(language)


def test_an_address_is_compared_without_the_case_of_its_domain() -> None:
    assert normalise(" Camille@Etudiant.EXAMPLE ") == "Camille@etudiant.example"
    assert normalise("camille@école.example") == "camille@xn--cole-9oa.example"
    with pytest.raises(AddressRefused):
        normalise("camille@" + "é" * 80 + ".example")


@pytest.mark.parametrize(
    ("typed", "kept", "another"),
    [
        ("c@straße.example", "c@xn--strae-oqa.example", "c@strasse.example"),
        ("c@STRAẞE.example", "c@xn--strae-oqa.example", "c@strasse.example"),
        ("c@νικος.example", "c@xn--uxachkp.example", "c@νικοσ.example"),
        ("c@نامه\u200cای.example", "c@xn--mgba3gch31f060k.example", "c@نامهای.example"),
    ],
)
def test_a_domain_that_is_only_spelt_alike_is_another_one_and_gets_no_mail_of_ours(typed: str, kept: str, another: str) -> None:
    assert normalise(typed) == kept != normalise(another)
    assert normalise(readable(kept)) == kept


@pytest.mark.parametrize("typed", ["c@ß\x00.example", "c@ß\u202e.example", "c@.ß", "c@ß..example", "c@" + "ß" * 80 + ".example"])
def test_such_a_letter_lets_nothing_else_in(typed: str) -> None:
    with pytest.raises(AddressRefused):
        normalise(typed)

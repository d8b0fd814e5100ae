"""Whose limit it is: one IPv4 address, one IPv6 network, and the address that our own proxy saw (SECURITY T14, T27)."""

from __future__ import annotations

import pytest

from dsar.network import address_of, network_of


def network(address: str) -> str:
    return network_of({"REMOTE_ADDR": address})


def test_each_ipv4_address_has_its_own_limit():
    assert network("192.0.2.1") != network("192.0.2.2")


def test_an_ipv6_household_has_one_limit_and_its_neighbour_another():
    assert network("2001:db8:0:1::1") == network("2001:db8:0:1:ffff::2")
    assert network("2001:db8:0:1::1") != network("2001:db8:0:2::1")


def test_an_ipv4_address_written_as_ipv6_is_the_ipv4_address():
    """A server that listens on both sees them so; their /64 would be everybody's."""
    assert network("::ffff:192.0.2.1") == network("192.0.2.1")
    assert network("::ffff:192.0.2.1") != network("::ffff:192.0.2.2")


def test_what_is_no_address_counts_as_itself():
    assert network("unix:") == "unix:"
    assert network("") == ""


@pytest.mark.parametrize(
    ("proxies", "forwarded", "counts"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.1, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "203.0.113.9:50123", "203.0.113.9"),
        (1, "[2001:db8::1]:50123", "2001:db8::1"),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_what_the_client_says_about_itself_never_counts(settings, proxies: int, forwarded: str, counts: str):
    settings.TRUSTED_PROXIES = proxies
    assert address_of({"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": forwarded}) == counts

"""Where a request comes from: the address that our own proxies saw, and the network that limits are counted by."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from django.conf import settings


def address_of(meta: Mapping[str, Any]) -> str:
    """The real client's address: what our own proxies saw, never what the client says about itself (SECURITY T27)."""
    seen = [part.strip() for part in meta.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    if settings.TRUSTED_PROXIES and len(seen) >= settings.TRUSTED_PROXIES:
        return _without_port(str(seen[-settings.TRUSTED_PROXIES]))
    return str(meta.get("REMOTE_ADDR", ""))


def _without_port(seen: str) -> str:
    """Some proxies write 192.0.2.1:50123 and [2001:db8::1]:50123; each port would count as another client."""
    if seen.startswith("["):
        return seen[1:].partition("]")[0]
    return seen.partition(":")[0] if seen.count(":") == 1 else seen


def network_of(meta: Mapping[str, Any]) -> str:
    """The address itself for IPv4, and the /64 for IPv6, since a household has all of its addresses.

    An IPv4 address that arrives written as IPv6 is the IPv4 address: `::ffff:192.0.2.1` is no network of the whole world's.
    """
    address = address_of(meta)
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return str(parsed)

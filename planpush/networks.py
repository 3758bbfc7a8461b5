"""Which network addresses are public and which are internal."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# IANA's registries of special-purpose addresses (RFC 6890 and later), and what clouds tell their
# own machines by. Python's own `is_global` knows fewer, and others in each release.
_INSIDE = tuple(
    ip_network(one)
    for one in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32",
        "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24",
        "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        # Of what is given out to the world: Teredo, ORCHID, documentation, 6to4.
        "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
    )
)  # fmt: skip
# Everything else of IPv6 is inside, or stands for an address of IPv4: mapped, compatible, NAT64.
_WORLD = ip_network("2000::/3")


def is_open(address: Address, also: Iterable[Network] = ()) -> bool:
    """Tell whether an address is of the public internet, or of a network in `also`."""
    if _within(address, also):
        return True
    if isinstance(address, IPv6Address) and (address.scope_id or address not in _WORLD):
        return False
    return not _within(address, _INSIDE)


def _within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == one.version and address in one for one in networks)

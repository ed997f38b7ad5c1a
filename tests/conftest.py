"""What holds for every test: no address but this machine's, and no property is judged by the clock."""

from __future__ import annotations

import sys
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import HealthCheck, configuration, settings

ROOT = Path(__file__).resolve().parent.parent

configuration.set_hypothesis_home_dir(ROOT / ".cache" / "hypothesis")
settings.register_profile(
    "house",
    deadline=None,  # a slow machine is not a failure
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("house")


_LONGEST = ("test_once.py", "test_github_faults.py")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of several processes none is to wait for one that took up the longest file last; the rest stays shuffled."""
    items.sort(key=lambda item: _LONGEST.index(item.path.name) if item.path.name in _LONGEST else len(_LONGEST))


def _is_here(host: object) -> bool:
    if not isinstance(host, str | bytes):
        return True  # a socket file, or no host at all
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name in ("", "localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _refuse_other_machines(event: str, args: tuple[object, ...]) -> None:
    """Fail loudly when a test would leave this machine (child processes are not watched)."""
    if event == "socket.getaddrinfo" and not _is_here(args[0]):
        raise PermissionError(f"a test asked for the address of {args[0]!r}; tests stay on loopback")
    if event in ("socket.connect", "socket.sendto"):
        address = args[1]
        if isinstance(address, tuple) and not _is_here(address[0]):
            raise PermissionError(f"a test connected to {address!r}; tests stay on loopback")


sys.addaudithook(_refuse_other_machines)

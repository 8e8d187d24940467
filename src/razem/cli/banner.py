"""What `razem hub` prints when it listens: where, who may come in, and how to join."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from razem.sockets.hosts import find_reach

if TYPE_CHECKING:
    from collections.abc import Iterator

    from razem.hub.process import HubProcess
    from razem.sockets.address import Address
    from razem.sockets.hosts import Reach

__all__ = ["banner", "from_here"]

_WHO: Final = {
    "invite": "people on other machines come in by invitation, or with an account",
    "accounts": "people on other machines come in with an account",
    "open": "everybody may come in, from everywhere (open)",
}


def banner(process: HubProcess) -> str:
    """Return it; the first line names the addresses as they are."""
    return "\n".join([*_facts(process), "", *_ways(process), "", "Ctrl-C stops it."])


def _facts(process: HubProcess) -> Iterator[str]:
    config, addresses = process.config, process.addresses
    yield f"the hub listens on {', '.join(map(str, addresses))}"
    if config.memory:
        yield "nothing is kept: history ends with the hub (--memory)"
    else:
        yield f"history is kept in {Path(config.data_directory).absolute()}"
    yield f"its certificate has the fingerprint {process.load_identity().fingerprint}"
    reach = find_reach(addresses, config.name)
    if reach is not None and reach.remote:
        yield _WHO[config.access]
        if config.plaintext == "everywhere":
            yield "who connects without TLS can be read on the way (plaintext)"


def _ways(process: HubProcess) -> Iterator[str]:
    """Say how to join from here, and how others do."""
    config, addresses = process.config, process.addresses
    reach = find_reach(addresses, config.name)
    yield "join it on this machine:"
    yield from _from_this_machine(process)
    if reach is None or not reach.remote:
        return
    yield ""
    if config.access == "open":
        yield "from another machine:"
        yield from _from_elsewhere(reach)
    elif config.memory:
        yield "from another machine, with an account made here (/msg NickServ help):"
        yield from _from_elsewhere(reach)
    else:
        where = f" --data {config.data}" if config.data else ""
        yield "from another machine, by an invitation, which this prints for all three:"
        yield f"  {_own_name()} hub invite '#lobby'{where}"


def _from_this_machine(process: HubProcess) -> Iterator[str]:
    config, addresses = process.config, process.addresses
    first = next((each for each in addresses if each.scheme != "tls"), addresses[0])
    tcp = next((each for each in addresses if each.scheme in {"tcp", "tls"}), None)
    here = from_here(tcp) if tcp is not None else None
    if here is not None:
        scheme = "http" if here.scheme == "tcp" else "https"
        yield _way("browser", f"{scheme}://{_host(here.host)}:{here.port}/")
    secret = " --password PASSWORD" if config.password else ""
    if first.scheme == "tls":
        secret += f" --fingerprint {process.load_identity().fingerprint}"
    yield _way("terminal", f"{_own_name()} chat {from_here(first)}{secret}")
    if here is not None:
        secret = " -w PASSWORD" if config.password else ""
        tls = " --tls" if here.scheme == "tls" else ""
        yield _way("IRC client", f"irssi{tls} -c {here.host} -p {here.port}{secret}")


def _from_elsewhere(reach: Reach) -> Iterator[str]:
    host = _host(reach.host)
    yield _way("browser", f"https://{host}:{reach.port}/")
    yield _way("terminal", f"razem chat razem://{host}:{reach.port}")
    yield _way("IRC client", f"{reach.host}, port {reach.port}, with TLS")


def _way(what: str, how: str) -> str:
    return f"  {what:<12}{how}"


def _host(host: str) -> str:
    """Write a host as in a URL."""
    return f"[{host}]" if ":" in host else host


def from_here(address: Address) -> Address:
    """Return what to connect to on this machine."""
    if address.is_unix or address.host not in {"", "0.0.0.0", "::"}:  # a comparison
        return address
    return address.replace(host="localhost")


def _own_name() -> str:
    """Return what to type to call this command: its path, where the shell would not find it."""
    import shutil
    import sys

    called = Path(sys.argv[0])
    if called.name != "razem" or shutil.which("razem") is not None:
        return "razem"
    try:
        return str(called.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(called.absolute())

"""Prints which names of options a library does not take; what it was asked stands on standard input.

A line in is `type<TAB>name`, a line out the same with a reason. The name is given to a client or a pool of
that type with a value of its own, and has to be found on a connection that is made then. Nothing is
connected to. Run with the library and the name of its client: `names.py redis Redis`.
"""

import asyncio
import importlib
import sys

LIBRARY, CLIENT = sys.argv[1:]

# What is given, and what the connection calls it; without that it has only to be taken.
PROBES = {
    "host": ("elsewhere", "host"),
    "port": (7, "port"),
    "db": (3, "db"),
    "username": ("somebody", "username"),
    "password": ("word", "password"),
    "client_name": ("name", "client_name"),
    "socket_timeout": (1.5, "socket_timeout"),
    "socket_connect_timeout": (2.5, "socket_connect_timeout"),
    "max_connections": (9, None),
    "timeout": (4, None),
    "ssl": (True, None),
    "ssl_cert_reqs": ("none", None),
    "retry": (5, "retries"),
}
# Every client of sentinels has these: they are not options of the connections.
POSITIONAL = {"sentinels", "service_name"}


def module(name=""):
    return importlib.import_module(f"{LIBRARY}{name}")


class Stop(Exception):
    """Ends the construction of a cluster before it connects."""


def cluster_arguments(arguments):
    """What a cluster's client would give to the connections of its nodes."""
    nodes, given = module(".cluster").NodesManager, {}
    constructor = nodes.__init__

    def keep(self, *_, **kept):
        given.update(kept)
        raise Stop

    nodes.__init__ = keep
    try:
        getattr(module(), f"{CLIENT}Cluster")(**arguments)
    except Stop:
        pass
    finally:
        nodes.__init__ = constructor
    return given


def connection(kind, arguments):
    """A connection of a client of this type, as it would be opened."""
    at = ".asyncio" if kind.startswith("asyncio.") else ""
    name = kind.removeprefix("asyncio.")
    if name == "Sentinel":
        sentinel = getattr(module(f"{at}.sentinel"), name)([("first", 1)], **arguments)
        return sentinel.master_for("main").connection_pool.make_connection()
    made = getattr(module(at), name)(**arguments)
    return getattr(made, "connection_pool", made).make_connection()


def arguments_of(kind, name):
    value = PROBES[name][0]
    at = ".asyncio" if kind.startswith("asyncio.") else ""
    if name == "retry":
        value = module(f"{at}.retry").Retry(module(".backoff").NoBackoff(), value)
    arguments = {name: value}
    if kind.endswith("Cluster") and name != "host":
        arguments["host"] = "cache"
    # Without TLS there is nobody to verify.
    if name == "ssl_cert_reqs" and kind.endswith("Pool"):
        arguments["connection_class"] = module(f"{at}.connection").SSLConnection
    elif name == "ssl_cert_reqs":
        arguments["ssl"] = True
    return arguments


def refusal(kind, name):
    """Why a name is not taken; nothing where it is."""
    arguments = arguments_of(kind, name)
    value, attribute = PROBES[name]
    try:
        if kind == f"{CLIENT}Cluster":
            given = cluster_arguments(arguments)
            taken = name in ("host", "port") or name in given
            return None if taken else "it does not reach the nodes"
        if kind == f"asyncio.{CLIENT}Cluster":
            getattr(module(".asyncio"), f"{CLIENT}Cluster")(**arguments)
            return None
        made = connection(kind, arguments)
    except Exception as error:  # Any refusal is an answer.
        return f"{type(error).__name__}: {error}"
    if kind.endswith("Sentinel") and name in ("host", "port"):
        return "the sentinels give it"
    if attribute == "retries":
        held = getattr(made.retry, "_retries", None)
    else:
        held = getattr(made, attribute, None) if attribute else value
    return None if held == value else f"{held!r} is held, not {value!r}"


async def main():
    for line in sys.stdin.read().splitlines():
        kind, name = line.split("\t")
        if name in POSITIONAL or name == "startup_nodes" or name == "connection_class":
            continue
        why = refusal(kind, name) if name in PROBES else "no probe of it"
        if why:
            print(f"{kind}\t{name}\t{why}")


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))

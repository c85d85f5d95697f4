"""Prints what the clients of the programs hold: `program<TAB>option<TAB>value`, durations in seconds."""

import asyncio
import inspect
import ssl
import sys

import programs


def held(client):
    pool = getattr(client, "connection_pool", client)
    connection = pool.connection_class(**pool.connection_kwargs)
    values = {
        "pool.max_size": pool.max_connections,
        "timeout.read": connection.socket_timeout,
        "timeout.dial": connection.socket_connect_timeout,
        "retry.max": connection.retry._retries,
        "conn.db": connection.db,
        "conn.addr": getattr(connection, "host", None),
        "conn.port": getattr(connection, "port", None),
        "auth.username": connection.username,
        "auth.password": connection.password,
    }
    if "Blocking" in type(pool).__name__:
        values["pool.wait_timeout"] = pool.timeout
    values["pool.wait"] = "Blocking" in type(pool).__name__
    secure = "SSL" in type(connection).__name__
    values["tls.config"] = secure
    context = getattr(connection, "ssl_context", connection)
    if secure:
        values["tls.skip_verify"] = context.cert_reqs == ssl.CERT_NONE
    if "Sentinel" in type(connection).__name__:
        for key in ("conn.addr", "conn.port"):
            del values[key]
    return values


async def main():
    for name, function in inspect.getmembers(programs, inspect.isfunction):
        if function.__module__ != "programs" or inspect.signature(function).parameters:
            continue
        for key, value in held(function()).items():
            print(f"programs.py:{name}\t{key}\t{'none' if value is None else value}")


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))

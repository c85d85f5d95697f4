"""Programs that each build one client. `held.py` prints what the library then holds, and redvet has to
say the same of every option that it calls known. `LIBRARY` is replaced by the library under test."""

import os
import ssl

import LIBRARY as library
import LIBRARY.asyncio as alibrary
from LIBRARY import BlockingConnectionPool, ConnectionPool
from LIBRARY.backoff import ExponentialBackoff, NoBackoff
from LIBRARY.retry import Retry
from LIBRARY.sentinel import Sentinel

from settings import HOST, POOL, REDIS, Settings, seconds, settings
import settings as config

SHORT = 0.25
OPTIONS = dict(socket_timeout=SHORT, socket_connect_timeout=SHORT * 4)
FAST = True


def plain():
    return library.CLIENT()


def positional():
    return library.CLIENT("one", 6381, 3, "changeme", 4, 0.5)


def named():
    return library.CLIENT(host="one", port=6382, db=2, username="app", password="changeme")


def nothing_read():
    return library.CLIENT(host="one", socket_timeout=None, socket_connect_timeout=None)


def only_read():
    return library.CLIENT(socket_timeout=7)


def only_dial():
    return library.CLIENT(socket_connect_timeout=3)


def sized():
    return library.CLIENT(max_connections=40)


def encrypted():
    return library.CLIENT(ssl=True, ssl_cert_reqs="none")


def unchecked():
    return library.CLIENT(ssl=True, ssl_cert_reqs=None)


def by_constant():
    return library.CLIENT(ssl=True, ssl_cert_reqs=ssl.CERT_NONE)


def unchecked_by_truth():
    return library.CLIENT(ssl=True, ssl_cert_reqs=False)


def checked():
    return library.CLIENT(ssl=True, ssl_cert_reqs="required")


def not_encrypted():
    return library.CLIENT(ssl=not FAST)


def retried():
    return library.CLIENT(retry=Retry(ExponentialBackoff(), 5))


def retried_by_name():
    policy = Retry(NoBackoff(), retries=2)
    return library.CLIENT(host=HOST, retry=policy)


def pool():
    return ConnectionPool(host="two", port=6383, max_connections=12)


def pool_without_size():
    return ConnectionPool(host="two")


def waiting_pool():
    return BlockingConnectionPool(host="two")


def waiting_pool_set():
    return BlockingConnectionPool(max_connections=POOL, timeout=3, host="two", socket_timeout=1)


def waiting_for_ever():
    return BlockingConnectionPool(8, None, host="two")


def by_url():
    return library.from_url("SCHEME://app:changeme@three:6384/5")


def by_url_of_class():
    return library.CLIENT.from_url("SCHEME://three/1", socket_timeout=2)


def by_url_query():
    return library.from_url("SCHEME://three:6385?db=7&socket_timeout=1.5&socket_connect_timeout=2&max_connections=9")


def url_wins():
    return library.from_url("SCHEME://three:6385/3?socket_timeout=1.5", db=9, socket_timeout=30, host="four")


def by_encrypted_url():
    return library.from_url("rediss://three:6385/0?ssl_cert_reqs=none")


def pool_by_url():
    return ConnectionPool.from_url("SCHEME://three:6386/2", max_connections=17)


def waiting_pool_by_url():
    return BlockingConnectionPool.from_url("SCHEME://three:6386/2?max_connections=18", timeout=4)


def formatted_url():
    host, port = "five", 6387
    return library.from_url(f"SCHEME://{host}:{port}/{1 + 1}", socket_timeout=SHORT)


def joined_url():
    return library.from_url("SCHEME://" + HOST + ":" + str(config.PORT) + "/4")


def spread():
    return library.CLIENT(**REDIS, db=3)


def spread_over():
    return library.CLIENT(**{**REDIS, "port": 6400})


def spread_call():
    return library.CLIENT(host="six", **OPTIONS)


def merged():
    options = dict(REDIS)
    options.update(db=8, socket_timeout=seconds())
    return library.CLIENT(**options)


def united():
    return library.CLIENT(**(REDIS | {"db": 4}))


def written_later():
    options = {"host": "seven"}
    options["port"] = 6401
    options["socket_timeout"] = config.TIMEOUT
    return library.CLIENT(**options)


def defaulted():
    options = REDIS.copy()
    options.setdefault("host", "never")
    options.setdefault("db", 5)
    return library.CLIENT(**options)


def branched():
    timeout = 1
    if FAST:
        timeout = 0.5
    return library.CLIENT(socket_timeout=timeout)


def chosen():
    return library.CLIENT(socket_timeout=2 if FAST else 20, port=6402 if not FAST else 6403)


def fallen_back():
    return library.CLIENT(host="" or "eight", db=0 or 2)


def of_settings():
    return library.from_url(settings.redis_url, socket_timeout=6)


def of_own_settings():
    return library.from_url(Settings(db=9).redis_url)


def of_attributes():
    return library.CLIENT(host=settings.redis_host, port=Settings.redis_port, db=settings.db)


def converted():
    return library.CLIENT(port=int("6404"), socket_timeout=float("1.25"), db=int(3.9))


def of_environment():
    return library.CLIENT(host=os.environ.get("REDVET_UNSET_HOST", "nine"), port=int(os.getenv("REDVET_UNSET_PORT", "6405")))


def tried():
    timeout = 3
    try:
        timeout = int("4")
    except ValueError:
        timeout = 5
    return library.CLIENT(host="ten", socket_timeout=timeout)


def looped():
    timeout = 1
    for step in (1, 2, 3):
        timeout = step
    return library.CLIENT(host="ten", socket_timeout=timeout)


def nested():
    def options(db):
        return {"host": "eleven", "db": db}

    return library.CLIENT(**options(6), socket_timeout=2)


def make_redis_valkey(db=0, timeout=9):
    return library.CLIENT(host="twelve", db=db, socket_timeout=timeout)


def wrapped():
    return make_redis_valkey(db=7, timeout=8)


class RedisValkeyHolder:
    port = 6406

    def __init__(self, host, timeout=4):
        self.client = library.CLIENT(host=host, port=self.port, socket_timeout=timeout)


def held_by_class():
    return RedisValkeyHolder("thirteen").client


def asynchronous():
    return alibrary.CLIENT(host="fourteen", socket_timeout=5)


def last_round():
    size = 1
    for _ in (1, 2, 3):
        client = library.CLIENT(host="one", max_connections=size)
        size = size * 4
    return client


def last_round_of_options():
    options = {"host": "one", "db": 1}
    for _ in (1, 2, 3):
        client = library.CLIENT(**options)
        options["db"] = options["db"] + 2
    return client


def asynchronous_default():
    return alibrary.CLIENT()


def asynchronous_url():
    return alibrary.from_url("SCHEME://fifteen:6407/2?max_connections=21", socket_timeout=1)


def asynchronous_pool():
    return alibrary.BlockingConnectionPool(host="sixteen", max_connections=5, timeout=2)


def asynchronous_without_limit():
    return alibrary.ConnectionPool.from_url("SCHEME://sixteen:6408")


def watched():
    sentinel = Sentinel([("s1", 26379), ("s2", 26379)], socket_timeout=0.5, password="changeme")
    return sentinel.master_for("main", db=1)


def watched_over():
    sentinel = Sentinel([("s1", 26379)], socket_timeout=0.5)
    return sentinel.master_for("main", socket_timeout=2, max_connections=14)

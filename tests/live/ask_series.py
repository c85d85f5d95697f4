#!/usr/bin/env python3
"""Asks a running server for its directives, and writes what they change of the series before.

    python3 tests/live/ask_series.py SERVER --extends redis-8.8 --write knowledge/servers/redis-9.0.json

In: a `redis-server` or `valkey-server` and the table that its own is to extend. Out: a table of the
form that knowledge/servers/README.md describes, with what could not be asked under `unverified`.
Against its own table (`--extends` the series itself) the difference has to be empty. How many facts
were compared goes to standard error. Without `--write` the table goes to standard output; a file is
written only when all has been asked.

Values are asked of the parser: a configuration of two lines, whose second one is always refused, so
that no server goes on to serve. Which directives there are, their defaults and whether a running server
takes another value is asked of a server that was started with nothing else.

Only the standard library is used, and nothing outside a temporary folder is written but that file.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

TABLES = pathlib.Path(__file__).resolve().parents[2] / "knowledge" / "servers"

# The second line of every probe: refused by every version, in words of its own.
STOP = "hz stop-here"
STOP_WORDS = "argument couldn't be parsed into an integer"

# What the server that is asked needs to stay in its folder; their defaults cannot be asked.
OWN = ("port", "unixsocket", "dir", "logfile", "pidfile", "daemonize")
# Decided by the machine that the server is started on.
OF_THE_MACHINE = ("maxclients", "availability-zone", "rdma-bind", "rdma-port")
# CONFIG SET of these is not tried: a stray signal, another folder.
NOT_SET = ("watchdog-period", "dir")

RANGE = re.compile(r"must be between (-?\d+) and (-?\d+) inclusive")
MEMBERS = re.compile(r"must be one of the following: (.*)")
PERCENT = re.compile(r"percentage argument must be less or equal to (\d+)")

UNKNOWN = "Bad directive or wrong number of arguments"
KINDS = {
    STOP_WORDS: "int",
    "argument couldn't be parsed as an octal number": "int",
    "argument must be a memory value": "memory",
    "argument must be a memory or percent value": "percent-or-memory",
    "argument must be 'yes' or 'no'": "bool",
}
# Fields that are taken over as they are.
COPIED = ("args", "min", "max", "max_percent", "octal", "enum_values")
# Fields that the words of a refusal or an answer decide.
ASKED = ("kind", "args", "default", "min", "max", "max_percent", "octal", "enum_values", "mutable")


def merge(whole, change):
    """RFC 7396: objects by their members, `null` takes away."""
    for name, value in change.items():
        if value is None:
            whole.pop(name, None)
        elif isinstance(value, dict):
            if not isinstance(whole.get(name), dict):
                whole[name] = {}
            merge(whole[name], value)
        else:
            whole[name] = value


def table(folder, stem):
    """A table with everything that it extends, and its names of commands and categories."""
    path = folder / f"{stem}.json"
    if not path.exists():
        sys.exit(f"{path}: no such table; expected one of the files there, without `.json`")
    try:
        text = json.loads(path.read_text())
    except json.JSONDecodeError as error:
        sys.exit(f"{path}: not a table: {error}")
    if "extends" in text:
        whole, words = table(folder, text["extends"])
    else:
        whole, words = {}, {"names": set(), "categories": set()}
    commands = text.pop("commands", {})
    for kind, known in words.items():
        known |= set(commands.get(f"{kind}_added", "").split())
        known -= set(commands.get(f"{kind}_removed", "").split())
    merge(whole, text)
    return whole, words


class Connection:
    """A socket that speaks as much of RESP 2 as the answers need."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(str(path))
        self.answers = self.socket.makefile("rb")

    def ask(self, *commands):
        """One answer a command; all are sent before the first is read."""
        sent = b""
        for command in commands:
            sent += b"*%d\r\n" % len(command)
            for word in command:
                word = word.encode()
                sent += b"$%d\r\n%s\r\n" % (len(word), word)
        self.socket.sendall(sent)
        return [self.read() for _ in commands]

    def read(self):
        line = self.answers.readline().rstrip(b"\r\n")
        kind, rest = line[:1], line[1:].decode("utf-8", "replace")
        if kind == b"-":
            return ConfigError(rest)
        if kind == b"$":
            count = int(rest)
            return None if count < 0 else self.answers.read(count + 2)[:-2].decode("utf-8", "replace")
        if kind == b"*":
            return [self.read() for _ in range(max(int(rest), 0))]
        return rest


class ConfigError(str):
    """What the server answers instead of doing it."""


class Server:
    """A server's program, in a folder of its own."""

    def __init__(self, program, folder):
        self.program = program
        self.folder = pathlib.Path(folder)
        try:
            text = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError) as error:
            sys.exit(f"{program} cannot be asked for its version: {error}; name a redis-server or valkey-server")
        first = text.partition(" ")[0].lower()
        # The first releases of valkey say only `Server`.
        self.flavor = "valkey" if first == "server" else first
        found = re.search(r"\bv=(\d+\.\d+\.\d+)", text)
        if not found:
            sys.exit(f"{program} --version says {text.strip()!r}: expected `v=MAJOR.MINOR.PATCH`")
        self.version = found.group(1)

    def start(self, lines):
        """A server that serves on a socket in its folder."""
        path = self.folder / "socket"
        path.unlink(missing_ok=True)
        conf = self.folder / "serve.conf"
        own = ["port 0", f"unixsocket {path}", f"dir {self.folder}", 'logfile ""']
        conf.write_text("\n".join(own + lines) + "\n")
        log = open(self.folder / "log", "wb")
        process = subprocess.Popen([self.program, str(conf)], cwd=self.folder, stdout=log, stderr=log)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and process.poll() is None:
            try:
                return process, Connection(path)
            except OSError:
                time.sleep(0.01)
        process.kill()
        process.wait()
        sys.exit(f"{self.program} does not start:\n{(self.folder / 'log').read_text()}")

    def refusal(self, line):
        """The words with which the parser refuses a line; `None` where it takes it."""
        with tempfile.NamedTemporaryFile("w", suffix=".conf", dir=self.folder) as conf:
            conf.write(f"{line}\n{STOP}\n")
            conf.flush()
            done = subprocess.run([self.program, conf.name], cwd=self.folder, capture_output=True, text=True,
                                  errors="replace", timeout=60)
        said = (done.stdout + done.stderr).strip().split("\n")
        at = next((text for text in said if "at line " in text), "")
        if at.rstrip().endswith("line 2") and said[-1] == STOP_WORDS:
            return None
        return said[-1] if at else "stopped: " + said[-1]


    def knows(self, name):
        """Whether the parser knows a name that has no value to show."""
        conf = self.folder / "name.conf"
        conf.write_text(f"{name} 1\nno-such-directive 1\n")
        done = subprocess.run([self.program, str(conf)], cwd=self.folder, capture_output=True, text=True,
                              errors="replace", timeout=60)
        said = done.stdout + done.stderr
        # Some versions keep unknown names for modules, and list all of them in the end.
        return f">>> '{name} 1'" not in said or UNKNOWN not in said and "Unresolved" not in said


def names_in(program):
    """Every word of the program that may be a directive: hidden ones are shown to whom names them."""
    words = set(re.findall(rb"[a-z][a-z0-9]*(?:-[a-z0-9]+)*", pathlib.Path(program).read_bytes()))
    found = set()
    for word in words:
        # A linker keeps a word that ends another one only once.
        parts = word.decode().split("-")
        found.update("-".join(parts[at:]) for at in range(len(parts)))
    return {word for word in found if 1 < len(word) <= 60}


def shown(answer):
    return dict(zip(answer[::2], answer[1::2]))


def value_shown(directive):
    """A default as CONFIG GET shows it; `None` where its form has words of its own."""
    default, kind = directive.get("default"), directive["kind"]
    if default is None or kind in ("special", "ignored", "module-config", "unverified"):
        return None
    if directive.get("octal"):
        return format(default, "o")
    return str(default)


def default_of(kind, octal, text):
    """A value that CONFIG GET shows as a table has it."""
    if kind in ("int", "memory"):
        return int(text, 8 if octal else 10)
    return int(text) if kind == "percent-or-memory" and text.lstrip("-").isdigit() else text


def probe(server, name):
    """What the parser says of a directive's values."""
    words = server.refusal(f"{name} @@") or ""
    found = {"kind": KINDS.get(words), "unknown": words == UNKNOWN or None}
    members = MEMBERS.search(words)
    if words.endswith("octal number"):
        found["octal"] = True
    if members:
        # Some versions end the list with a separator.
        found.update(kind="enum", enum_values=[word for word in members.group(1).split(", ") if word])
    if found["kind"] is None and not words:
        found["kind"] = "string"
    # Numbers and words alike: their number is looked at first.
    found["args"] = None if server.refusal(f"{name} @@ @@") == "wrong number of arguments" else {"min": 1}
    if found["kind"] in ("int", "memory", "percent-or-memory"):
        found.update(bounds(server, name, bool(found.get("octal"))))
    if found["kind"] == "percent-or-memory":
        percent = PERCENT.search(server.refusal(f"{name} 999999999%") or "")
        found["max_percent"] = int(percent.group(1)) if percent else None
    return found


def bounds(server, name, octal):
    """The range that a refusal tells; nothing where no number is outside of it."""
    # Ordered so that nothing is taken that the server would have to allocate.
    tried = ["7777777777"] if octal else [str(-2**63), "0", "-1", str(2**63 - 1), str(2**64 - 1)]
    for value in tried:
        found = RANGE.search(server.refusal(f"{name} {value}") or "")
        if found:
            base = 8 if octal else 10
            return {"min": int(found.group(1), base), "max": int(found.group(2), base)}
    return {}


def is_mutable(connection, name, value):
    """Whether a running server takes its own value; `None` where that is not tried or not said."""
    if name in NOT_SET or value is None:
        return None
    [answer] = connection.ask(["CONFIG", "SET", name, value])
    if not isinstance(answer, ConfigError):
        return True
    words = answer.lower()
    if "immutable" in words or "unsupported config parameter" in words:
        return False
    # A protected one is changed by whom `enable-protected-configs` allows it.
    return None


def others_of(server, new, values):
    """The names that show the value of a new one as soon as that is set: it is one directive."""
    found = {}
    for name, directive in sorted(new.items()):
        other = another_value(directive, values[name])
        if other is None or any(name in names for names in found.values()):
            continue
        process, connection = server.start([f"{name} {other}"])
        asked = [word for word in sorted(values) if word != name and values[word] == values[name]]
        answers = connection.ask(*(["CONFIG", "GET", word] for word in asked))
        process.kill()
        process.wait()
        same = [word for word, answer in zip(asked, answers) if shown(answer).get(word) == other]
        if same:
            found[name] = same
    return found


def another_value(directive, value):
    kind = directive.get("kind")
    if kind == "bool":
        return "no" if value == "yes" else "yes"
    if kind == "enum":
        return next((word for word in directive["enum_values"] if word != value), None)
    if kind in ("int", "memory") and not directive.get("octal"):
        near = int(value) + 1
        return str(near if near <= directive.get("max", near) else near - 2)
    return None


def commands_of(connection):
    names = set()

    def take(commands, prefix):
        for command in commands:
            name = prefix + command[0].lower().split("|")[-1] if prefix else command[0].lower()
            names.add(name)
            if not prefix and len(command) > 9:
                take(command[9], f"{name}|")

    commands, categories = connection.ask(["COMMAND"], ["ACL", "CAT"])
    take(commands, "")
    return {"names": names, "categories": set(categories)}


class Comparison:
    """What a server says beside what a table says."""

    def __init__(self, directives):
        self.directives = directives
        self.by_name = {}
        for name, directive in directives.items():
            for word in [name, *directive.get("aliases", [])]:
                self.by_name[word] = name
        self.compared = dict.fromkeys((*ASKED, "names"), 0)
        self.changes = {}

    def add(self, name, told, value):
        known = self.directives[name]
        # Hand-written code and modules refuse in words of their own.
        by_words = known["kind"] not in ("special", "ignored", "unverified") and "parsed_by" not in known
        asked = [field for field in ASKED if field != "default"] if by_words else ["mutable"]
        changes = {}
        for field in asked:
            new, old = told.get(field), known.get(field)
            if new is None and (old is None or field in ("kind", "min", "max", "mutable")) and field != "args":
                continue
            self.compared[field] += 1
            if self.differs(field, new, old):
                changes[field] = new
        was = value_shown(known)
        if was is not None and value is not None and name not in OWN + OF_THE_MACHINE:
            self.compared["default"] += 1
            if was != value:
                changes["default"] = default_of(told.get("kind") or known["kind"], told.get("octal"), value)
        if changes:
            self.changes[name] = changes

    @staticmethod
    def differs(field, new, old):
        if field == "enum_values":
            return sorted(new or []) != sorted(old or [])
        if field in ("args", "octal"):
            return bool(new) != bool(old)
        return new != old

    def add_missing(self, server, name, directive, values):
        """Names that are gone, and names that are read and do nothing any more."""
        # These have no value to show in any version, or only in some builds.
        if directive["kind"] in ("ignored", "module-config") or "parsed_by" in directive or "requires_build" in directive:
            return
        aliases = directive.get("aliases", [])
        if name in values:
            self.compared["names"] += 1
            gone = [alias for alias in aliases if alias not in values and not server.knows(alias)]
            if gone:
                self.changes.setdefault(name, {})["aliases"] = [alias for alias in aliases if alias not in gone]
        elif name not in self.changes:
            ignored = {"kind": "ignored", "status": "ignored", "default": None}
            self.changes[name] = ignored if server.knows(name) else None


def ask(server, extended, words, workers):
    """The directives' difference, the commands' difference, what was not asked, and the counts."""
    process, connection = server.start([])
    try:
        visible = shown(connection.ask(["CONFIG", "GET", "*"])[0])
        candidates = sorted(names_in(server.program) | set(extended["directives"]))
        answers = connection.ask(*(["CONFIG", "GET", name] for name in candidates))
        values = dict(visible)
        for name, answer in zip(candidates, answers):
            if not isinstance(answer, ConfigError) and name in shown(answer):
                values[name] = shown(answer)[name]
        mutable = {name: is_mutable(connection, name, value) for name, value in values.items()}
        commands = commands_of(connection)
    finally:
        process.kill()
        process.wait()
    comparison = Comparison(extended["directives"])
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        told = dict(zip(values, pool.map(lambda name: probe(server, name), values)))
    new = {}
    for name, found in told.items():
        found["mutable"] = mutable[name]
        canonical = comparison.by_name.get(name)
        # A name that only a running server knows is no directive.
        is_directive = not found.pop("unknown", False)
        if canonical is None and is_directive:
            new[name] = {key: value for key, value in found.items() if value is not None}
        elif canonical == name:
            comparison.add(name, found, values[name])
    others = others_of(server, new, values)
    changes = comparison.changes
    for name in set(new).difference(*others.values()):
        changes[name] = entry_of(name, new[name], values[name], hidden=name not in visible)
        names = others.get(name, [])
        # The new name is the directive's own, and the old ones are other names for it.
        changes.update({word: None for word in names if word in extended["directives"]})
        if names:
            changes[name]["aliases"] = sorted(names)
    for name, directive in extended["directives"].items():
        comparison.add_missing(server, name, directive, values)
    names = {}
    for kind, known in words.items():
        names[f"{kind}_added"] = " ".join(sorted(commands[kind] - known))
        names[f"{kind}_removed"] = " ".join(sorted(known - commands[kind]))
    special = {name: values[name] for name, directive in extended["directives"].items()
               if directive["kind"] == "special" and name in values and name not in OWN}
    return changes, names, unverified(special, mutable, new), comparison.compared


def entry_of(name, found, value, hidden):
    """All that is known of a directive that the series before did not have."""
    kind = found.get("kind")
    entry = {"kind": kind or "unverified", "default": default_of(kind, found.get("octal"), value)}
    entry.update({key: found[key] for key in COPIED if key in found})
    if hidden:
        entry["flags"] = ["hidden"]
    entry["mutable"] = found.get("mutable", True)
    return entry


def unverified(special, mutable, new):
    """What the difference does not say, so that a person knows where to look."""
    said = [f"defaults of {', '.join(OWN + OF_THE_MACHINE)}: they were set or depend on the machine"]
    if special:
        shown = "; ".join(f"{name} {value!r}" for name, value in sorted(special.items()))
        said.append(f"directives with a parser of their own, which show this by default: {shown}")
    protected = sorted(name for name, is_so in mutable.items() if is_so is None)
    if protected:
        said.append(f"whether a running server takes another value of {', '.join(protected)}")
    if new:
        said.append("units, c_type, checks and notes of the directives that are new: read its source")
    numbers = ("int", "memory", "percent-or-memory")
    open_ranges = sorted(name for name, found in new.items() if found.get("kind") in numbers and "min" not in found)
    if open_ranges:
        said.append(f"the range of {', '.join(open_ranges)}: no number was refused")
    own_words = sorted(name for name, found in new.items() if found.get("kind") is None)
    if own_words:
        said.append(f"the kind of {', '.join(own_words)}: refused in words of its own")
    said.append("messages, the language of lines, and what a build leaves out (TLS, RDMA)")
    return said


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("server", help="path of a redis-server or valkey-server")
    parser.add_argument("--extends", required=True, metavar="TABLE", help="the table before it: redis-8.8")
    parser.add_argument("--source", help="where the program came from: a package and its version")
    parser.add_argument("--write", type=pathlib.Path, metavar="FILE", help="where the table goes")
    parser.add_argument("--tables", type=pathlib.Path, default=TABLES, metavar="FOLDER", help="the folder of the tables")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 2, help="programs at a time")
    options = parser.parse_args()
    if not options.server:
        parser.error("no server is named: is it installed?")
    extended, words = table(options.tables, options.extends)
    with tempfile.TemporaryDirectory(prefix="ask-series-") as folder:
        server = Server(os.path.abspath(options.server), folder)
        changes, names, open_points, compared = ask(server, extended, words, options.workers)
    major, minor, _ = server.version.split(".")
    place = options.source or "a program without a package"
    text = table_text({
        "flavor": server.flavor,
        "series": f"{major}.{minor}",
        "version": server.version,
        "source": f"{server.flavor}-server {server.version} ({place}), asked by tests/live/ask_series.py",
        "extends": options.extends,
        "unverified": open_points,
        "commands": {"source": f"COMMAND and ACL CAT of {server.flavor}-server {server.version}",
                     **{key: value for key, value in names.items() if value}},
    }, changes)
    if options.write:
        options.write.write_text(text)
    else:
        print(text, end="")
    counts = ", ".join(f"{count} {field}" for field, count in compared.items())
    print(f"{server.flavor} {server.version} beside {options.extends}: {sum(compared.values())} facts compared "
          f"({counts}), {len(changes)} directives differ", file=sys.stderr)


def table_text(head, changes):
    """One line a directive, as the tables are written."""
    text = json.dumps(head, indent=1, ensure_ascii=False)
    rows = [f"  {json.dumps(name)}: {json.dumps(changes[name], ensure_ascii=False)}" for name in sorted(changes)]
    body = "{\n" + ",\n".join(rows) + "\n }" if rows else "{}"
    return f'{text[:-2]},\n "directives": {body}\n}}\n'


if __name__ == "__main__":
    main()

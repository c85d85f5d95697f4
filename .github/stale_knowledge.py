#!/usr/bin/env python3
"""Tells which servers and libraries have releases that redvet's knowledge does not cover.

    redvet knowledge --format json | python3 .github/stale_knowledge.py

Asks the package indexes through their own clients (`cargo info`, `go list`, `pip index`) and the
servers' repositories through `gh`. Prints a list in Markdown, or nothing where all is covered; what could
not be asked is listed too, since silence would look like "covered".
"""

import json
import re
import subprocess
import sys

SERVERS = {"redis": "redis/redis", "valkey": "valkey-io/valkey"}
# The last word is the package.
ASK = {
    "rust": ["cargo", "info", "--quiet", "--color", "never"],
    "go": ["go", "list", "-m", "-f", "{{.Version}}"],
    # Releases for a newer Python than this one are releases too.
    "python": ["python3", "-m", "pip", "index", "versions", "--ignore-requires-python"],
}
# Where the answer has the version: behind what people have written, and beside others. Cargo names the
# one that a lock file holds first, then the newest.
ANSWER = {
    "rust": re.compile(r"^version: (.+)$", re.MULTILINE),
    "go": re.compile(r"^(v\d.*)$", re.MULTILINE),
    "python": re.compile(r"^\S+ \((.+)\)$", re.MULTILINE),
}
VERSION = re.compile(r"\d+\.\d+(?:\.\d+)?(?:-?(?:rc|alpha|beta)[.\d]*)?")


def run(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    except (OSError, subprocess.TimeoutExpired) as error:
        return None, str(error)
    return (done.stdout, "") if done.returncode == 0 else (None, done.stderr.strip().split("\n")[-1])


def key(version):
    """Orders versions; a candidate comes before its release."""
    numbers, _, candidate = version.partition("-")
    parts = [int(part) for part in re.findall(r"\d+", numbers)]
    return parts + [0] * (3 - len(parts)), not candidate, [int(n) for n in re.findall(r"\d+", candidate)]


def newest_package(language, package):
    """The newest version that the index of a language has."""
    name = f"{package}@latest" if language == "go" else package
    out, error = run([*ASK[language], name])
    if out is None:
        return None, error
    answer = ANSWER[language].search(out)
    found = VERSION.findall(answer.group(1)) if answer else []
    return (max(found, key=key), "") if found else (None, "no version in its answer")


def of_clients(clients):
    for client in clients:
        language = client["language"]
        if language not in ASK:
            yield f"- `{client['id']}`: no way to ask for packages of {language}"
            continue
        if not client["packages"]:
            yield f"- `{client['id']}`: no package of it is listed"
        for package, read in client["packages"].items():
            newest, error = newest_package(language, package)
            if newest is None:
                yield f"- `{client['id']}`: {package} could not be asked: {error}"
            elif key(newest) > key(read):
                yield f"- `{client['id']}`: {package} {newest} is out, read up to {read}"


def of_servers(series):
    for flavor, repository in SERVERS.items():
        out, error = run(["gh", "api", f"repos/{repository}/releases?per_page=100", "--jq", ".[].tag_name"])
        if out is not None and not VERSION.search(out):
            out, error = None, "no version in its answer"
        if out is None:
            yield f"- {flavor}: {repository} could not be asked: {error}"
            continue
        known = {}
        for row in (row for row in series if row["flavor"] == flavor):
            number = ".".join(row["first_release"].split(".")[:2])
            versions = [row["read"], row.get("newest") or row["read"], *known.get(number, [])]
            known[number] = [max(versions, key=key)]
        newest = {}
        for tag in re.findall(r"^v?(\d+\.\d+\.\d+)$", out, re.MULTILINE):
            number = ".".join(tag.split(".")[:2])
            newest[number] = max(newest.get(number, tag), tag, key=key)
        oldest = min(known, key=key)
        for number in sorted(newest, key=key):
            if number not in known:
                if key(number) > key(oldest):
                    yield f"- {flavor} {number}: {newest[number]} is out, and there is no table"
            elif key(newest[number]) > key(known[number][0]):
                yield f"- {flavor} {number}: {newest[number]} is out, followed up to {known[number][0]}"


def main():
    covered = json.load(sys.stdin)
    # Nothing to compare would look like "covered".
    if not covered["servers"] or not covered["clients"]:
        sys.exit("no servers or no clients are listed on standard input")
    for line in [*of_servers(covered["servers"]), *of_clients(covered["clients"])]:
        print(line)


if __name__ == "__main__":
    main()

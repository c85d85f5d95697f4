#!/bin/sh
# From an empty folder to a finding in a pull request. Needs redvet on the path; writes to a folder of
# its own and takes it away again.
set -eu
pack=$(cd "$(dirname "$0")" && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"

say() { printf '\n== %s\n' "$*"; }

say 'A rule to start from, and its page: they pass as they are'
redvet rules new acme/server/clients-many --dir policies
redvet rules test policies

say 'The pack of ten takes its place'
rm -r policies
mkdir policies
cp -R "$pack/rules" "$pack/fixtures" policies/
redvet rules test policies

say 'A repository extends it'
cp -R "$pack/repository/." .
redvet rules list --pack acme

say 'What a pull request is told (GitHub makes annotations of these lines)'
status=0
redvet check --select 'acme/**' --output-format github || status=$?
printf 'exit code %s\n' "$status"

say 'What the fixes would change'
redvet check --select acme/client/pool-too-large --diff --unsafe-fixes || true

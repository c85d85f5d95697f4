//! The conformance table of the expression language: section, expression, outcome, over the estate
//! of `example`.
//!
//! An outcome is the value as people read it, with `?` after it where it is assumed; `absent`;
//! `unknown: REASONS`; or `error: MESSAGE` for what does not load.

use std::collections::BTreeMap;

use crate::facts::estate::SubjectKind;
use crate::facts::value::{Datum, Strength};
use crate::policy::compile;
use crate::policy::example::{estate, ratio, vocabulary};
use crate::policy::names::Names;
use crate::policy::outcome::Outcome;
use crate::policy::scope::Scope;

type Row = (&'static str, &'static str, &'static str);

const SERVER: &[Row] = &[
    // CEL as it is.
    ("plain", "1 + 2 == 3 && !(2 > 3)", "yes"),
    ("plain", "true ? \"a\" : \"b\"", "a"),
    ("plain", "\"a\" + \"b\" == \"ab\"", "yes"),
    ("plain", "\"b\" in [\"a\", \"b\"]", "yes"),
    ("plain", "[1, 2, 3][1]", "2"),
    ("plain", "[1][7]", "absent"),
    ("plain", "-(2 - 5) % 2", "1"),
    (
        "plain",
        "\"redis-7\".startsWith(\"redis\") && \"a\".contains(\"a\") && \"ab\".endsWith(\"b\")",
        "yes",
    ),
    ("plain", "lower(\"ABC\") + string(3)", "abc3"),
    ("plain", "size([1, 2]) == 2 && \"né\".size() == 2", "yes"),
    ("plain", "min(3, 1, 2) + max(1, 2)", "3"),
    // Numbers mix; division is division.
    ("numbers", "3 / 4", "0.75"),
    ("numbers", "0.5 * 3 == 1.5", "yes"),
    ("numbers", "params.max * server.limits.memory > 1", "yes"),
    ("numbers", "floor(2.7) + ceil(2.1)", "5"),
    (
        "numbers",
        "ratio(server.conf[\"maxmemory\"], server.limits.memory)",
        "0.94",
    ),
    (
        "numbers",
        "as_percent(ratio(server.conf[\"maxmemory\"], server.limits.memory))",
        "93.8 %",
    ),
    ("numbers", "as_percent(0.88)", "88 %"),
    (
        "numbers",
        "as_bytes(server.limits.memory) + \", \" + as_duration(5400)",
        "32 GiB, 1h 30m",
    ),
    ("numbers", "1 / 0 > 2", "unknown: a division by zero"),
    (
        "numbers",
        "ratio(1, 0) > 2 || 7 % 0 > 2",
        "unknown: a division by zero",
    ),
    // Facts.
    (
        "facts",
        "server.conf[\"maxmemory\"] < server.limits.memory",
        "yes",
    ),
    (
        "facts",
        "server.conf.maxmemory == server.conf[\"maxmemory\"]",
        "yes",
    ),
    (
        "facts",
        "server.conf[\"hz\"] > 1",
        "unknown: hz: the image is not visible",
    ),
    ("facts", "server.conf[\"io-threads\"] > 1", "absent"),
    (
        "facts",
        "server.limits.cpu > 1 || server.conf[\"hz\"] > 1",
        "absent",
    ),
    ("facts", "server.conf[\"appendonly\"]", "no"),
    ("facts", "server.role == \"cache\"", "yes?"),
    ("facts", "server.role in [\"cache\", \"queue\"]", "yes?"),
    (
        "facts",
        "server.conf[\"appendonly\"] == \"no\" && server.conf[\"appendonly\"] != \"yes\"",
        "yes",
    ),
    ("facts", "\"900\" in server.conf[\"save\"]", "yes"),
    ("facts", "server.conf[\"save\"].join(\" \")", "900 1"),
    ("facts", "params.max", "0.88"),
    // Three values: the other side decides.
    ("three", "server.conf[\"hz\"] > 1 && 1 > 2", "no"),
    ("three", "1 < 2 || server.conf[\"hz\"] > 1", "yes"),
    (
        "three",
        "server.conf[\"hz\"] > 1 && 1 < 2",
        "unknown: hz: the image is not visible",
    ),
    (
        "three",
        "!(server.conf[\"hz\"] > 1)",
        "unknown: hz: the image is not visible",
    ),
    ("three", "1 < 2 || server.role == \"cache\"", "yes"),
    ("three", "1 < 2 && server.role == \"cache\"", "yes?"),
    ("three", "true ? 1 : server.conf[\"hz\"]", "1"),
    // Ways to ask.
    (
        "ask",
        "known(server.conf[\"timeout\"]) && !known(server.conf[\"hz\"])",
        "yes",
    ),
    ("ask", "known(server.limits.cpu)", "no"),
    (
        "ask",
        "explicit(server.conf[\"maxmemory\"]) && !explicit(server.conf[\"timeout\"])",
        "yes",
    ),
    ("ask", "explicit(server.limits.cpu)", "no"),
    (
        "ask",
        "explicit(server.conf[\"hz\"])",
        "unknown: hz: the image is not visible",
    ),
    ("ask", "or(server.limits.cpu, 4)", "4"),
    (
        "ask",
        "or(server.conf[\"hz\"], 4)",
        "unknown: hz: the image is not visible",
    ),
    ("ask", "or(server.conf[\"timeout\"], 9)", "0"),
    (
        "ask",
        "because(server.conf[\"timeout\"])",
        "the default of redis 7.2",
    ),
    (
        "ask",
        "name(server.conf[\"timeout\"]) + name(server.limits.memory)",
        "timeoutmemory",
    ),
    // Relations.
    (
        "list",
        "server.clients.exists(c, c.pool.max_size >= 200)",
        "yes",
    ),
    (
        "list",
        "server.clients.all(c, c.pool.max_size >= 200)",
        "unknown: PoolSize: read from POOL_SIZE",
    ),
    ("list", "server.clients.all(c, c.pool.max_size < 200)", "no"),
    (
        "list",
        "server.clients.exists(c, c.pool.max_size > 200)",
        "unknown: PoolSize: read from POOL_SIZE",
    ),
    ("list", "server.clients.size() == 2", "yes"),
    (
        "list",
        "server.clients.filter(c, known(c.pool.max_size)).size()",
        "1",
    ),
    (
        "list",
        "server.clients.map(c, name(c.pool.max_size)).join(\"+\")",
        "PoolSize+PoolSize",
    ),
    (
        "list",
        "server.clients.exists_one(c, explicit(c.pool.max_size))",
        "no?",
    ),
    ("list", "[1, 2, 3].map(x, x > 1, x * 2)", "4, 6"),
    // What does not load.
    (
        "load",
        "server.conf[\"maxmemroy\"] > 1",
        "error: no version of any server knows the directive `maxmemroy`",
    ),
    (
        "load",
        "server.limits.memroy > 1",
        "error: a server has no fact `limits.memroy`",
    ),
    (
        "load",
        "client.pool.max_size > 1",
        "error: `client` is not what this rule is about: its subject is `server`",
    ),
    (
        "load",
        "params.min > 1",
        "error: the rule has no parameter `min`",
    ),
    (
        "load",
        "server.limits.memory > server.conf[\"timeout\"]",
        "error: size (bytes) and duration (seconds) cannot be compared",
    ),
    (
        "load",
        "server.limits.memory + server.conf[\"timeout\"] > 1",
        "error: size (bytes) and duration (seconds) cannot be added",
    ),
    (
        "load",
        "server.name > 1",
        "error: a text cannot be compared as a number",
    ),
    (
        "load",
        "server.conf[\"hz\"] == \"10\"",
        "error: an int never equals a text",
    ),
    (
        "load",
        "server.conf[\"appendonly\"] == \"on\"",
        "error: `on` is none of the words that this may be",
    ),
    (
        "load",
        "frobnicate(1)",
        "error: unknown function `frobnicate`",
    ),
    (
        "load",
        "ratio(1)",
        "error: `ratio` takes 2 arguments, not 1",
    ),
    ("load", "known(1 + 2)", "error: `known` asks about a fact"),
    (
        "load",
        "explicit(params.max)",
        "error: `explicit` asks about a fact",
    ),
    (
        "load",
        "as_bytes(server.conf[\"timeout\"])",
        "error: `as_bytes`: expected size (bytes), found duration (seconds)",
    ),
    (
        "load",
        "has(server.limits.memory)",
        "error: `has()` cannot ask about facts",
    ),
    (
        "load",
        "\"maxmemory\" in server.conf",
        "error: `in` cannot ask whether a fact exists",
    ),
    (
        "load",
        "1 && true",
        "error: this must be a bool, not a number",
    ),
    ("load", "{\"a\": 1}", "error: maps cannot be used in a rule"),
    ("load", "null", "error: null cannot be used in a rule"),
    (
        "load",
        "[1].all(a, [1].all(b, [1].all(c, a == b)))",
        "error: macros may be nested 2 deep",
    ),
    ("load", "1 +", "error: the expression breaks off here"),
];

const CLIENT: &[Row] = &[
    ("client", "client.server.conf[\"maxmemory\"] > 1", "yes"),
    ("client", "client.server.clients.size()", "2"),
    ("client", "client.pool.wait_timeout > 1000000", "yes"),
    (
        "client",
        "client.retry.max == -1 && meaning(client.retry.max) == \"off\"",
        "yes",
    ),
    ("client", "meaning(client.pool.max_size)", "plain"),
    ("client", "explicit(client.pool.wait_timeout)", "no?"),
    (
        "client",
        "because(client.pool.wait_timeout)",
        "the URL from REDIS_URL could set it",
    ),
    (
        "client",
        "follows(client.pool.wait_timeout)",
        "the read timeout",
    ),
    ("client", "name(client.pool.max_size)", "PoolSize"),
    (
        "client",
        "client.pool.max_sise > 1",
        "error: a client has no fact `pool.max_sise`",
    ),
];

const UNLINKED: &[Row] = &[
    (
        "unlinked",
        "client.server.conf[\"maxmemory\"] > 1",
        "absent",
    ),
    (
        "unlinked",
        "explicit(client.server.conf[\"timeout\"])",
        "absent",
    ),
    ("unlinked", "known(client.server.conf[\"timeout\"])", "no"),
    (
        "unlinked",
        "client.pool.max_size > 1",
        "unknown: PoolSize: read from POOL_SIZE",
    ),
    ("unlinked", "explicit(client.pool.max_size)", "yes"),
];

#[test]
fn expressions_mean_what_the_table_says() {
    let mut wrong = Vec::new();
    for (kind, index, rows) in [
        (SubjectKind::Server, 0, SERVER),
        (SubjectKind::Client, 0, CLIENT),
        (SubjectKind::Client, 1, UNLINKED),
    ] {
        for (section, expression, expected) in rows {
            let found = outcome(kind, index, expression);
            if found != *expected {
                wrong.push(format!(
                    "{section}: {expression}\n  is {found}\n  not {expected}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn outcome(kind: SubjectKind, index: usize, expression: &str) -> String {
    let vocabulary = vocabulary();
    let params = BTreeMap::from([("max".to_owned(), ratio(0.88))]);
    let mut names = Names {
        subject: kind,
        vocabulary: Some(&vocabulary),
        params: &params,
        lets: Vec::new(),
        variables: Vec::new(),
    };
    let expr = match compile::expression(expression, &mut names, None) {
        Ok(expr) => expr,
        Err(faults) => return format!("error: {}", faults[0].message),
    };
    let estate = estate();
    let values = BTreeMap::from([("max".to_owned(), Datum::Float(0.88))]);
    let subject = &estate.subjects(kind)[index];
    let scope = Scope::new(&estate, subject, &values, &[]);
    shown(&expr.eval(&scope, &mut Vec::new()))
}

fn shown(outcome: &Outcome) -> String {
    match outcome {
        Ok(known) if known.strength == Strength::Assumed => format!("{}?", known.val.shown()),
        Ok(known) => known.val.shown(),
        Err(missing) if missing.absent => "absent".to_owned(),
        Err(missing) => {
            let reasons: Vec<_> = missing.reasons.iter().cloned().collect();
            format!("unknown: {}", reasons.join("; "))
        }
    }
}

#[test]
fn a_mistake_points_at_its_part_and_names_what_could_be_meant() {
    let vocabulary = vocabulary();
    let params = BTreeMap::new();
    let mut names = Names {
        subject: SubjectKind::Server,
        vocabulary: Some(&vocabulary),
        params: &params,
        lets: Vec::new(),
        variables: Vec::new(),
    };
    let expression = "1 > 0 && server.conf[\"maxmemroy\"] > 1";
    let faults = compile::expression(expression, &mut names, None).unwrap_err();
    assert_eq!(
        &expression[faults[0].range.clone()],
        "server.conf[\"maxmemroy\"]"
    );
    let help = faults[0].help.clone().unwrap_or_default();
    assert!(help.starts_with("did you mean `maxmemory`?"), "{help}");
}

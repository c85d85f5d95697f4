//! Packs of a few lines, and the built-in one.

use std::collections::BTreeMap;

use super::*;
use crate::facts::vocabulary::{FactType, Vocabulary};
use crate::syntax::yaml::{MappingEntry, NodeKind};

const RULE: &str = r#"id: a/b
title: a fault
subject: server
severity: error
params:
  max: { type: ratio, default: 88%, min: 0.1, max: 1.0, about: share }
let:
  share: ratio(server.conf["maxmemory"], server.limits.memory)
when: server.conf["maxmemory"] > 0
assert: share <= params.max
message:
  - { when: share > 1, text: "more than all: {as_percent(share)}" }
  - text: "{as_percent(share)}"
at: server.conf["maxmemory"]
labels:
  - { at: server.limits.memory, text: "the limit" }
  - { each: { c: server.clients }, at: c, text: "{c.library}" }
help: "less"
fix:
  safety: unsafe
  edits:
    - { when: share > 1, set: 'server.conf["maxmemory"]', to: floor(params.max * server.limits.memory) }
docs: { why: "because", references: ["https://example.org"] }
"#;

fn vocabulary() -> Vocabulary {
    Vocabulary {
        directives: BTreeMap::from([("maxmemory".to_owned(), FactType::Size)]),
        ..Vocabulary::default()
    }
}

/// The errors of a pack as `path:line:column: message` and its rules.
fn load(files: &[(&str, &str)]) -> (RuleSet, Vec<String>) {
    let mut sources = Sources::default();
    let files: Vec<(FileId, String)> = files
        .iter()
        .map(|(path, text)| {
            let id = sources.add(SourceFile::new(*path, *text));
            (id, (*path).to_owned())
        })
        .collect();
    let pack = PackFiles {
        name: "mine",
        files: &files,
        sources: &sources,
    };
    let mut rules = RuleSet::default();
    let errors = load_pack(&mut rules, pack, PackTrust::Checked(&vocabulary()));
    let shown = |error: &LoadError| {
        let at = sources.start(error.span);
        let path = sources.path(error.span);
        let help = error.help.as_deref().unwrap_or("-");
        let help = help.split(" Valid").next().unwrap_or(help);
        format!(
            "{path}:{}:{}: {} [{help}]",
            at.line, at.column, error.message
        )
    };
    let errors = errors.err().unwrap_or_default();
    (rules, errors.iter().map(shown).collect())
}

fn errors_of(rule: &str) -> Vec<String> {
    load(&[("a/b.yaml", rule)]).1
}

#[test]
fn a_rule_with_every_part_loads() {
    let (rules, errors) = load(&[("a/b.yaml", RULE)]);
    assert_eq!(errors, [""; 0]);
    let rule = rules.get("a/b").unwrap();
    assert_eq!(rule.pack, "mine");
    assert_eq!(rule.draft.message.len(), 2);
    assert_eq!(rule.draft.docs.references, ["https://example.org"]);
}

#[test]
fn mistakes_of_form_have_places_and_cures() {
    let table = [
        (
            "severity: error",
            "severity: fatal",
            "a/b.yaml:4:11: unexpected value `fatal` [valid: error, warning, info]",
        ),
        (
            "severity: error",
            "severty: error",
            "a/b.yaml:1:1: missing key `severity` [-]|a/b.yaml:4:1: unknown key `severty` [did you mean `severity`?]",
        ),
        (
            "id: a/b",
            "id: a/c",
            "a/b.yaml:1:5: the id is `a/c`, but the path requires `a/b` [a rule id is the path under the pack's folder without `.yaml`]",
        ),
        (
            "default: 88%",
            "default: 2",
            "a/b.yaml:6:32: `max`: must be at most 1 [-]",
        ),
        (
            "default: 88%",
            "default: much",
            "a/b.yaml:6:32: `max`: expected a ratio such as `0.88` or `88%` [-]",
        ),
        (
            "type: ratio",
            "type: rato",
            "a/b.yaml:6:16: unexpected value `rato` [did you mean `ratio`?]",
        ),
        (
            "safety: unsafe",
            "safety: perhaps",
            "a/b.yaml:20:11: unexpected value `perhaps` [valid: safe, unsafe]",
        ),
        (
            "text: \"the limit\"",
            "txt: \"the limit\"",
            "a/b.yaml:16:33: unknown key `txt` [did you mean `text`?]",
        ),
        (
            "help: \"less\"",
            "help: \"less\"\nhelp: \"more\"",
            "a/b.yaml:19:1: duplicate key `help` [-]",
        ),
        ("help: \"less\"", "help: [", "a/b.yaml:20:9: "),
    ];
    for (from, to, expected) in table {
        let errors = errors_of(&RULE.replacen(from, to, 1)).join("|");
        assert!(
            errors.contains(expected.split('|').next().unwrap()),
            "{to}: {errors}"
        );
        assert!(
            errors.contains(expected.split('|').next_back().unwrap()),
            "{to}: {errors}"
        );
    }
}

#[test]
fn mistakes_in_expressions_have_places_inside_them() {
    let table = [
        (
            "when: server.conf[\"maxmemory\"] > 0",
            "when: 1 > 0 && server.conf[\"maxmemroy\"] > 0",
            "a/b.yaml:9:16: unknown directive `maxmemroy` [did you mean `maxmemory`?]",
        ),
        (
            "assert: share <= params.max",
            "assert: share",
            "a/b.yaml:10:9: this must be a bool, not a ratio [-]",
        ),
        (
            "{as_percent(share)}\"\nat",
            "{as_percent(shar)}\"\nat",
            "a/b.yaml:13:24: unknown name `shar` [did you mean `share`?]",
        ),
        (
            "at: server.limits.memory",
            "at: server.limits.memry",
            "a/b.yaml:16:11: a server has no fact `limits.memry` [did you mean `limits.memory`?]",
        ),
        (
            "{c.library}",
            "{c.libary}",
            "a/b.yaml:17:51: a client has no fact `libary` [did you mean `library`?]",
        ),
        (
            "to: floor(params.max * server.limits.memory)",
            "to: \"'much'\"",
            "a/b.yaml:22:64: a size (bytes) cannot be set to a text [-]",
        ),
        (
            "assert: share <= params.max",
            "assert: >-\n  share <=\n  params.mx",
            "a/b.yaml:12:3: the rule has no parameter `mx` [did you mean `max`?]",
        ),
    ];
    for (from, to, expected) in table {
        let changed = RULE.replacen(from, to, 1);
        assert_ne!(changed, RULE, "{from}");
        assert_eq!(errors_of(&changed), [expected]);
    }
}

#[test]
fn an_audience_must_be_defined_and_brings_its_parameters() {
    let rule = RULE.replace("severity: error", "severity: error\naudience: many");
    let rule = rule.replace(
        "share <= params.max",
        "share <= params.max && params.from > 0",
    );
    let (_, errors) = load(&[("a/b.yaml", &rule)]);
    assert!(
        errors[0].contains("a/b.yaml:5:11: unknown audience `many`"),
        "{errors:?}"
    );
    let pack = "name: mine\nquiet: { tests: [\"**/t/**\"] }\naudiences:\n  many: { params: { from: { type: size, default: 1gb } }, server: server.limits.memory < params.from }\n";
    let (rules, errors) = load(&[("a/b.yaml", &rule), ("pack.yaml", pack)]);
    assert_eq!(errors, [""; 0]);
    assert!(rules.get("a/b").unwrap().draft.params.contains_key("from"));
    let broken = pack.replace("server.limits.memory <", "server.limits.memry <");
    let (_, errors) = load(&[("a/b.yaml", &rule), ("pack.yaml", &broken)]);
    assert!(errors[0].starts_with("pack.yaml:4:"), "{errors:?}");
}

#[test]
fn two_packs_cannot_have_one_id() {
    let mut sources = Sources::default();
    let id = sources.add(SourceFile::new("a/b.yaml", RULE));
    let files = [(id, "a/b.yaml".to_owned())];
    let pack = |name| PackFiles {
        name,
        files: &files,
        sources: &sources,
    };
    let mut rules = RuleSet::default();
    load_pack(&mut rules, pack("one"), PackTrust::Proven).unwrap();
    let errors = load_pack(&mut rules, pack("two"), PackTrust::Proven).unwrap_err();
    assert_eq!(
        errors[0].message,
        "rule `a/b` is also defined in pack `one`"
    );
}

#[test]
fn the_built_in_pack_keeps_to_the_schema() {
    let builtin = builtin();
    assert_eq!(builtin.errors, []);
    assert_eq!(builtin.rules.packs()[0].name, "redvet");
    for (id, file) in builtin.sources.iter() {
        let stream = yaml::parse(&Excerpt::whole(id, file.text().clone()));
        let schema = if file.path() == PACK_FILE {
            PACK_SCHEMA
        } else {
            RULE_SCHEMA
        };
        let mut errors = Vec::new();
        schema::check(&stream.documents[0].root, schema, &mut errors);
        assert_eq!(errors, [], "{}", file.path());
    }
}

#[test]
fn every_built_in_rule_compiles() {
    let builtin = builtin();
    let mut messages = Vec::new();
    for rule in builtin.rules.rules() {
        let mistakes = rule.compile(None).err().unwrap_or_default();
        let shown = mistakes
            .iter()
            .map(|m| format!("{}: {}", rule.id(), m.message));
        messages.extend(shown);
    }
    assert_eq!(messages, [""; 0]);
}

#[test]
fn built_in_rules_name_facts_as_they_are_called_today() {
    let builtin = builtin();
    for rule in builtin.rules.rules() {
        for text in rule.draft.texts() {
            let former = Vocabulary::former_names(text.text());
            assert_eq!(former, [], "{}: {}", rule.id(), text.text());
        }
    }
}

#[test]
fn a_finding_and_its_labels_stand_on_facts_and_subjects() {
    let places = [
        ("at: server.conf[\"maxmemory\"]", "at: params.max"),
        ("at: server.limits.memory", "at: share"),
        ("at: c, text", "at: server.clients, text"),
    ];
    for (place, other) in places {
        let errors = errors_of(&RULE.replacen(place, other, 1));
        assert_eq!(errors.len(), 1, "{other}: {errors:?}");
        assert!(
            errors[0].contains("expected a fact or a subject"),
            "{errors:?}"
        );
    }
}

/// What a tree says, without the places where it stands.
fn written(node: &YamlNode) -> String {
    match &node.kind {
        NodeKind::Scalar(scalar) => format!("{:?} {:?}", scalar.style(), scalar.as_str()),
        NodeKind::Seq(items) => format!("{:?}", items.iter().map(written).collect::<Vec<_>>()),
        NodeKind::Map(entries) => {
            let entry = |e: &MappingEntry| (written(&e.key), written(&e.value));
            format!("{:?}", entries.iter().map(entry).collect::<Vec<_>>())
        }
    }
}

#[test]
fn the_trees_of_the_build_are_those_of_the_files() {
    let builtin = builtin();
    for (id, file) in builtin.sources.iter() {
        let stream = yaml::parse(&Excerpt::whole(id, file.text().clone()));
        let built = parsed_tree(file.path()).unwrap();
        let (built, own) = (written(&built), written(&stream.documents[0].root));
        assert_eq!(built, own, "{}", file.path());
    }
}

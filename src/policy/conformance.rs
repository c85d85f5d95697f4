//! The conformance table of the expression language: every row of `docs/expressions.md`, over the
//! estate of `example`.
//!
//! An outcome is the value as messages show it, with `?` after it where it is assumed; `absent`;
//! `unknown: REASONS`; or `error: MESSAGE` for what does not load.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::estate::SubjectKind;
use crate::facts::value::{Datum, Strength};
use crate::policy::checker::words;
use crate::policy::compile;
use crate::policy::example::{estate, ratio, vocabulary};
use crate::policy::expression_parser;
use crate::policy::names::RuleNames;
use crate::policy::outcome::Evaluation;
use crate::policy::scope::SubjectScope;
use crate::policy::syntax::{self, ExpressionForm, ExpressionTree};
use crate::policy::template;
use crate::policy::typed::TypedExpr;

const DOCUMENT: &str = include_str!("../../docs/expressions.md");

/// Fewer rows than this are not the language.
const ROWS: usize = 200;

/// A row with the subject that its section is about.
struct ConformanceRow {
    kind: SubjectKind,
    index: usize,
    expression: String,
    gives: String,
}

fn rows() -> Vec<ConformanceRow> {
    let mut subject = (SubjectKind::Server, 0);
    let mut in_table = false;
    let mut rows = Vec::new();
    for line in DOCUMENT.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            subject = match title {
                "Of a client" => (SubjectKind::Client, 0),
                "Of a client without a server" => (SubjectKind::Client, 1),
                _ => (SubjectKind::Server, 0),
            };
        }
        in_table = line == "| expression | gives |" || (in_table && line.starts_with('|'));
        if !in_table || !line.starts_with("| `") {
            continue;
        }
        let (expression, gives) = line[2..line.len() - 2].split_once(" | `").unwrap();
        let (kind, index) = subject;
        rows.push(ConformanceRow {
            kind,
            index,
            expression: plain(expression),
            gives: plain(&format!("`{gives}")),
        });
    }
    rows
}

/// The text of Markdown's code.
fn plain(cell: &str) -> String {
    cell.trim_matches('`').trim().replace("\\|", "|")
}

#[test]
fn expressions_mean_what_the_document_says() {
    let rows = rows();
    let outcomes = rows.iter().map(|row| (row, outcome(row)));
    let wrong: Vec<String> = outcomes
        .filter(|(row, found)| *found != row.gives)
        .map(|(row, found)| format!("{}\n  is  {found}\n  not {}", row.expression, row.gives))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    let unique: BTreeSet<_> = rows
        .iter()
        .map(|r| (r.index, r.kind, &r.expression))
        .collect();
    assert_eq!(unique.len(), rows.len(), "a row stands twice");
    assert!(rows.len() >= ROWS, "{} rows", rows.len());
}

/// Every word of the language gives a value in some row, and lacks one in another: an operand is
/// missing or does not fit.
#[test]
fn the_document_has_every_part_of_the_language() {
    let mut whole = BTreeSet::new();
    let mut broken = BTreeSet::new();
    for row in rows() {
        let Ok(tree) = expression_parser::parse(&row.expression) else {
            continue;
        };
        let lacks = ["absent", "unknown: ", "error: "];
        let lacks = lacks.iter().any(|word| row.gives.starts_with(word));
        collect(&tree, if lacks { &mut broken } else { &mut whole });
    }
    let mut all = words();
    all.extend(syntax::CelOperator::ALL.map(|operator| format!("{operator:?}")));
    let missing = |found: &BTreeSet<String>| -> Vec<String> {
        all.iter()
            .filter(|word| !found.contains(*word))
            .cloned()
            .collect()
    };
    assert_eq!(missing(&whole), Vec::<String>::new(), "without a value");
    assert_eq!(
        missing(&broken),
        Vec::<String>::new(),
        "never refused or missing"
    );
}

/// The operators and called names of an expression.
fn collect(tree: &ExpressionTree, found: &mut BTreeSet<String>) {
    match &tree.form {
        ExpressionForm::Operator(operator, parts) => {
            found.insert(format!("{operator:?}"));
            parts.iter().for_each(|part| collect(part, found));
        }
        ExpressionForm::Call { name, target, args } => {
            found.insert(name.clone());
            target.iter().for_each(|target| collect(target, found));
            args.iter().for_each(|arg| collect(arg, found));
        }
        ExpressionForm::List(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

fn outcome(row: &ConformanceRow) -> String {
    let vocabulary = vocabulary();
    let params = BTreeMap::from([("max".to_owned(), ratio(0.88))]);
    let mut names = RuleNames {
        subject: row.kind,
        vocabulary: Some(&vocabulary),
        params: &params,
        lets: Vec::new(),
        variables: Vec::new(),
    };
    let expr = match compile::expression(&row.expression, &mut names, None) {
        Ok(expr) => expr,
        Err(faults) => return format!("error: {}", faults[0].message),
    };
    let estate = estate();
    let values = BTreeMap::from([("max".to_owned(), Datum::Float(0.88))]);
    let subject = &estate.subjects(row.kind)[row.index];
    let scope = SubjectScope::new(&estate, subject, &values, &[]);
    format_outcome(&expr, &expr.eval(&scope, &mut Vec::new()))
}

fn format_outcome(expr: &TypedExpr, outcome: &Evaluation) -> String {
    match outcome {
        Ok(known) => {
            let text = template::format_result(known, &expr.kind);
            let guess = if known.strength == Strength::Assumed {
                "?"
            } else {
                ""
            };
            format!("{text}{guess}")
        }
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
    let mut names = RuleNames {
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

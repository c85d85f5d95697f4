//! `redvet explain`: finds what a word names, a rule, a directive or a client option. A rule's page is
//! made here, out of the rule file and the page that tests it; directives and options are described in
//! `directive` and `option`. All of it is in the program.

mod directive;
mod option;

use include_dir::{Dir, include_dir};

use crate::facts::intent::FixSafety;
use crate::nearest::nearest;
use crate::policy::{CompiledRule, RuleParam, RuleSet, param};
use crate::tester::{is_expectation, parse_page};

use super::args::ExplainArgs;
use super::console::CommandConsole;
use super::failure::CliError;
use super::rule_settings::suggest_rule;
use super::{CommandOutcome, packs, project, rules};

const INDENTATION: &str = "  ";

/// The pages that test the built-in rules.
static FIXTURE_PAGES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/rules");

pub(super) fn run(
    args: &ExplainArgs,
    console: &mut CommandConsole,
) -> Result<CommandOutcome, CliError> {
    match (args.what.as_str(), &args.name) {
        ("directive", Some(name)) => return directive::run(name, args, console),
        ("option", Some(name)) => return option::run(name, args, console),
        ("rule", Some(id)) => return of_rule(id, args, console),
        (what @ ("directive" | "option" | "rule"), None) => return Err(nameless(what)),
        (_, Some(name)) => return Err(stray(name)),
        (_, None) => {}
    }
    of_any_kind(&args.what, args, console)
}

/// What a person means by a word without a kind: the rule of that id or of that last word, the
/// directive, or the option. A word that several kinds have shows the first and names the others.
fn of_any_kind(
    word: &str,
    args: &ExplainArgs,
    console: &mut CommandConsole,
) -> Result<CommandOutcome, CliError> {
    let known = project::knowledge()?.vocabulary();
    let is_directive = known.directives.contains_key(word) || known.aliases.contains_key(word);
    let is_option = known.options.contains_key(word);
    if word.contains('/') || !(is_directive || is_option) {
        return of_rule(word, args, console);
    }
    let outcome = match is_directive {
        true => directive::run(word, args, console)?,
        false => option::run(word, args, console)?,
    };
    if is_directive && is_option {
        console.print(&format!(
            "\n{word} is also a client option: redvet explain option {word}\n"
        ));
    }
    Ok(outcome)
}

fn of_rule(
    what: &str,
    args: &ExplainArgs,
    console: &mut CommandConsole,
) -> Result<CommandOutcome, CliError> {
    // A mistake in the project's own rules does not hide the page of a built-in one.
    let builtin = packs::builtin()?;
    if let Some(rule) = builtin.get(what) {
        console.print(&page(rule, console.layout.width));
        return Ok(CommandOutcome::Clean);
    }
    let all = rules::of_project(args.config.config.as_deref())?;
    let named = all.current(what).and_then(|id| all.get(id));
    let by_last_word = || all.rules().find(|rule| last_word(rule) == what);
    let Some(rule) = named.or_else(by_last_word) else {
        // A library's own word for an option is none of the vocabulary's.
        return match option::run(what, args, console) {
            Ok(outcome) => Ok(outcome),
            Err(_) => Err(unknown(what, &all)?),
        };
    };
    if named.is_some() && rule.id() != what {
        console.print(&format!("{what} was renamed to {}.\n\n", rule.id()));
    }
    console.print(&page(rule, console.layout.width));
    Ok(CommandOutcome::Clean)
}

fn nameless(what: &str) -> CliError {
    let example = match what {
        "directive" => "redvet explain directive hz --server valkey:8.1",
        "rule" => "redvet explain rule CATEGORY/NAME",
        _ => "redvet explain option pool.max_size",
    };
    CliError::with_help(
        format!("missing the name of the {what}"),
        format!("example: `{example}`"),
    )
}

fn stray(name: &str) -> CliError {
    CliError::with_help(
        format!("unexpected argument `{name}`"),
        "a second argument is allowed only after `rule`, `directive` or `option`",
    )
}

fn unknown(id: &str, rules: &RuleSet) -> Result<CliError, CliError> {
    let in_category: Vec<&str> = rules
        .rules()
        .filter(|rule| rule.category() == id)
        .map(CompiledRule::id)
        .collect();
    if !in_category.is_empty() {
        let help = format!("rules in this category: {}", in_category.join(", "));
        let message = format!("`{id}` is a category, not a rule");
        return Ok(CliError::with_help(message, help));
    }
    if id.contains('/') {
        return Ok(CliError::with_help(
            format!("unknown rule `{id}`"),
            suggest_rule(id, rules),
        ));
    }
    let known = project::knowledge()?.vocabulary();
    let near = [
        nearest(id, rules.rules().map(last_word)).and_then(|near| {
            let rule = rules.rules().find(|rule| last_word(rule) == near)?;
            Some(rule.id())
        }),
        nearest(id, known.directives.keys().map(AsRef::as_ref)),
        nearest(id, known.options.keys().map(AsRef::as_ref)),
    ];
    let near: Vec<String> = near
        .into_iter()
        .flatten()
        .map(|near| format!("`{near}`"))
        .collect();
    let help = match near.is_empty() {
        true => "run `redvet rules list` to see all rules".to_owned(),
        false => format!("did you mean {}?", near.join(" or ")),
    };
    let message = format!("no rule, directive or client option is called `{id}`");
    Ok(CliError::with_help(message, help))
}

/// A rule's id without its category.
fn last_word(rule: &CompiledRule) -> &str {
    let id = rule.id();
    id.rsplit_once('/').map_or(id, |(_, last)| last)
}

fn page(rule: &CompiledRule, width: usize) -> String {
    let draft = &rule.draft;
    let mut out = format!("{}\n{}\n\n{}\n", rule.id(), draft.title, character(rule));
    let docs = &draft.docs;
    section(&mut out, "Why", &wrap_prose(&docs.why, width));
    section(&mut out, "Impact", &wrap_prose(&docs.impact, width));
    // Queries and commands are copied: their lines stay as they are.
    section(&mut out, "Verify", &docs.verify);
    section(&mut out, "Roll back", &wrap_prose(&docs.rollback, width));
    let params: Vec<String> = draft.params.iter().map(|(n, p)| parameter(n, p)).collect();
    section(&mut out, "Parameters", &params.join("\n"));
    section(&mut out, "References", &docs.references.join("\n"));
    section(&mut out, "Settings", &settings(rule));
    section(&mut out, "Example", &example(rule.id()).unwrap_or_default());
    out
}

/// The shortest input of a built-in rule's own tests that it reports on, with the places.
fn example(id: &str) -> Option<String> {
    let page = FIXTURE_PAGES.get_file(format!("{id}.md"))?;
    let page = parse_page(id, id, page.contents_utf8()?);
    let cases = page.cases.into_iter();
    let case = cases
        .filter(|case| case.expected.iter().any(|finding| finding.rule == id))
        .min_by_key(|case| case.files.iter().map(|file| file.text.len()).sum::<usize>())?;
    let mut out = String::new();
    for file in &case.files {
        out.push_str(&format!("{}:\n", file.path));
        let found = case.expected.iter();
        let found: Vec<usize> = found
            .filter(|finding| finding.rule == id && finding.path == file.path)
            .map(|finding| finding.line)
            .collect();
        for (at, line) in file.text.lines().enumerate() {
            if is_expectation(line) {
                continue;
            }
            let mark = if found.contains(&(at + 1)) { '>' } else { ' ' };
            out.push_str(&format!("{mark} {line}\n"));
        }
        out.push('\n');
    }
    Some(out)
}

/// One line of what kind of rule it is.
fn character(rule: &CompiledRule) -> String {
    let draft = &rule.draft;
    let mut words = vec![
        format!("severity {}", draft.severity.as_str()),
        format!("profile {}", draft.profile.as_str()),
        format!("subject: {}", draft.subject.as_str()),
        format!("pack {}", rule.pack),
    ];
    if let Some(audience) = &draft.audience {
        words.push(format!("for {}", audience.text().trim()));
    }
    if draft.preview {
        words.push("preview".to_owned());
    }
    if draft.non_waivable {
        words.push("cannot be suppressed".to_owned());
    }
    let is_safe = |safety: &FixSafety| matches!(safety, FixSafety::Safe);
    let mut safeties = draft.all_fixes().map(|fix| &fix.safety).peekable();
    let none = safeties.peek().is_none();
    match safeties.all(is_safe) {
        _ if none => {}
        true => words.push("safe fix".to_owned()),
        false => words.push("unsafe fix".to_owned()),
    }
    words.join(", ")
}

fn section(out: &mut String, title: &str, text: &str) {
    let text = text.trim();
    if text.is_empty() {
        return;
    }
    out.push_str(&format!("\n{title}\n"));
    for line in text.lines() {
        out.push_str(format!("{INDENTATION}{line}").trim_end());
        out.push('\n');
    }
}

/// Prose in lines of this width, one indentation less.
fn wrap_prose(text: &str, width: usize) -> String {
    let mut out = String::new();
    for paragraph in text.trim().lines() {
        let mut column = 0;
        for word in paragraph.split_whitespace() {
            let length = word.chars().count();
            if column > 0 && column + 1 + length > width.saturating_sub(INDENTATION.len()) {
                out.push('\n');
                column = 0;
            }
            if column > 0 {
                out.push(' ');
                column += 1;
            }
            out.push_str(word);
            column += length;
        }
        out.push('\n');
    }
    out
}

fn parameter(name: &str, param: &RuleParam) -> String {
    let mut text = format!("{name} = {}", param::show(&param.default));
    let bound = |word: &str, bound: &Option<_>| {
        bound
            .as_ref()
            .map_or(String::new(), |b| format!(", {word} {}", param::show(b)))
    };
    let bounds = format!(
        "{}{}",
        bound("at least", &param.min),
        bound("at most", &param.max)
    );
    text.push_str(&format!("  ({}{bounds})", param.ty.as_str()));
    if !param.about.is_empty() {
        text.push_str(&format!("  {}", param.about));
    }
    text
}

/// What to write in redvet.toml to have it otherwise.
fn settings(rule: &CompiledRule) -> String {
    let id = rule.id();
    match rule.draft.params.iter().next() {
        Some((name, param)) => format!(
            "[rules.\"{id}\"]\nparams.{name} = {}\n\nor enabled = false",
            toml_value(&param::show(&param.default))
        ),
        None => format!("[rules.\"{id}\"]\nenabled = false"),
    }
}

/// A figure as it is, anything else as text.
fn toml_value(shown: &str) -> String {
    if shown.parse::<f64>().is_ok() {
        shown.to_owned()
    } else {
        format!("\"{shown}\"")
    }
}

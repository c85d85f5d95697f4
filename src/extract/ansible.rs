//! Templates of Ansible with what the tree says of their variables: defaults and variables of the role,
//! variables of groups, hosts and plays. Each byte of a value knows the place that it comes from.
//!
//! Inventories choose between files of variables, and which one is used is not in the repository: a
//! value on which they differ stays as it is written, and counts as unknown. So does
//! the result of an expression beyond names, defaults and comparisons.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::extract::dockerfile::written_release;
use crate::extract::kustomize::TreeFile;
use crate::facts::Cause;
use crate::facts::raw::InstalledRelease;
use crate::knowledge::shapes::ServerInstall;
use crate::source::{Excerpt, ExcerptBuilder, FileId, Span, path};
use crate::syntax::jinja::{self, JinjaPart};
use crate::syntax::yaml::{ScalarStyle, YamlNode};

/// Values refer to others no deeper.
const MAX_DEPTH: usize = 8;
/// Plays and tasks are nested no deeper.
const MAX_TASK_DEPTH: usize = 16;
/// A loop over more items is not written out.
const MAX_ITEMS: usize = 200;
/// A template that comes to more than this is read as it stands, and so is a value that does.
const MAX_BYTES: usize = 1 << 20;
const MAX_VALUE_BYTES: usize = 1 << 16;
/// Places that are looked at for one template: values that name others many times end here.
const MAX_LOOKUPS: usize = 100_000;

/// Folders of a role.
const DEFAULTS: &str = "defaults";
const VARIABLES: &str = "vars";
const TASKS: &str = "tasks";
const ROLE_FOLDERS: [&str; 5] = [DEFAULTS, VARIABLES, TASKS, "handlers", "meta"];
/// Folders of plays that try a role, with values that nobody runs it with.
const TEST_FOLDERS: [&str; 3] = ["test", "tests", "molecule"];
const TEXT_FOLDERS: [&str; 2] = ["templates", "files"];
/// Folders of variables of an inventory, and what names all of its hosts.
const INVENTORY_FOLDERS: [&str; 2] = ["group_vars", "host_vars"];
const ALL_HOSTS: &str = "all";
/// Keys under which plays and tasks set variables.
const SETTING_KEYS: [&str; 3] = ["vars", "set_fact", "ansible.builtin.set_fact"];

/// A variable where it is set.
#[derive(Clone, Copy)]
struct SetVariable<'t> {
    path: &'t str,
    value: &'t YamlNode,
    /// It holds for every host.
    of_all: bool,
}

type VariablesByName<'t> = BTreeMap<&'t str, Vec<SetVariable<'t>>>;

/// What a role sets for itself.
#[derive(Default)]
struct AnsibleRole<'t> {
    defaults: VariablesByName<'t>,
    variables: VariablesByName<'t>,
    /// Words of its tasks that may name what is installed.
    words: Vec<(&'t str, Span)>,
}

/// The variables of all roles and inventories of a tree.
#[derive(Default)]
pub struct AnsibleVariables<'t> {
    roles: BTreeMap<&'t str, AnsibleRole<'t>>,
    others: VariablesByName<'t>,
}

/// A template with what could be filled in.
pub struct FilledJinja {
    pub excerpt: Excerpt,
    /// The places that defaults of the role filled in, in order.
    pub assumed: Vec<Span>,
    /// The files that these stand in.
    pub files: Vec<FileId>,
}

impl<'t> AnsibleVariables<'t> {
    /// What the YAML files of a tree set.
    pub fn new(files: impl IntoIterator<Item = (&'t str, &'t TreeFile)>) -> Self {
        let mut found = Self::default();
        for (path, file) in files {
            let roots = || {
                file.stream()
                    .documents
                    .iter()
                    .map(|document| &document.root)
            };
            let (folder, of_role) = role_part(path);
            if of_role.is_some() {
                found.roles.entry(folder).or_default();
            }
            match of_role {
                Some(DEFAULTS) => {
                    let role = found.roles.entry(folder).or_default();
                    roots().for_each(|root| add(path, root, true, &mut role.defaults));
                }
                Some(VARIABLES) => {
                    let role = found.roles.entry(folder).or_default();
                    roots().for_each(|root| add(path, root, true, &mut role.variables));
                }
                Some(TASKS) => {
                    let role = found.roles.entry(folder).or_default();
                    roots().for_each(|root| add_words(root, &mut role.words, 0));
                    roots().for_each(|root| found.plays(path, root, 0));
                }
                _ if in_inventory(path) && !is_trial(path) => {
                    let of_all = path.split(['/', '.']).any(|part| part == ALL_HOSTS);
                    roots().for_each(|root| add(path, root, of_all, &mut found.others));
                }
                _ if is_trial(path) => {}
                _ => roots().for_each(|root| found.plays(path, root, 0)),
            }
        }
        found
    }

    /// Variables that plays and tasks set.
    fn plays(&mut self, path: &'t str, node: &'t YamlNode, depth: usize) {
        if depth > MAX_TASK_DEPTH {
            return;
        }
        for entry in node.entries() {
            let key = entry.key.as_str().unwrap_or_default();
            if SETTING_KEYS.contains(&key) {
                add(path, &entry.value, false, &mut self.others);
            }
        }
        // A list holds plays, tasks or roles; what a role is given stands beside its name.
        for item in node.items() {
            if item.get("role").is_some() {
                add(path, item, false, &mut self.others);
            }
            self.plays(path, item, depth + 1);
        }
        let nested = ["tasks", "pre_tasks", "post_tasks", "roles", "block"];
        for inner in nested.iter().filter_map(|key| node.get(key)) {
            self.plays(path, inner, depth + 1);
        }
    }

    /// The role that a file of texts belongs to.
    fn role_of(&self, path: &str) -> Option<&AnsibleRole<'t>> {
        self.roles.get(folder_of_role(path)?)
    }

    /// The release that the role of a file installs, by the variable that names it or by what its tasks
    /// install.
    pub fn find_installed(
        &self,
        path: &str,
        installs: &[ServerInstall],
    ) -> Option<InstalledRelease> {
        let role = self.role_of(path)?;
        let scope = JinjaScope {
            variables: self,
            role: Some(role),
            locals: BTreeMap::new(),
            lookups: Cell::new(0),
        };
        let named = installs.iter().find_map(|install| {
            let mut names = install.variables.iter();
            names.find_map(|name| {
                let (value, span) = match scope.variable(name)? {
                    Ok(value) => (Ok(value.text), value.far),
                    Err((reason, at)) => (Err(reason), Some(at)),
                };
                Some(InstalledRelease {
                    flavor: install.flavor.clone(),
                    version: value,
                    from_distribution: false,
                    span: span?,
                })
            })
        });
        let written = || {
            let words = role.words.iter();
            let mut found = words.flat_map(|(word, span)| {
                let of_install = move |install: &ServerInstall| {
                    Some(InstalledRelease {
                        flavor: install.flavor.clone(),
                        version: Ok(written_release(word, install)?),
                        from_distribution: false,
                        span: *span,
                    })
                };
                installs.iter().filter_map(of_install)
            });
            found.next()
        };
        named.or_else(written)
    }

    /// Fills in a template; `None` where nothing in it could be, or it is none.
    pub fn fill(&self, path: &str, excerpt: &Excerpt) -> Option<FilledJinja> {
        if !is_template(path) {
            return None;
        }
        let parts = jinja::parse(excerpt.text())?;
        let mut filler = JinjaFiller {
            text: excerpt.text(),
            excerpt,
            builder: excerpt.builder(),
            scope: JinjaScope {
                variables: self,
                role: self.role_of(path),
                locals: BTreeMap::new(),
                lookups: Cell::new(0),
            },
            written: 0,
            filled: Vec::new(),
            files: BTreeSet::new(),
        };
        filler.write(&parts);
        if filler.written > MAX_BYTES || filler.filled.is_empty() {
            return None;
        }
        let mut filled = filler.filled;
        filled.sort_unstable_by_key(|(range, _)| (range.start, range.end));
        filled.dedup();
        let assumed = filled.into_iter().filter(|(_, assumed)| *assumed);
        Some(FilledJinja {
            assumed: assumed.map(|(range, _)| excerpt.span(range)).collect(),
            files: filler.files.into_iter().collect(),
            excerpt: filler.builder.finish(),
        })
    }
}

/// Whether variables of Ansible may say something of a text: it is a template of Jinja, or stands where
/// roles keep their texts.
pub fn may_be_of_role(path: &str) -> bool {
    is_template(path) || folder_of_role(path).is_some()
}

fn is_template(path: &str) -> bool {
    path.ends_with(".j2") || path.ends_with(".jinja2")
}

/// The folder of the role that a text stands in, if it stands in one.
fn folder_of_role(path: &str) -> Option<&str> {
    TEXT_FOLDERS.iter().find_map(|name| {
        let inner = path.strip_prefix(name).filter(|rest| rest.starts_with('/'));
        let outer = path.find(&format!("/{name}/")).map(|at| &path[..at]);
        outer.or(inner.map(|_| ""))
    })
}

/// The folder of the role that a file is a part of, and which part.
fn role_part(path: &str) -> (&str, Option<&str>) {
    let mut folder = path::folder(path);
    // `defaults/main.yml`, `vars/debian/main.yml`
    for _ in 0..2 {
        let (above, name) = path::split(folder);
        if let Some(part) = ROLE_FOLDERS.iter().find(|part| **part == name) {
            return (above, Some(part));
        }
        folder = above;
    }
    (folder, None)
}

/// Whether a file holds variables of a role or of an inventory by its place.
pub fn holds_variables(path: &str) -> bool {
    matches!(role_part(path).1, Some(DEFAULTS | VARIABLES)) || in_inventory(path)
}

fn is_trial(path: &str) -> bool {
    let mut folders = path::folder(path).split('/');
    folders.any(|folder| TEST_FOLDERS.contains(&folder))
}

fn in_inventory(path: &str) -> bool {
    let mut folders = path::folder(path).split('/');
    folders.any(|folder| INVENTORY_FOLDERS.contains(&folder))
}

fn add<'t>(path: &'t str, root: &'t YamlNode, of_all: bool, to: &mut VariablesByName<'t>) {
    for entry in root.entries() {
        if let Some(name) = entry.key.as_str() {
            let value = &entry.value;
            to.entry(name).or_default().push(SetVariable {
                path,
                value,
                of_all,
            });
        }
    }
}

/// A role has no more words that matter.
const MAX_WORDS: usize = 1_000;

/// The words of tasks that hold a figure.
fn add_words<'t>(node: &'t YamlNode, words: &mut Vec<(&'t str, Span)>, depth: usize) {
    if depth > MAX_TASK_DEPTH || words.len() > MAX_WORDS {
        return;
    }
    if let Some(text) = node.as_str() {
        let numbered = |word: &&str| word.contains(|c: char| c.is_ascii_digit());
        let found = text.split_ascii_whitespace().filter(numbered);
        words.extend(found.map(|word| (word, node.span)));
    }
    let values = node.entries().iter().map(|entry| &entry.value);
    for inner in values.chain(node.items()) {
        add_words(inner, words, depth + 1);
    }
}

/// A value as Jinja writes it.
#[derive(Clone, Debug, PartialEq)]
struct JinjaValue {
    text: String,
    /// Where it stands.
    far: Option<Span>,
    holds: bool,
    items: Option<Vec<JinjaValue>>,
    /// A default of the role or of the template, which a play may override.
    assumed: bool,
}

impl JinjaValue {
    fn of_text(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            far: None,
            holds: !text.is_empty(),
            items: None,
            assumed: false,
        }
    }

    fn of_bool(holds: bool) -> Self {
        Self {
            holds,
            ..Self::of_text(if holds { "True" } else { "False" })
        }
    }
}

/// What names mean at a place of a template.
struct JinjaScope<'a, 't> {
    variables: &'a AnsibleVariables<'t>,
    role: Option<&'a AnsibleRole<'t>>,
    /// What loops name.
    locals: BTreeMap<String, JinjaValue>,
    lookups: Cell<usize>,
}

/// A variable that nothing sets is none; one whose value is not known has a place.
type FoundVariable = Option<Result<JinjaValue, (Cause, Span)>>;

impl JinjaScope<'_, '_> {
    fn variable(&self, name: &str) -> FoundVariable {
        self.variable_at(name, &[], 0)
    }

    fn variable_at(&self, name: &str, fields: &[&str], depth: usize) -> FoundVariable {
        if let Some(local) = self.locals.get(name).filter(|_| fields.is_empty()) {
            return Some(Ok(local.clone()));
        }
        let others = self.variables.others.get(name);
        self.lookups
            .set(self.lookups.get() + 1 + others.map_or(0, Vec::len));
        let first = |variables: &VariablesByName<'_>| -> Option<(Span, Result<JinjaValue, Cause>)> {
            let set = variables.get(name)?.last()?;
            let value = fields
                .iter()
                .try_fold(set.value, |node, field| node.get(field))?;
            Some((value.span, self.value(value, depth)))
        };
        let found = |(span, value): (Span, Result<JinjaValue, Cause>), assumed: bool| {
            let value = value.map(|value| JinjaValue { assumed, ..value });
            value.map_err(|reason| (reason, span))
        };
        if let Some(own) = self.role.and_then(|role| first(&role.variables)) {
            return Some(found(own, false));
        }
        let default = self.role.and_then(|role| first(&role.defaults));
        let Some(over) = others.and_then(|_| first(&self.variables.others)) else {
            return default.map(|default| found(default, true));
        };
        let set: Vec<&SetVariable<'_>> = others.into_iter().flatten().collect();
        let is_same = |one: &&&SetVariable<'_>| one.value.to_json() != set[0].value.to_json();
        let differs = set.iter().find(is_same);
        let is_default = default.as_ref().is_none_or(|(_, value)| {
            let text = |value: &Result<JinjaValue, Cause>| value.clone().ok().map(|v| v.text);
            text(value) == text(&over.1)
        });
        let for_all = is_default || set.iter().any(|one| one.of_all);
        match (differs, for_all) {
            (None, true) => Some(found(over, false)),
            (other, _) => {
                let reason = Cause::Named {
                    name: other.unwrap_or(&set[0]).path.to_owned(),
                    fact: "gives it another value",
                };
                Some(Err((reason, over.0)))
            }
        }
    }

    fn value(&self, node: &YamlNode, depth: usize) -> Result<JinjaValue, Cause> {
        let unknown = || Err(Cause::Template("fills it in"));
        if node.is_seq() {
            let items = node.items().iter().map(|item| self.value(item, depth));
            let items: Vec<JinjaValue> = items.collect::<Result<_, _>>()?;
            return Ok(JinjaValue {
                holds: !items.is_empty(),
                items: Some(items),
                ..JinjaValue::of_text("")
            });
        }
        let Some(scalar) = node.scalar() else {
            return unknown();
        };
        let text = scalar.value().text();
        let is_spent = depth > MAX_DEPTH || self.lookups.get() > MAX_LOOKUPS;
        if text.contains("{%") || is_spent || node.is_null() {
            return unknown();
        }
        let far = Some(scalar.value().span_all());
        if text.contains("{{") {
            let filled = self
                .fill_in(text, depth + 1)
                .ok_or(Cause::Template("fills it in"))?;
            return Ok(JinjaValue {
                far,
                ..JinjaValue::of_text(&filled)
            });
        }
        let is_plain = scalar.style() == ScalarStyle::Plain;
        let value = match node.as_bool().filter(|_| is_plain) {
            Some(holds) => JinjaValue::of_bool(holds),
            None => JinjaValue {
                holds: !(text.is_empty() || is_plain && text == "0"),
                ..JinjaValue::of_text(text)
            },
        };
        Ok(JinjaValue { far, ..value })
    }

    /// A value that is made of others.
    fn fill_in(&self, text: &str, depth: usize) -> Option<String> {
        let mut out = String::new();
        for part in jinja::parse(text)? {
            match part {
                JinjaPart::Text(range) => out.push_str(&text[range]),
                JinjaPart::Output { code, .. } => {
                    out.push_str(&self.evaluate(&text[code], depth)?.text);
                }
                _ => return None,
            }
            if out.len() > MAX_VALUE_BYTES {
                return None;
            }
        }
        Some(out)
    }

    /// What an expression comes to; `None` where that is not known.
    fn evaluate(&self, code: &str, depth: usize) -> Option<JinjaValue> {
        let mut parts = split(code, "|").into_iter();
        let operand = parts.next()?.trim();
        let mut value = self.operand(operand, depth)?;
        for filter in parts {
            value = self.apply_filter(value, filter.trim(), depth)?;
        }
        value
    }

    /// A literal, or a variable with its fields; the inner `None` is a variable that nothing sets.
    fn operand(&self, code: &str, depth: usize) -> Option<Option<JinjaValue>> {
        if let Some(text) = parse_quoted(code) {
            return Some(Some(JinjaValue::of_text(text)));
        }
        match code {
            "true" | "True" => return Some(Some(JinjaValue::of_bool(true))),
            "false" | "False" => return Some(Some(JinjaValue::of_bool(false))),
            _ if !code.is_empty() && code.bytes().all(|b| b.is_ascii_digit()) => {
                return Some(Some(JinjaValue {
                    holds: code != "0",
                    ..JinjaValue::of_text(code)
                }));
            }
            _ => {}
        }
        let spelled = code.replace("['", ".").replace("[\"", ".");
        let spelled = spelled.replace("']", "").replace("\"]", "");
        let is_name = |part: &str| {
            let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
            part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && part.chars().all(is_part)
        };
        let names: Vec<&str> = spelled.split('.').collect();
        if !names.iter().all(|name| is_name(name)) {
            return None;
        }
        match self.variable_at(names[0], &names[1..], depth + 1) {
            None => Some(None),
            Some(Ok(value)) => Some(Some(value)),
            Some(Err(_)) => None,
        }
    }

    fn apply_filter(
        &self,
        value: Option<JinjaValue>,
        filter: &str,
        depth: usize,
    ) -> Option<Option<JinjaValue>> {
        let (name, arguments) = match filter.split_once('(') {
            Some((name, rest)) => (name.trim(), rest.strip_suffix(')')?),
            None => (filter, ""),
        };
        let changed = |change: fn(&str) -> String| {
            let value = value.clone()?;
            Some(JinjaValue {
                text: change(&value.text),
                ..value
            })
        };
        match name {
            "default" | "d" => {
                let mut arguments = split(arguments, ",").into_iter().map(str::trim);
                let otherwise = arguments.next()?;
                let or_false = arguments.next().is_some_and(|word| word.ends_with("rue"));
                if value.as_ref().is_some_and(|value| value.holds || !or_false) {
                    return Some(value);
                }
                let otherwise = self.evaluate(otherwise, depth + 1)?;
                Some(Some(JinjaValue {
                    assumed: true,
                    ..otherwise
                }))
            }
            "string" | "int" => Some(value),
            "lower" => Some(changed(str::to_lowercase)),
            "upper" => Some(changed(str::to_uppercase)),
            "trim" => Some(changed(|text| text.trim().to_owned())),
            "join" => {
                let items = value?.items?;
                let texts: Vec<String> = items.into_iter().map(|item| item.text).collect();
                Some(Some(JinjaValue::of_text(
                    &texts.join(parse_quoted(arguments).unwrap_or("")),
                )))
            }
            _ => None,
        }
    }

    /// Whether a condition holds; `None` where that is not known. The second says that it hangs on a
    /// default.
    fn holds(&self, code: &str) -> Option<(bool, bool)> {
        let code = code.trim();
        for (word, ends) in [(" or ", true), (" and ", false)] {
            let parts = split(code, word);
            if parts.len() > 1 {
                let known: Option<Vec<(bool, bool)>> =
                    parts.iter().map(|part| self.holds(part)).collect();
                let known = known?;
                let assumed = known.iter().any(|(_, assumed)| *assumed);
                let holds = known.iter().any(|(holds, _)| *holds == ends) == ends;
                return Some((holds, assumed));
            }
        }
        if let Some(rest) = code.strip_prefix("not ") {
            let (holds, assumed) = self.holds(rest)?;
            return Some((!holds, assumed));
        }
        for (test, expected) in [(" is not defined", false), (" is defined", true)] {
            if let Some(name) = code.strip_suffix(test) {
                // Nothing of the tree sets it: an inventory elsewhere may.
                let value = self.operand(name.trim(), 0)??;
                return Some((expected, value.assumed));
            }
        }
        for (sign, expected) in [("==", true), ("!=", false)] {
            if let [left, right] = split(code, sign)[..] {
                let (left, right) = (self.evaluate(left, 0)?, self.evaluate(right, 0)?);
                let assumed = left.assumed || right.assumed;
                return Some(((left.text == right.text) == expected, assumed));
            }
        }
        let value = self.evaluate(code, 0)?;
        Some((value.holds, value.assumed))
    }
}

/// The text between quotes, if it is one literal.
fn parse_quoted(code: &str) -> Option<&str> {
    let code = code.trim();
    ["'", "\""].iter().find_map(|mark| {
        let inner = code.strip_prefix(mark)?.strip_suffix(mark)?;
        (!inner.contains(mark)).then_some(inner)
    })
}

/// Parts between separators that stand outside of quotes and brackets.
fn split<'c>(code: &'c str, separator: &str) -> Vec<&'c str> {
    let mut parts = Vec::new();
    let (mut start, mut open, mut quote) = (0, 0_usize, None);
    for (at, c) in code.char_indices() {
        match (quote, c) {
            (Some(mark), _) if c == mark => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => open += 1,
            (None, ')' | ']' | '}') => open = open.saturating_sub(1),
            _ if open == 0 && at >= start && code[at..].starts_with(separator) => {
                parts.push(&code[start..at]);
                start = at + separator.len();
            }
            _ => {}
        }
    }
    parts.push(&code[start..]);
    parts
}

struct JinjaFiller<'a, 't> {
    text: &'a str,
    excerpt: &'a Excerpt,
    builder: ExcerptBuilder<'a>,
    scope: JinjaScope<'a, 't>,
    written: usize,
    /// What was filled in, and whether a default did.
    filled: Vec<(Range<usize>, bool)>,
    files: BTreeSet<FileId>,
}

impl JinjaFiller<'_, '_> {
    fn write(&mut self, parts: &[JinjaPart]) {
        for part in parts {
            self.written += 1;
            if self.written > MAX_BYTES {
                return;
            }
            match part {
                JinjaPart::Output { range, code } => {
                    let value = self.scope.evaluate(&self.text[code.clone()], 0);
                    match value.filter(|value| value.items.is_none()) {
                        Some(value) => self.put(&value, range.clone()),
                        None => self.keep(range.clone()),
                    }
                }
                JinjaPart::Choice { range, branches } => {
                    let mut assumed = false;
                    let chosen = branches.iter().find_map(|branch| {
                        let Some(condition) = &branch.condition else {
                            return Some(Some(&branch.body));
                        };
                        match self.scope.holds(&self.text[condition.clone()]) {
                            None => Some(None),
                            Some((holds, by_default)) => {
                                assumed |= by_default;
                                holds.then_some(Some(&branch.body))
                            }
                        }
                    });
                    match chosen {
                        Some(None) => self.open(range.clone(), branches.iter().map(|b| &b.body)),
                        chosen => {
                            self.filled.push((range.clone(), assumed));
                            if let Some(body) = chosen.flatten() {
                                self.write(body);
                            }
                        }
                    }
                }
                JinjaPart::Loop { range, code, body } => self.repeat(range, code, body),
                JinjaPart::Text(range) | JinjaPart::Other(range) => self.keep(range.clone()),
            }
        }
    }

    fn put(&mut self, value: &JinjaValue, range: Range<usize>) {
        self.written += value.text.len();
        // What the template itself says in an expression cannot be written anew there either.
        let far = value
            .far
            .unwrap_or_else(|| self.excerpt.span(range.clone()));
        self.builder
            .push_from(&value.text, range.clone(), Some(far));
        if value.assumed {
            self.files.extend(value.far.map(|far| far.file));
        }
        self.filled.push((range, value.assumed));
    }

    fn keep(&mut self, range: Range<usize>) {
        self.written += range.len();
        self.builder.push(range);
    }

    /// A block whose condition is not known: its statements stay, what stands between them is filled in.
    fn open<'p>(&mut self, range: Range<usize>, bodies: impl Iterator<Item = &'p Vec<JinjaPart>>) {
        let mut at = range.start;
        for body in bodies {
            let start = body.first().map(|part| part.range().start);
            if let Some(start) = start {
                self.keep(at..start);
                self.write(body);
                at = body.last().map_or(start, |part| part.range().end);
            }
        }
        self.keep(at..range.end);
    }

    fn repeat(&mut self, range: &Range<usize>, code: &Range<usize>, body: &[JinjaPart]) {
        let words = self.text[code.clone()].split_once(" in ");
        let known = words.and_then(|(name, list)| {
            let value = self.scope.evaluate(list, 0)?;
            let items = value.items.filter(|items| items.len() <= MAX_ITEMS)?;
            Some((name.trim().to_owned(), items, value.assumed))
        });
        let Some((name, items, assumed)) = known else {
            // What the loop names is not known in it.
            return self.keep(range.clone());
        };
        self.filled.push((range.clone(), assumed));
        for item in items {
            let item = JinjaValue { assumed, ..item };
            let before = self.scope.locals.insert(name.clone(), item);
            self.write(body);
            match before {
                Some(before) => self.scope.locals.insert(name.clone(), before),
                None => self.scope.locals.remove(&name),
            };
        }
    }
}

//! A rule file's tree to a [`RuleDraft`]: every text with its place, nothing compiled.

use crate::facts::estate::SubjectKind;
use crate::facts::intent::FixSafety;
use crate::finding::Severity;
use crate::load::LoadError;
use crate::load::rules::form::{MappingReader, excerpt, one_or_many};
use crate::policy::rule_source::{
    CaseDraft, EditDraft, FixDraft, LabelDraft, LoneSettings, OperationDraft, PerFileDraft,
    RuleDraft, TextVariant,
};
use crate::policy::{FormerId, RuleDocs, RuleProfile};
use crate::source::Excerpt;
use crate::syntax::yaml::YamlNode;

/// What a rule file holds.
pub(super) enum RuleFile {
    Rule(Box<RuleDraft>),
    /// An id that a rule had before.
    Former(FormerId),
}

/// The keys beside `replaced_by`.
const OF_A_FORMER: [&str; 3] = ["id", "title", "replaced_by"];

/// The keys of a bundle: conditions, places and fixes are those of its members.
const OF_A_BUNDLE: [&str; 14] = [
    "id",
    "title",
    "subject",
    "severity",
    "profile",
    "preview",
    "non_waivable",
    "bundle",
    "needs",
    "otherwise",
    "message",
    "help",
    "consequence",
    "docs",
];

const BUNDLE_HELP: &str =
    "a bundle reports what its members find: conditions, places and fixes are theirs";

/// Reads a rule file; `None` after a mistake, which is noted. `profile` is that of a rule which names
/// none.
pub(super) fn read(
    root: &YamlNode,
    profile: Option<RuleProfile>,
    errors: &mut Vec<LoadError>,
) -> Option<RuleFile> {
    let before = errors.len();
    duplicates(root, errors);
    if root.get("bundle").is_some() {
        foreign_keys(root, "a bundle", &OF_A_BUNDLE, BUNDLE_HELP, errors);
    }
    let file = match root.get("replaced_by") {
        Some(_) => former(root, errors).map(RuleFile::Former),
        None => draft(root, profile, errors).map(|draft| RuleFile::Rule(Box::new(draft))),
    };
    file.filter(|_| errors.len() == before)
}

fn foreign_keys(
    root: &YamlNode,
    what: &str,
    known: &[&str],
    help: &str,
    errors: &mut Vec<LoadError>,
) {
    for entry in root.entries() {
        let key = entry.key.as_str().unwrap_or_default();
        if !known.contains(&key) {
            let message = format!("{what} cannot have `{key}`");
            errors.push(LoadError::new(entry.key.span, message).with_help(help));
        }
    }
}

fn former(root: &YamlNode, errors: &mut Vec<LoadError>) -> Option<FormerId> {
    let help = "it is only an alias for another rule: keep `id`, `title` and `replaced_by`";
    foreign_keys(root, "a replaced rule", &OF_A_FORMER, help, errors);
    let mut form = MappingReader::new(root, errors);
    let (id, replaced_by) = (form.required("id"), form.required("replaced_by"));
    Some(FormerId {
        id: id?,
        replaced_by: replaced_by?,
    })
}

fn draft(
    root: &YamlNode,
    default_profile: Option<RuleProfile>,
    errors: &mut Vec<LoadError>,
) -> Option<RuleDraft> {
    let mut form = MappingReader::new(root, errors);
    let id = form.required("id");
    let title = form.required("title");
    let subject = form.word("subject", subject_named);
    let severity = form.word("severity", Severity::from_word);
    let profile = form.word("profile", RuleProfile::from_word);
    let bundle = form.excerpts("bundle");
    let is_bundle = root.get("bundle").is_some();
    let assert = if is_bundle {
        form.excerpt("assert")
    } else {
        form.required("assert")
    };
    let needs = form.excerpts("needs");
    let otherwise = form.word("otherwise", LoneSettings::from_word);
    let params = form.params("params");
    let audience = form.excerpt("audience");
    let when = form.excerpt("when");
    Some(RuleDraft {
        id: id?.text().trim().to_owned(),
        title: title?.text().trim().to_owned(),
        subject: subject?,
        severity: severity?,
        profile: profile.or(default_profile).unwrap_or_default(),
        audience,
        preview: flag(root, "preview"),
        non_waivable: flag(root, "non_waivable"),
        params,
        lets: read_named_texts(root.get("let")),
        when,
        assert: if is_bundle { None } else { Some(assert?) },
        bundle,
        needs,
        otherwise: otherwise.unwrap_or_default(),
        yields_to: variants(root.get("yields_to"), "rule", errors),
        cases: cases(root.get("cases"), errors),
        message: variants(root.get("message"), "text", errors),
        help: variants(root.get("help"), "text", errors),
        consequence: variants(root.get("consequence"), "name", errors),
        at: variants(root.get("at"), "at", errors),
        labels: labels(root.get("labels"), errors),
        fixes: fixes(root.get("fix"), errors),
        per_file: root.get("per_file").and_then(|said| per_file(said, errors)),
        docs: root
            .get("docs")
            .map(|d| docs(d, errors))
            .unwrap_or_default(),
    })
}

fn flag(root: &YamlNode, key: &str) -> bool {
    root.get(key).and_then(YamlNode::as_bool).unwrap_or(false)
}

/// A key that is written twice would silently lose its first value.
fn duplicates(node: &YamlNode, errors: &mut Vec<LoadError>) {
    let entries = node.entries();
    for (i, entry) in entries.iter().enumerate() {
        let key = entry.key.as_str();
        if entries[..i].iter().any(|e| e.key.as_str() == key) {
            let message = format!("duplicate key `{}`", key.unwrap_or_default());
            errors.push(LoadError::new(entry.key.span, message));
        }
        duplicates(&entry.value, errors);
    }
    for item in node.items() {
        duplicates(item, errors);
    }
}

pub(super) fn subject_named(word: &str) -> Option<SubjectKind> {
    SubjectKind::ALL
        .into_iter()
        .find(|kind| kind.as_str() == word)
}

fn safety_named(word: &str) -> Option<FixSafety> {
    match word {
        "safe" => Some(FixSafety::Safe),
        "unsafe" => Some(FixSafety::Unsafe),
        _ => None,
    }
}

/// The entries of a mapping from names to texts, in order.
fn read_named_texts(node: Option<&YamlNode>) -> Vec<(String, Excerpt)> {
    let entries = node.map_or(&[][..], YamlNode::entries);
    entries
        .iter()
        .filter_map(|e| Some((e.key.as_str()?.to_owned(), excerpt(&e.value)?)))
        .collect()
}

/// A text, or a list of `{ when, KEY }`.
fn variants(node: Option<&YamlNode>, key: &str, errors: &mut Vec<LoadError>) -> Vec<TextVariant> {
    let items = one_or_many(node).iter();
    items
        .filter_map(|item| variant(item, key, errors))
        .collect()
}

fn variant(node: &YamlNode, key: &str, errors: &mut Vec<LoadError>) -> Option<TextVariant> {
    if let Some(text) = excerpt(node) {
        return Some(TextVariant { when: None, text });
    }
    let mut form = MappingReader::new(node, errors);
    let text = form.required(key)?;
    let when = form.excerpt("when");
    Some(TextVariant { when, text })
}

fn cases(node: Option<&YamlNode>, errors: &mut Vec<LoadError>) -> Vec<CaseDraft> {
    let items = node.map_or(&[][..], YamlNode::items).iter();
    items.filter_map(|item| case(item, errors)).collect()
}

fn case(node: &YamlNode, errors: &mut Vec<LoadError>) -> Option<CaseDraft> {
    let mut form = MappingReader::new(node, errors);
    let message = form.required("message")?;
    Some(CaseDraft {
        when: form.excerpt("when"),
        profile: form
            .word("profile", RuleProfile::from_word)
            .unwrap_or_default(),
        help: form.excerpt("help"),
        at: form.excerpt("at"),
        fixes: fixes(node.get("fix"), errors),
        message,
    })
}

fn labels(node: Option<&YamlNode>, errors: &mut Vec<LoadError>) -> Vec<LabelDraft> {
    let items = node.map_or(&[][..], YamlNode::items).iter();
    items.filter_map(|item| label(item, errors)).collect()
}

fn label(node: &YamlNode, errors: &mut Vec<LoadError>) -> Option<LabelDraft> {
    let mut form = MappingReader::new(node, errors);
    let at = form.required("at");
    let text = form.required("text");
    let when = form.excerpt("when");
    Some(LabelDraft {
        when,
        each: read_named_texts(node.get("each")).into_iter().next(),
        at: at?,
        text: text?,
    })
}

fn fixes(node: Option<&YamlNode>, errors: &mut Vec<LoadError>) -> Vec<FixDraft> {
    let items = one_or_many(node).iter();
    items.filter_map(|item| fix(item, errors)).collect()
}

fn fix(node: &YamlNode, errors: &mut Vec<LoadError>) -> Option<FixDraft> {
    let mut form = MappingReader::new(node, errors);
    let safety = form.word("safety", safety_named);
    let title = form.excerpt("title");
    let when = form.excerpt("when");
    let edits = match node.get("edits") {
        None => operation(node, errors).map(|operation| {
            let when = None;
            vec![EditDraft { when, operation }]
        })?,
        Some(list) => {
            let items = list.items().iter();
            items.filter_map(|item| edit(item, errors)).collect()
        }
    };
    if safety.is_none() && node.get("safety").is_none() {
        errors.push(LoadError::new(node.span.before(), "missing key `safety`"));
    }
    Some(FixDraft {
        when,
        safety: safety?,
        title,
        edits,
    })
}

fn edit(node: &YamlNode, errors: &mut Vec<LoadError>) -> Option<EditDraft> {
    let when = MappingReader::new(node, errors).excerpt("when");
    let operation = operation(node, errors)?;
    Some(EditDraft { when, operation })
}

/// The one operation that a fix or an edit holds.
fn operation(node: &YamlNode, errors: &mut Vec<LoadError>) -> Option<OperationDraft> {
    let mut form = MappingReader::new(node, errors);
    if let Some(path) = form.excerpt("set") {
        let to = form.required("to")?;
        return Some(OperationDraft::Set { path, to });
    }
    if let Some(path) = form.excerpt("rename") {
        let to = form.required("to")?;
        return Some(OperationDraft::Rename { path, to });
    }
    if let Some(path) = form.excerpt("remove") {
        return Some(OperationDraft::Remove { path });
    }
    if let Some(path) = form.excerpt("move_above") {
        return Some(OperationDraft::MoveAbove { path });
    }
    let message = "missing one of `set`, `rename`, `remove`, `move_above`";
    form.errors
        .push(LoadError::new(node.span.before(), message));
    None
}

fn per_file(node: &YamlNode, errors: &mut Vec<LoadError>) -> Option<PerFileDraft> {
    let mut form = MappingReader::new(node, errors);
    let (item, message) = (form.required("item"), form.required("message"));
    Some(PerFileDraft {
        help: form.excerpt("help"),
        item: item?,
        message: message?,
    })
}

fn docs(node: &YamlNode, errors: &mut Vec<LoadError>) -> RuleDocs {
    let form = MappingReader::new(node, errors);
    let text = |key| form.text(key).unwrap_or_default();
    RuleDocs {
        why: text("why"),
        impact: text("impact"),
        verify: text("verify"),
        rollback: text("rollback"),
        references: form.texts("references").unwrap_or_default(),
    }
}

//! Rule packs: a folder of YAML files, one rule each, and `pack.yaml`.
//!
//! The built-in pack is embedded and taken on trust: tests validate and compile all of it, so a run
//! does not. Users' packs go through the schema first, then through the reader, then every
//! expression is compiled against the vocabulary; one run reports all mistakes of a pack.

mod form;
mod pack;
mod rule;
mod schema;

use std::collections::HashMap;
use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
use rayon::prelude::*;

use crate::facts::vocabulary::Vocabulary;
use crate::load::LoadError;
use crate::policy::{CompiledRule, FormerId, RuleMistake, RulePack, RuleSet, glob};
use crate::source::{Excerpt, FileId, SourceFile, Sources, Span};
use crate::syntax::yaml::{self, YamlNode};

use rule::RuleFile;

pub use schema::{PACK_SCHEMA, RULE_SCHEMA};

/// The pack that redvet comes with.
static BUILTIN: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/rules");

/// The trees of its files, as `build.rs` wrote them.
static PARSED: Dir<'static> = include_dir!("$OUT_DIR/rules");

/// What the pack that redvet comes with is called.
pub const BUILTIN_PACK: &str = "redvet";

/// The file of a pack that is about the pack.
pub const PACK_FILE: &str = "pack.yaml";

/// How far a pack is believed.
#[derive(Clone, Copy, Debug)]
pub enum PackTrust<'a> {
    /// Ours, and proven by tests: parsed when redvet is built, no schema, expressions compiled when they
    /// are first needed.
    Proven,
    /// Somebody's: everything is checked now.
    Checked(&'a Vocabulary),
}

/// The files of a pack, with their paths under its folder.
#[derive(Clone, Copy, Debug)]
pub struct PackFiles<'a> {
    /// What the pack is called if `pack.yaml` does not say: the folder's name.
    pub name: &'a str,
    pub files: &'a [(FileId, String)],
    pub sources: &'a Sources,
}

/// The built-in pack's texts, its rules and its mistakes, of which a test sees to it that there are
/// none.
#[derive(Debug)]
pub struct BuiltinPack {
    pub sources: Sources,
    pub rules: RuleSet,
    pub errors: Vec<LoadError>,
}

/// Reads the built-in pack.
pub fn builtin() -> BuiltinPack {
    load_builtin(PackTrust::Proven)
}

/// The built-in pack, read with the given trust: a test checks it like a user's.
pub fn load_builtin(trust: PackTrust<'_>) -> BuiltinPack {
    let mut sources = Sources::default();
    let mut files = Vec::new();
    embedded(&BUILTIN, ".yaml", &mut |path, text| {
        let id = sources.add(SourceFile::new(path, text));
        files.push((id, path.to_owned()));
    });
    let mut rules = RuleSet::default();
    let pack = PackFiles {
        name: BUILTIN_PACK,
        files: &files,
        sources: &sources,
    };
    let errors = load_pack(&mut rules, pack, trust).err().unwrap_or_default();
    BuiltinPack {
        sources,
        rules,
        errors,
    }
}

/// The files of an embedded folder with an ending, in a fixed order.
fn embedded(
    dir: &'static Dir<'static>,
    ending: &str,
    f: &mut impl FnMut(&'static str, &'static str),
) {
    let mut files: Vec<_> = dir.files().collect();
    files.sort_by_key(|file| file.path());
    for file in files {
        let path = file.path().to_str().filter(|p| p.ends_with(ending));
        if let (Some(path), Some(text)) = (path, file.contents_utf8()) {
            f(path, text);
        }
    }
    let mut dirs: Vec<_> = dir.dirs().collect();
    dirs.sort_by_key(|dir| dir.path());
    for dir in dirs {
        embedded(dir, ending, f);
    }
}

/// Adds a pack to the rules that are there already: audiences may come from any of them, and an id
/// may be taken only once. On an error the set is not to be used.
pub fn load_pack(
    rules: &mut RuleSet,
    pack: PackFiles<'_>,
    trust: PackTrust<'_>,
) -> Result<(), Vec<LoadError>> {
    let mut loader = PackLoader {
        sources: pack.sources,
        trust,
        errors: Vec::new(),
    };
    let about = loader.pack(pack);
    let files: Vec<_> = pack
        .files
        .iter()
        .filter(|(_, path)| path != PACK_FILE)
        .collect();
    let read = files.par_iter().map(|(file, path)| {
        let mut own = PackLoader {
            errors: Vec::new(),
            ..loader
        };
        let rule = own.file(*file, path, &about);
        (rule, own.errors)
    });
    let read: Vec<_> = read.collect();
    let mut drafts = Vec::new();
    let mut former = Vec::new();
    for (rule, mut errors) in read {
        loader.errors.append(&mut errors);
        match rule {
            Some((RuleFile::Rule(draft), id_at)) => drafts.push(LocatedRule {
                rule: CompiledRule::new(*draft, &about.name),
                id_at,
            }),
            Some((RuleFile::Former(one), _)) => former.push(one),
            None => {}
        }
    }
    loader.add(rules, about, drafts, &former);
    if loader.errors.is_empty() {
        return Ok(());
    }
    loader.errors.sort_by_key(|error| error.span);
    loader.errors.dedup();
    Err(loader.errors)
}

/// The trees of the built-in pack, by their files without the ending.
static TREES: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    let mut trees = HashMap::new();
    embedded(&PARSED, ".json", &mut |path, json| {
        trees.insert(path.trim_end_matches(".json"), json);
    });
    trees
});

/// The tree of a file of ours.
fn parsed_tree(path: &str) -> Option<YamlNode> {
    yaml::decode(TREES.get(path.trim_end_matches(".yaml"))?)
}

/// A rule that was read, and where its id stands.
struct LocatedRule {
    rule: CompiledRule,
    id_at: Span,
}

const NEEDS_QUOTES: &str =
    "inside `{ }` and `[ ]` an expression with brackets must be quoted: 'server.conf[\"NAME\"]'";

struct PackLoader<'a> {
    sources: &'a Sources,
    trust: PackTrust<'a>,
    errors: Vec<LoadError>,
}

impl PackLoader<'_> {
    fn pack(&mut self, files: PackFiles<'_>) -> RulePack {
        let file = files.files.iter().find(|(_, path)| path == PACK_FILE);
        let found = file.and_then(|(file, _)| {
            let root = self.document(*file, PACK_SCHEMA)?;
            pack::read(&root, &mut self.errors)
        });
        let mut pack = found.unwrap_or_default();
        if pack.name.is_empty() {
            files.name.clone_into(&mut pack.name);
        }
        pack
    }

    fn file(&mut self, file: FileId, path: &str, pack: &RulePack) -> Option<(RuleFile, Span)> {
        let root = self.document(file, RULE_SCHEMA)?;
        let read = rule::read(&root, pack.profile, &mut self.errors)?;
        let id = root.get("id");
        let (at, id) = (
            id.map_or(root.span, |id| id.span),
            id.and_then(YamlNode::as_str).unwrap_or_default().trim(),
        );
        let expected = path.strip_suffix(".yaml").unwrap_or(path);
        if id != expected {
            let message = format!("the id is `{id}`, but the path requires `{expected}`");
            let error = LoadError::new(at, message);
            let help = "a rule id is the path under the pack's folder without `.yaml`";
            self.errors.push(error.with_help(help));
        }
        let inside = |space: &String| id.strip_prefix(space.as_str())?.strip_prefix('/');
        if let (Some(space), RuleFile::Rule(_)) = (&pack.namespace, &read)
            && inside(space).is_none()
        {
            let message = format!("`{id}` is outside the pack's namespace `{space}`");
            let help = format!("move the file to `{space}/{id}.yaml` and change the id to match");
            self.errors
                .push(LoadError::new(at, message).with_help(help));
        }
        Some((read, at))
    }

    /// The one document of a file, if it has no mistake of form.
    fn document(&mut self, file: FileId, schema: &str) -> Option<YamlNode> {
        if let PackTrust::Proven = self.trust
            && let Some(tree) = parsed_tree(self.sources.get(file).path())
        {
            return Some(tree);
        }
        let text = self.sources.get(file).text();
        let stream = yaml::parse(&Excerpt::whole(file, text.clone()));
        let before = self.errors.len();
        for error in stream.errors {
            let mistake = LoadError::new(error.span, error.message);
            self.errors.push(match self.needs_quotes(error.span) {
                true => mistake.with_help(NEEDS_QUOTES),
                false => mistake,
            });
        }
        // What the rest of a torn file lacks is no mistake of its author.
        if self.errors.len() > before {
            return None;
        }
        let mut documents = stream.documents.into_iter();
        let Some(document) = documents.next() else {
            let at = Span::new(file, 0, 0);
            self.errors.push(LoadError::new(at, "the file is empty"));
            return None;
        };
        if let Some(other) = documents.next() {
            let message = "a rule file must contain exactly one YAML document";
            self.errors
                .push(LoadError::new(other.span.before(), message));
        }
        if matches!(self.trust, PackTrust::Checked(_)) {
            schema::check(&document.root, schema, &mut self.errors);
        }
        (self.errors.len() == before).then_some(document.root)
    }

    /// Whether a line mixes braces of YAML with brackets of an expression.
    fn needs_quotes(&self, at: Span) -> bool {
        let file = self.sources.get(at.file);
        let line = file.line_range(file.line_of(at.start as usize));
        let line = file.text().get(line).unwrap_or_default();
        line.contains(['{', '[']) && line.contains("[\"")
    }

    fn add(
        &mut self,
        rules: &mut RuleSet,
        pack: RulePack,
        drafts: Vec<LocatedRule>,
        former: &[FormerId],
    ) {
        let name = pack.name.clone();
        let (drafts, taken): (Vec<LocatedRule>, Vec<LocatedRule>) = drafts
            .into_iter()
            .partition(|draft| rules.get(draft.rule.id()).is_none());
        for draft in taken {
            let id = draft.rule.id();
            let pack = rules.get(id).map_or("", |rule| rule.pack.as_str());
            let message = format!("rule `{id}` is also defined in pack `{pack}`");
            let help = "choose another id, or set a namespace in pack.yaml";
            self.errors
                .push(LoadError::new(draft.id_at, message).with_help(help));
        }
        let drafts: Vec<CompiledRule> = drafts.into_iter().map(|draft| draft.rule).collect();
        let ids: Vec<String> = drafts.iter().map(|r| r.id().to_owned()).collect();
        if let Err(mistakes) = rules.add(pack, drafts) {
            self.errors
                .extend(mistakes.into_iter().map(LoadError::from));
        }
        let mistakes = rules.add_former(former).err();
        self.errors
            .extend(mistakes.into_iter().flatten().map(LoadError::from));
        let PackTrust::Checked(vocabulary) = self.trust else {
            return;
        };
        let own = rules.packs().iter().filter(|p| p.name == name);
        let audiences = own.flat_map(|p| p.audiences.values());
        let mut mistakes: Vec<_> = audiences
            .filter_map(|a| a.check(vocabulary).err())
            .flatten()
            .collect();
        for rule in ids.iter().filter_map(|id| rules.get(id)) {
            mistakes.extend(empty_patterns(rule, rules));
            mistakes.extend(rule.compile(Some(vocabulary)).err().into_iter().flatten());
        }
        self.errors
            .extend(mistakes.into_iter().map(LoadError::from));
    }
}

/// A member of a bundle that is no rule would silently be missing from it.
fn empty_patterns(bundle: &CompiledRule, rules: &RuleSet) -> Vec<RuleMistake> {
    let members = bundle.draft.bundle.iter();
    let mistake = |member: &Excerpt| {
        let pattern = member.text().trim();
        let wrong = match glob(pattern) {
            Err(why) => format!("invalid pattern `{pattern}`: {why}"),
            Ok(glob) if rules.rules().any(|rule| glob.is_match(rule.id())) => return None,
            Ok(_) => format!("unknown rule `{pattern}`"),
        };
        let mistake = RuleMistake::new(member.span_all(), wrong);
        Some(match rules.help_for(pattern) {
            Some(help) => mistake.with_help(help),
            None => mistake,
        })
    };
    members.filter_map(mistake).collect()
}

#[cfg(test)]
mod tests;

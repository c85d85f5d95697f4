//! What of other packages is parsed: the declarations that the code of a package reaches by their names.
//!
//! A declaration is kept where its name stands in code that is kept: in its own package, or behind the
//! name of an import; a method wherever its name stands behind a dot. All of one name are kept together,
//! and names in comments and texts count, so nothing that the code may mean is left out. Methods whose name
//! several types of a package have are never followed, so they are not needed. What a name means is left
//! to `extract::code`, and what the files hold beside what is kept is still there for it as their whole
//! text.

use std::collections::{BTreeMap, BTreeSet};

use super::GoFile;
use super::declarations::{GoDeclaration, find_declarations, find_long_body, is_name_byte};
use super::program::imports_of;
use crate::source::Excerpt;

/// A file, or what is parsed of it.
pub(super) struct OtherGoFile {
    pub(super) path: String,
    pub(super) excerpt: Excerpt,
    /// All of the file.
    pub(super) whole: Excerpt,
}

/// A package of which something may be needed.
pub(super) struct AskedGoPackage<'t> {
    /// What code imports it by.
    pub(super) path: &'t str,
    pub(super) files: &'t [GoFile],
    /// It deals in clients: its long functions are followed, too.
    pub(super) of_clients: bool,
}

/// What is parsed of each file of the packages, when the files in `own` are read.
pub(super) fn cut_to_needed(
    own: &[&GoFile],
    packages: &[AskedGoPackage<'_>],
) -> Vec<Vec<OtherGoFile>> {
    let mut search = DeclarationSearch::new(packages);
    for file in own {
        let text = file.excerpt.text();
        let imports = search.list_imports(text);
        search.read(text, &imports, None);
    }
    search.follow();
    let DeclarationSearch { files, kept, .. } = search;
    let mut cut: Vec<Vec<OtherGoFile>> = packages.iter().map(|_| Vec::new()).collect();
    for (number, file) in files.iter().enumerate() {
        let wanted = |at: usize| kept.contains(&DeclarationAt { file: number, at });
        let of_clients = packages[file.package].of_clients;
        cut[file.package].push(cut_file(file, of_clients, wanted));
    }
    cut
}

fn cut_file(
    file: &DeclaringFile<'_>,
    of_clients: bool,
    wanted: impl Fn(usize) -> bool,
) -> OtherGoFile {
    let DeclaringFile {
        source, declared, ..
    } = file;
    let text = source.excerpt.text();
    let mut builder = source.excerpt.builder();
    let head = declared
        .first()
        .map_or(text.len(), |first| first.range.start);
    builder.push(0..head);
    for (at, declaration) in declared.iter().enumerate() {
        let range = declaration.range.clone();
        if !wanted(at) {
            continue;
        }
        // Nothing follows a call into a long function of a package that does not deal in clients.
        let body = match of_clients {
            true => None,
            false => find_long_body(&text[range.clone()]),
        };
        let body = body.unwrap_or(range.len()..range.len());
        builder.push(range.start..range.start + body.start);
        builder.push(range.start + body.end..range.end);
    }
    OtherGoFile {
        path: source.path.clone(),
        excerpt: builder.finish(),
        whole: source.excerpt.clone(),
    }
}

/// A file of a package, by its number among those.
struct DeclaringFile<'t> {
    package: usize,
    source: &'t GoFile,
    declared: Vec<GoDeclaration<'t>>,
    imports: BTreeMap<&'t str, usize>,
}

/// Which declaration of which file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct DeclarationAt {
    file: usize,
    at: usize,
}

/// The declarations of one name in one package.
#[derive(Default)]
struct NamedDeclarations {
    methods: Vec<DeclarationAt>,
    others: Vec<DeclarationAt>,
}

struct DeclarationSearch<'t> {
    packages: BTreeMap<&'t str, usize>,
    files: Vec<DeclaringFile<'t>>,
    named: BTreeMap<&'t str, BTreeMap<usize, NamedDeclarations>>,
    kept: BTreeSet<DeclarationAt>,
    /// Kept, and not read yet.
    todo: Vec<DeclarationAt>,
}

impl<'t> DeclarationSearch<'t> {
    fn new(packages: &[AskedGoPackage<'t>]) -> Self {
        let numbers = packages.iter().enumerate();
        let mut search = Self {
            packages: numbers
                .map(|(number, package)| (package.path, number))
                .collect(),
            files: Vec::new(),
            named: BTreeMap::new(),
            kept: BTreeSet::new(),
            todo: Vec::new(),
        };
        for (number, package) in packages.iter().enumerate() {
            for source in package.files {
                search.add_file(number, source);
            }
        }
        search
    }

    fn add_file(&mut self, package: usize, source: &'t GoFile) {
        let text = source.excerpt.text();
        let declared = find_declarations(text);
        let file = self.files.len();
        for (at, declaration) in declared.iter().enumerate() {
            for name in &declaration.names {
                let packages = self.named.entry(name).or_default();
                let found = packages.entry(package).or_default();
                let list = match declaration.is_method {
                    true => &mut found.methods,
                    false => &mut found.others,
                };
                list.push(DeclarationAt { file, at });
            }
        }
        self.files.push(DeclaringFile {
            package,
            source,
            declared,
            imports: self.list_imports(text),
        });
    }

    /// The packages of the search that a file imports, by the names that it has for them.
    fn list_imports(&self, text: &'t str) -> BTreeMap<&'t str, usize> {
        let imports = imports_of(text).into_iter();
        imports
            .filter_map(|(name, path)| Some((name, *self.packages.get(path)?)))
            .collect()
    }

    /// Reads what is kept until nothing more is reached. Each declaration is read once.
    fn follow(&mut self) {
        while let Some(next) = self.todo.pop() {
            let file = &mut self.files[next.file];
            let range = file.declared[next.at].range.clone();
            let text = &file.source.excerpt.text()[range];
            let package = file.package;
            let imports = std::mem::take(&mut file.imports);
            self.read(text, &imports, Some(package));
            self.files[next.file].imports = imports;
        }
    }

    /// Keeps what a text names; `package` is the one of those that it stands in.
    fn read(&mut self, text: &str, imports: &BTreeMap<&str, usize>, package: Option<usize>) {
        let Self {
            named, kept, todo, ..
        } = self;
        for mention in list_mentions(text) {
            let Some(packages) = named.get(mention.name) else {
                continue;
            };
            let imported = mention
                .holder
                .and_then(|holder| imports.get(holder).copied());
            for (number, found) in packages {
                let is_reached = Some(*number) == package || Some(*number) == imported;
                let others = found.others.iter().filter(|_| is_reached);
                let is_followed = mention.is_selected && found.methods.len() == 1;
                let methods = found.methods.iter().filter(|_| is_followed);
                for at in others.chain(methods) {
                    if kept.insert(*at) {
                        todo.push(*at);
                    }
                }
            }
        }
    }
}

/// A name in a text.
struct NameMention<'t> {
    name: &'t str,
    /// It stands behind a dot.
    is_selected: bool,
    /// The name in front of the dot.
    holder: Option<&'t str>,
}

fn list_mentions(text: &str) -> impl Iterator<Item = NameMention<'_>> {
    let bytes = text.as_bytes();
    let mut before = 0..0;
    std::iter::from_fn(move || {
        let from = before.end;
        let start = from + bytes[from..].iter().position(|byte| is_name_byte(*byte))?;
        let rest = bytes[start..].iter();
        let end = start + rest.take_while(|byte| is_name_byte(**byte)).count();
        let between = bytes[from..start].trim_ascii();
        let holder = &text[before.clone()];
        before = start..end;
        Some(NameMention {
            name: &text[start..end],
            is_selected: between.ends_with(b"."),
            holder: (between == b"." && !holder.is_empty()).then_some(holder),
        })
    })
}

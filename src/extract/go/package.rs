//! One Go package before its functions are read: files, imports, and what is declared at the top.
//!
//! Names are resolved as Go does: an import's alias or the package's own name, dot imports, and
//! declarations of all files of the package. What a test file declares is seen by test files only.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

use tree_sitter::Node;

use crate::extract::code::form::CodeFile;
use crate::extract::code::outline::CodeOutline;
use crate::extract::code::seen::SeenCode;
use crate::extract::code::value::FileAt;
use crate::extract::go::lower;
use crate::extract::go::short_functions::OtherGoFile;
use crate::facts::raw::SourceLanguage;
use crate::knowledge::clients::{ClientModels, LibraryModel as Known};
use crate::knowledge::languages;
use crate::source::Excerpt;
use crate::syntax::code::{self, CodeGrammar, CodeTree};

/// A parsed file.
pub(super) struct ParsedGoFile {
    pub(super) path: String,
    pub(super) tree: CodeTree,
    form: OnceCell<CodeFile>,
    /// All of the file, where bodies of functions are left out of the tree.
    whole: Option<Excerpt>,
}

impl ParsedGoFile {
    pub(super) fn parse(path: String, excerpt: Excerpt) -> Self {
        Self {
            path,
            tree: code::parse(CodeGrammar::Go, excerpt),
            form: OnceCell::new(),
            whole: None,
        }
    }

    /// Parses what may be followed of a file of another package.
    pub(super) fn parse_other(file: OtherGoFile) -> Self {
        let is_part = file.excerpt.text().len() < file.whole.text().len();
        Self {
            whole: is_part.then_some(file.whole),
            ..Self::parse(file.path, file.excerpt)
        }
    }

    /// Whether what is left out of the tree mentions a name.
    fn mentions_beyond_tree(&self, name: &str) -> bool {
        let count = |text: &str| text.matches(name).count();
        let whole = self.whole.as_ref();
        whole.is_some_and(|whole| count(whole.text()) > count(self.tree.excerpt().text()))
    }

    /// The file in the form that the shared analyses read.
    fn form(&self) -> &CodeFile {
        self.form.get_or_init(|| lower::lower(&self.tree))
    }

    pub(super) fn is_test_file(&self) -> bool {
        is_test(&self.path)
    }
}

/// Go compiles such files for tests only.
pub(super) fn is_test(path: &str) -> bool {
    path.ends_with("_test.go")
}

/// A client library as a file names it: one, or in a snippet without imports all that it may be.
#[derive(Debug)]
pub(super) struct ImportedLibrary<'m> {
    pub(super) candidates: Vec<&'m Known>,
    /// The import path, where one is visible.
    pub(super) path: Option<String>,
}

impl ImportedLibrary<'_> {
    pub(super) fn ids(&self) -> Vec<String> {
        self.candidates.iter().map(|l| l.id().to_owned()).collect()
    }
}

/// What an imported name stands for.
#[derive(Clone, Debug)]
pub(super) enum GoImport<'m> {
    Library(Rc<ImportedLibrary<'m>>),
    /// Any other package, by its path.
    Other(String),
}

/// A file with its names.
pub(super) struct GoSourceFile<'t, 'm> {
    pub(super) parsed: &'t ParsedGoFile,
    pub(super) imports: BTreeMap<String, GoImport<'m>>,
    /// Libraries whose names need no prefix here.
    pub(super) dots: Vec<Rc<ImportedLibrary<'m>>>,
    /// A fragment that shows no imports: libraries are known by their names only.
    pub(super) fragment: bool,
    package: Option<&'t str>,
    outline: OnceCell<Rc<CodeOutline<'t>>>,
}

impl<'t, 'm> GoSourceFile<'t, 'm> {
    pub(super) fn read(parsed: &'t ParsedGoFile, models: &'m ClientModels) -> Self {
        let mut file = Self {
            parsed,
            imports: BTreeMap::new(),
            dots: Vec::new(),
            fragment: false,
            package: None,
            outline: OnceCell::new(),
        };
        let mut any_import = false;
        for node in top_level(&parsed.tree) {
            match node.kind() {
                "package_clause" => {
                    let name = code::children(node).first().copied();
                    file.package = name.map(|n| parsed.tree.text(n));
                }
                "import_declaration" => {
                    any_import = true;
                    import_specs(node)
                        .into_iter()
                        .for_each(|spec| file.import(spec, models));
                }
                _ => {}
            }
        }
        file.fragment = file.package.is_none() && !any_import;
        if file.fragment {
            file.guess_imports(models);
        }
        file
    }

    /// Whether it may name something; of a file whose outline is made that is found there at once.
    fn may_name(&self, name: &str) -> bool {
        self.outline.get().is_some() || self.parsed.tree.excerpt().text().contains(name)
    }

    /// Where everything in the file stands.
    pub(super) fn outline(&self) -> &Rc<CodeOutline<'t>> {
        let parsed = self.parsed;
        self.outline
            .get_or_init(|| Rc::new(CodeOutline::of(parsed.form())))
    }

    fn import(&mut self, spec: Node<'t>, models: &'m ClientModels) {
        let tree = &self.parsed.tree;
        let Some(path) =
            code::field(spec, "path").and_then(|p| CodeGrammar::Go.string_value(tree.text(p)))
        else {
            return;
        };
        let known = models.by_import(&path);
        let default = known.map_or_else(|| last_element(&path), |(_, ident)| ident);
        let alias = code::field(spec, "name").map(|name| tree.text(name));
        let ident = alias.unwrap_or(default).to_owned();
        let import = match known {
            Some((library, _)) => GoImport::Library(Rc::new(ImportedLibrary {
                candidates: vec![library],
                path: Some(path),
            })),
            None => GoImport::Other(path),
        };
        match (ident.as_str(), import) {
            ("_", _) | (".", GoImport::Other(_)) => {}
            (".", GoImport::Library(library)) => self.dots.push(library),
            (_, import) => {
                self.imports.insert(ident, import);
            }
        }
    }

    /// A fragment calls a library by its usual name.
    fn guess_imports(&mut self, models: &'m ClientModels) {
        let mut guesses: BTreeMap<&str, Vec<&'m Known>> = BTreeMap::new();
        let text = self.parsed.tree.excerpt().text();
        for library in models.of_language(SourceLanguage::Go) {
            let idents = &library.head.client.idents;
            if !idents.iter().any(|ident| text.contains(ident.as_str())) {
                continue;
            }
            for package in library.client_packages() {
                let candidates = guesses.entry(&package.default_ident).or_default();
                if !candidates.iter().any(|c| c.id() == library.id()) {
                    candidates.push(library);
                }
            }
        }
        for (ident, candidates) in guesses {
            let library = ImportedLibrary {
                candidates,
                path: None,
            };
            let import = GoImport::Library(Rc::new(library));
            self.imports.insert(ident.to_owned(), import);
        }
        for standard in ["time", "os", "math", "runtime", "net", "crypto/tls"] {
            let import = GoImport::Other(standard.to_owned());
            self.imports
                .insert(last_element(standard).to_owned(), import);
        }
    }

    /// The path of the package that a name stands for, unless it is a client library.
    pub(super) fn other_package(&self, ident: &str) -> Option<&str> {
        match self.imports.get(ident)? {
            GoImport::Other(path) => Some(path),
            GoImport::Library(_) => None,
        }
    }

    /// The paths of what it imports beside client libraries.
    pub(super) fn other_packages(&self) -> impl Iterator<Item = &str> {
        self.imports.values().filter_map(|import| match import {
            GoImport::Other(path) => Some(path.as_str()),
            GoImport::Library(_) => None,
        })
    }

    pub(super) fn is_of_program(&self) -> bool {
        self.package == Some("main")
    }

    pub(super) fn library(&self, ident: &str) -> Option<&Rc<ImportedLibrary<'m>>> {
        match self.imports.get(ident)? {
            GoImport::Library(library) => Some(library),
            GoImport::Other(_) => None,
        }
    }

    /// The client libraries that this file names.
    pub(super) fn libraries(&self) -> impl Iterator<Item = &Rc<ImportedLibrary<'m>>> {
        let imported = self.imports.values().filter_map(|import| match import {
            GoImport::Library(library) => Some(library),
            GoImport::Other(_) => None,
        });
        imported.chain(&self.dots)
    }

    /// The name under which this file imports Go's `time`, if its import is visible.
    pub(super) fn time_ident(&self) -> Option<String> {
        let is_time =
            |import: &GoImport<'_>| matches!(import, GoImport::Other(path) if path == "time");
        let named = self.imports.iter().find(|(_, import)| is_time(import));
        named.map(|(ident, _)| ident.clone())
    }

    /// Files of one package that see the same declarations have the same sight.
    pub(super) fn sight(&self) -> (Option<&'t str>, bool) {
        (self.package, self.parsed.is_test_file())
    }

    pub(super) fn names_a_library(&self) -> bool {
        let library = |import: &GoImport<'_>| matches!(import, GoImport::Library(_));
        !self.dots.is_empty() || self.imports.values().any(library)
    }
}

/// The files of a package as one of them sees them.
pub(super) struct SeenGoFiles<'p, 't, 'm> {
    pub(super) files: &'p [GoSourceFile<'t, 'm>],
    pub(super) package: Option<&'t str>,
}

impl<'t> SeenCode<'t> for SeenGoFiles<'_, 't, '_> {
    fn naming(&self, name: &str) -> Option<Vec<FileAt>> {
        let files = self.files.iter().enumerate();
        let naming = files.filter(|(_, file)| {
            file.package == self.package && !file.parsed.is_test_file() && file.may_name(name)
        });
        Some(naming.map(|(at, _)| FileAt(at)).collect())
    }

    fn outline(&self, file: FileAt) -> Rc<CodeOutline<'t>> {
        Rc::clone(self.files[file.0].outline())
    }

    fn is_private(&self, name: &str) -> bool {
        name.starts_with(char::is_lowercase)
    }
}

/// The last element of an import path that names the package: `v2` does not.
pub(super) fn last_element(path: &str) -> &str {
    let version = |part: &str| {
        part.strip_prefix('v')
            .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    let mut parts = path.rsplit('/');
    let last = parts.next().unwrap_or(path);
    match parts.next() {
        Some(before) if version(last) => before,
        _ => last,
    }
}

/// Everything that stands at the top of a file; an error node is followed by what is in it.
pub(super) fn top_level(tree: &CodeTree) -> Vec<Node<'_>> {
    let Some(root) = tree.root() else {
        return Vec::new();
    };
    let mut nodes = Vec::new();
    for node in code::children(root) {
        nodes.push(node);
        if node.kind() == "ERROR" {
            nodes.extend(code::children(node));
        }
    }
    nodes
}

fn import_specs(declaration: Node<'_>) -> Vec<Node<'_>> {
    specs(declaration, "import_spec", "import_spec_list")
}

/// The specs of a declaration, grouped or not.
pub(super) fn specs<'t>(declaration: Node<'t>, one: &str, list: &str) -> Vec<Node<'t>> {
    let mut found = Vec::new();
    for child in code::children(declaration) {
        if child.kind() == one {
            found.push(child);
        } else if child.kind() == list {
            found.extend(
                code::children(child)
                    .into_iter()
                    .filter(|c| c.kind() == one),
            );
        }
    }
    found
}

/// A declaration at the top of a package.
#[derive(Clone, Copy, Debug)]
pub(super) struct GoDeclaration<'t> {
    pub(super) file: usize,
    /// The value, the function or the type.
    pub(super) node: Node<'t>,
    /// The type that a constant or variable is declared with.
    pub(super) ty: Option<Node<'t>>,
}

/// What the code of a package assigns to.
#[derive(Default)]
struct GoChanges<'t> {
    /// Fields, each with the name of what holds it: `pool.Size` in `server.pool.Size = 1`.
    fields: BTreeSet<(&'t str, &'t str)>,
    /// Names that are assigned to, or whose address is taken.
    names: BTreeSet<&'t str>,
}

/// What a package declares at its top. A name that is declared twice (by files of different builds)
/// means nothing certain and is left out.
#[derive(Default)]
pub(super) struct GoDeclarations<'t> {
    pub(super) constants: BTreeMap<&'t str, GoDeclaration<'t>>,
    pub(super) variables: BTreeMap<&'t str, GoDeclaration<'t>>,
    pub(super) functions: BTreeMap<&'t str, GoDeclaration<'t>>,
    pub(super) types: BTreeMap<&'t str, GoDeclaration<'t>>,
    /// Methods whose name only one type of the package has.
    pub(super) methods: BTreeMap<&'t str, GoDeclaration<'t>>,
    changes: OnceCell<GoChanges<'t>>,
    trees: Vec<&'t CodeTree>,
    /// Files that are parsed in part.
    parts: Vec<&'t ParsedGoFile>,
    /// Fields, parameters and variables that are declared with a type of a client library.
    pub(super) of_library: BTreeSet<&'t str>,
    /// A field of a struct has a tag that says what it falls back on.
    pub(super) has_tags: bool,
    /// A flag of the command line writes a variable or a field.
    pub(super) has_flags: bool,
    names: BTreeSet<&'t str>,
    method_names: BTreeSet<&'t str>,
}

impl<'t> GoDeclarations<'t> {
    /// The declarations that a file sees.
    pub(super) fn seen_by(file: &GoSourceFile<'t, '_>, files: &[GoSourceFile<'t, '_>]) -> Self {
        let mut seen = Self::default();
        for (at, other) in files.iter().enumerate() {
            let hidden = other.parsed.is_test_file() && !file.parsed.is_test_file();
            if other.package == file.package && !hidden {
                seen.read(at, &other.parsed.tree);
                seen.find_library_values(other);
            }
        }
        seen
    }

    /// What the files of another package declare.
    pub(super) fn of_files(files: &[GoSourceFile<'t, '_>], range: Range<usize>) -> Self {
        let mut seen = Self::default();
        for at in range {
            let parsed = files[at].parsed;
            seen.read(at, &parsed.tree);
            seen.parts.extend(parsed.whole.is_some().then_some(parsed));
        }
        let is_whole = |declared: &GoDeclaration<'t>| {
            let tree = &files[declared.file].parsed.tree;
            // What is left out of a text counts in its span.
            tree.span(declared.node).range().len() == declared.node.byte_range().len()
        };
        seen.functions.retain(|_, declared| is_whole(declared));
        seen.methods.retain(|_, declared| is_whole(declared));
        seen
    }

    /// Whether anything in the package may change a variable. What is not parsed may, if it names it.
    pub(super) fn may_change(&self, name: &str) -> bool {
        self.changes().names.contains(name) || self.is_named_beyond_trees(name)
    }

    /// Whether code of the package that is not parsed names something.
    pub(super) fn is_named_beyond_trees(&self, name: &str) -> bool {
        let mut parts = self.parts.iter();
        parts.any(|part| part.mentions_beyond_tree(name))
    }

    fn read(&mut self, file: usize, tree: &'t CodeTree) {
        for node in top_level(tree) {
            match node.kind() {
                "const_declaration" => self.constants(file, node, tree),
                "var_declaration" => self.variables(file, node, tree),
                "function_declaration" => {
                    self.named(DeclarationTable::Functions, file, node, node, None, tree);
                }
                "method_declaration" => self.method(file, node, tree),
                "type_declaration" => {
                    for spec in code::children(node) {
                        let ty = code::field(spec, "type").unwrap_or(spec);
                        self.named(DeclarationTable::Types, file, spec, ty, None, tree);
                    }
                }
                _ => {}
            }
        }
        let tags = languages::go().into_iter().flat_map(|go| &go.fallback_tag);
        let mut tags = tags.map(|tag| format!("{}:\"", tag.fallback));
        self.has_tags |= tags.any(|tag| tree.excerpt().text().contains(&tag));
        let mut flags = languages::go().into_iter().flat_map(|go| &go.flag);
        let text = tree.excerpt().text();
        self.has_flags |= flags.any(|row| row.may_write(text));
        self.trees.push(tree);
    }

    /// A constant without a value repeats the one before it.
    fn constants(&mut self, file: usize, node: Node<'t>, tree: &'t CodeTree) {
        let mut previous: (Vec<Node<'t>>, Option<Node<'t>>) = (Vec::new(), None);
        for spec in code::children(node) {
            if let Some(value) = code::field(spec, "value") {
                previous = (code::children(value), code::field(spec, "type"));
            }
            let names = code::fields(spec, "name");
            for (name, value) in names.into_iter().zip(&previous.0) {
                self.add(
                    DeclarationTable::Constants,
                    name,
                    tree,
                    file,
                    *value,
                    previous.1,
                );
            }
        }
    }

    fn variables(&mut self, file: usize, node: Node<'t>, tree: &'t CodeTree) {
        for spec in specs(node, "var_spec", "var_spec_list") {
            let values = code::field(spec, "value").map_or_else(Vec::new, code::children);
            let names = code::fields(spec, "name");
            let single = names.len() == values.len();
            for (at, name) in names.into_iter().enumerate() {
                let value = if single { values[at] } else { spec };
                self.add(
                    DeclarationTable::Variables,
                    name,
                    tree,
                    file,
                    value,
                    code::field(spec, "type"),
                );
            }
        }
    }

    fn method(&mut self, file: usize, node: Node<'t>, tree: &'t CodeTree) {
        let Some(name) = code::field(node, "name").map(|name| tree.text(name)) else {
            return;
        };
        if self.method_names.insert(name) {
            let ty = None;
            self.methods.insert(name, GoDeclaration { file, node, ty });
        } else {
            self.methods.remove(name);
        }
    }

    fn named(
        &mut self,
        table: DeclarationTable,
        file: usize,
        holder: Node<'t>,
        node: Node<'t>,
        ty: Option<Node<'t>>,
        tree: &'t CodeTree,
    ) {
        if let Some(name) = code::field(holder, "name") {
            self.add(table, name, tree, file, node, ty);
        }
    }

    fn add(
        &mut self,
        table: DeclarationTable,
        name: Node<'t>,
        tree: &'t CodeTree,
        file: usize,
        node: Node<'t>,
        ty: Option<Node<'t>>,
    ) {
        let name = tree.text(name);
        let first = self.names.insert(name);
        let table = match table {
            DeclarationTable::Constants => &mut self.constants,
            DeclarationTable::Variables => &mut self.variables,
            DeclarationTable::Functions => &mut self.functions,
            DeclarationTable::Types => &mut self.types,
        };
        if first {
            table.insert(name, GoDeclaration { file, node, ty });
        } else if name != "init" && name != "_" {
            table.remove(name);
        }
    }

    fn find_library_values(&mut self, file: &GoSourceFile<'t, '_>) {
        if !file.names_a_library() {
            return;
        }
        let tree = &file.parsed.tree;
        tree.walk(|node| {
            if !matches!(
                node.kind(),
                "field_declaration" | "parameter_declaration" | "var_spec"
            ) {
                return;
            }
            let ty = code::field(node, "type").map(|ty| match ty.kind() {
                "pointer_type" => code::children(ty).first().copied().unwrap_or(ty),
                _ => ty,
            });
            let package = ty.and_then(|ty| code::field(ty, "package"));
            if package.is_some_and(|package| file.library(tree.text(package)).is_some()) {
                let names = code::fields(node, "name").into_iter();
                self.of_library.extend(names.map(|name| tree.text(name)));
            }
        });
    }

    /// Looked for when somebody asks: of most packages nobody does.
    fn changes(&self) -> &GoChanges<'t> {
        self.changes.get_or_init(|| {
            let mut changes = GoChanges::default();
            self.trees.iter().for_each(|tree| changes.find(tree));
            changes
        })
    }

    /// Fields that are assigned to, each with the name of what holds it.
    pub(super) fn field_writes(&self) -> &BTreeSet<(&'t str, &'t str)> {
        &self.changes().fields
    }

    pub(super) fn declares(&self, name: &str) -> bool {
        self.names.contains(name)
    }
}

impl<'t> GoChanges<'t> {
    fn find(&mut self, tree: &'t CodeTree) {
        tree.walk(|node| {
            let target = match node.kind() {
                "assignment_statement" => code::field(node, "left"),
                "range_clause" => code::field(node, "left"),
                "inc_statement" | "dec_statement" => Some(node),
                "unary_expression" if tree.text(node).starts_with('&') => {
                    code::field(node, "operand").filter(|o| o.kind() != "composite_literal")
                }
                _ => None,
            };
            for base in target.into_iter().flat_map(bases) {
                self.names.insert(tree.text(base));
            }
            if node.kind() == "assignment_statement" {
                let left = code::field(node, "left").map_or_else(Vec::new, code::children);
                let held = left
                    .into_iter()
                    .filter_map(|target| held_field(target, tree));
                self.fields.extend(held);
            }
        });
    }
}

#[derive(Clone, Copy)]
enum DeclarationTable {
    Constants,
    Variables,
    Functions,
    Types,
}

/// The field that is assigned to, after the name of what holds it.
fn held_field<'t>(target: Node<'t>, tree: &'t CodeTree) -> Option<(&'t str, &'t str)> {
    let field = code::field(target, "field")?;
    let operand = code::field(target, "operand")?;
    let holder = code::field(operand, "field").unwrap_or(operand);
    Some((tree.text(holder), tree.text(field)))
}

/// The identifiers at the bottom of the expressions that are assigned to: `x` of `x.y[0].z`.
pub(super) fn bases(target: Node<'_>) -> Vec<Node<'_>> {
    let mut found = Vec::new();
    let mut todo = vec![target];
    while let Some(node) = todo.pop() {
        match node.kind() {
            "identifier" => found.push(node),
            "selector_expression" | "index_expression" | "slice_expression" => {
                todo.extend(code::field(node, "operand"));
            }
            "expression_list"
            | "unary_expression"
            | "parenthesized_expression"
            | "inc_statement"
            | "dec_statement" => todo.extend(code::children(node)),
            _ => {}
        }
    }
    found
}

/// The methods and functions that the files of a package call by a selector, as a file sees them.
pub(super) fn calls_seen_by<'t>(
    file: &GoSourceFile<'t, '_>,
    files: &[GoSourceFile<'t, '_>],
) -> BTreeSet<&'t str> {
    let mut calls = BTreeSet::new();
    for other in files {
        let hidden = other.parsed.is_test_file() && !file.parsed.is_test_file();
        if other.package != file.package || hidden {
            continue;
        }
        let tree = &other.parsed.tree;
        tree.walk(|node| {
            if node.kind() == "call_expression"
                && let Some(function) = code::field(node, "function")
                && let Some(field) = code::field(function, "field")
            {
                calls.insert(tree.text(field));
            }
        });
    }
    calls
}

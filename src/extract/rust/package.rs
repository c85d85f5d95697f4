//! One Rust package before its functions are read: modules, `use` declarations, and what is declared.
//!
//! Names are resolved as Rust does, as far as it matters here: renames, globs and `pub use` through
//! the package's own modules end at a declaration of the package or at a path of another crate.
//! Test items are not seen.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use tree_sitter::Node;

use crate::extract::code::form::{CodeFile, ExpressionId, FunctionId, TypeForm};
use crate::extract::code::outline::CodeOutline;
use crate::extract::code::project::CodeProject;
use crate::extract::code::seen::SeenCode;
use crate::extract::code::value::FileAt;
use crate::extract::rust::names::{outside_tests, type_name};
use crate::extract::rust::type_form::{list_types, lower_type};
use crate::extract::rust::uses::{GlobImport, UseImport, uses_of};
use crate::syntax::code::{self, CodeTree};

/// How many names may lead to names: modules that take names from each other by globs make long ways.
const MAX_STEPS: usize = 40;
/// How many questions one name may raise. Renames can make each question longer than the one before,
/// so that no two are alike; a name that needs more stays unknown.
const MAX_QUESTIONS: usize = 1_000;

/// A parsed file.
pub(super) struct ParsedRustFile {
    pub(super) path: String,
    pub(super) tree: CodeTree,
    /// The module that the file is, from the crate's root: `["crate", "redis"]`.
    pub(super) module: RustPath,
}

impl ParsedRustFile {
    pub(super) fn new(path: String, module: RustPath, tree: CodeTree) -> Self {
        Self { path, tree, module }
    }
}

pub(super) type RustPath = Vec<String>;

/// A declaration.
#[derive(Clone, Copy, Debug)]
pub(super) struct RustItem<'t> {
    pub(super) kind: ItemKind,
    pub(super) file: usize,
    pub(super) node: Node<'t>,
    /// The module that declares it, by number.
    pub(super) module: usize,
    /// A type's place among those of the package.
    pub(super) number: usize,
}

/// A file and the module in it in which names are looked up.
#[derive(Clone, Copy, Debug)]
pub(super) struct RustPlace {
    pub(super) file: usize,
    pub(super) module: usize,
}

impl RustItem<'_> {
    pub(super) fn place(&self) -> RustPlace {
        RustPlace {
            file: self.file,
            module: self.module,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ItemKind {
    /// A constant, or a static that is not `mut`.
    Constant,
    Function,
    /// A struct or an enum.
    Type,
    Alias,
}

#[derive(Default)]
pub(super) struct RustModule<'t> {
    pub(super) path: RustPath,
    /// What `crate` stands for here.
    root: RustPath,
    uses: BTreeMap<String, RustPath>,
    globs: Vec<RustPath>,
    items: BTreeMap<&'t str, RustItem<'t>>,
    /// Modules in files of their own; one that holds nothing of interest is not read.
    files: BTreeSet<&'t str>,
}

/// What a name stands for.
#[derive(Clone, Debug)]
pub(super) enum NameMeaning<'t> {
    /// A declaration of the package, and the names that follow it: `new` of `Pool::new`.
    Own(RustItem<'t>, RustPath),
    /// A path of another crate, or of the standard library.
    Other(RustPath),
}

/// One question about a name: how deep it is, and what was already asked on its behalf.
#[derive(Default)]
struct NameSearch<'t> {
    steps: usize,
    /// The answers by path and module; none yet for a question that is being asked.
    asked: BTreeMap<(RustPath, usize), Option<NameMeaning<'t>>>,
    /// Paths that were looked for in all globs of a module.
    globs_asked: BTreeSet<(RustPath, usize)>,
}

/// What a package declares.
pub(super) struct RustPackageItems<'t> {
    pub(super) modules: Vec<RustModule<'t>>,
    by_path: BTreeMap<RustPath, usize>,
    /// Functions and constants of `impl` blocks by type and name; names that two types of one name
    /// share are left out.
    members: BTreeMap<(&'t str, &'t str), RustItem<'t>>,
    /// What a type implements: the trait as written and the block.
    traits: BTreeMap<&'t str, Vec<(Node<'t>, RustItem<'t>)>>,
    /// Crates under another name than their own.
    renames: BTreeMap<String, String>,
    own_name: Option<String>,
    ambiguous: BTreeSet<(&'t str, &'t str)>,
    pub(super) files: &'t [ParsedRustFile],
    /// The files in the form that the shared reader reads.
    project: &'t CodeProject<'t>,
    outlines: Vec<OnceCell<Rc<CodeOutline<'t>>>>,
    /// Structs and enums, by their numbers.
    pub(super) types: Vec<RustItem<'t>>,
    /// The modules of what is declared in a file beside types, by where that begins.
    declared_in: BTreeMap<(usize, usize), usize>,
}

impl<'t> RustPackageItems<'t> {
    pub(super) fn read(
        (parsed, project): (&'t [ParsedRustFile], &'t CodeProject<'t>),
        own_name: Option<String>,
        renames: BTreeMap<String, String>,
    ) -> Self {
        let mut declared = Self {
            modules: Vec::new(),
            by_path: BTreeMap::new(),
            members: BTreeMap::new(),
            traits: BTreeMap::new(),
            renames,
            own_name,
            ambiguous: BTreeSet::new(),
            files: parsed,
            project,
            outlines: parsed.iter().map(|_| OnceCell::new()).collect(),
            types: Vec::new(),
            declared_in: BTreeMap::new(),
        };
        for (at, file) in parsed.iter().enumerate() {
            let root = root_of(&file.module);
            let module = declared.module(file.module.clone(), root);
            if let Some(node) = file.tree.root() {
                declared.items_of(node, at, module, &file.tree);
            }
        }
        declared
    }

    fn module(&mut self, path: RustPath, root: RustPath) -> usize {
        if let Some(at) = self.by_path.get(&path) {
            return *at;
        }
        self.modules.push(RustModule {
            path: path.clone(),
            root,
            ..RustModule::default()
        });
        self.by_path.insert(path, self.modules.len() - 1);
        self.modules.len() - 1
    }

    /// The number of the module that a file is, or that stands in it under these names.
    pub(super) fn module_number(&self, path: &[String]) -> Option<usize> {
        self.by_path.get(path).copied()
    }

    fn items_of(&mut self, node: Node<'t>, file: usize, module: usize, tree: &'t CodeTree) {
        for child in outside_tests(node, tree) {
            self.item(child, file, module, tree);
        }
    }

    fn item(&mut self, node: Node<'t>, file: usize, module: usize, tree: &'t CodeTree) {
        let kind = match node.kind() {
            "use_declaration" => return self.add_uses(module, uses_of(node, tree)),
            "mod_item" => return self.inner_module(node, file, module, tree),
            "impl_item" => return self.implementation(node, file, module, tree),
            "trait_item" => return self.note_members(node, file, module),
            "ERROR" => return self.items_of(node, file, module, tree),
            "const_item" => ItemKind::Constant,
            "static_item" if !is_mutable(node) => ItemKind::Constant,
            "function_item" => ItemKind::Function,
            "struct_item" | "enum_item" => ItemKind::Type,
            "type_item" => ItemKind::Alias,
            _ => return,
        };
        let Some(name) = code::field(node, "name").map(|name| tree.text(name)) else {
            return;
        };
        let item = RustItem {
            kind,
            file,
            node,
            module,
            number: self.types.len(),
        };
        match kind {
            ItemKind::Type => self.types.push(item),
            _ => drop(self.declared_in.insert((file, node.start_byte()), module)),
        }
        let items = &mut self.modules[module].items;
        // Declared twice (for different features): nothing certain but that it is the package's own.
        match items.get_mut(name) {
            Some(first) if first.kind == ItemKind::Type || kind == ItemKind::Type => {}
            Some(first) => {
                first.kind = ItemKind::Type;
                first.number = self.types.len();
                self.types.push(*first);
            }
            None => {
                items.insert(name, item);
            }
        }
    }

    fn add_uses(&mut self, module: usize, (uses, globs): (Vec<UseImport>, Vec<GlobImport>)) {
        let module = &mut self.modules[module];
        module.uses.extend(uses);
        module.globs.extend(globs);
    }

    fn inner_module(&mut self, node: Node<'t>, file: usize, module: usize, tree: &'t CodeTree) {
        let Some(name) = code::field(node, "name") else {
            return;
        };
        let Some(body) = code::field(node, "body") else {
            self.modules[module].files.insert(tree.text(name));
            return;
        };
        let outer = &self.modules[module];
        let mut path = outer.path.clone();
        path.push(tree.text(name).to_owned());
        let root = outer.root.clone();
        let inner = self.module(path, root);
        self.items_of(body, file, inner, tree);
    }

    fn implementation(&mut self, node: Node<'t>, file: usize, module: usize, tree: &'t CodeTree) {
        let Some(ty) = code::field(node, "type").and_then(|ty| type_name(ty, tree)) else {
            return;
        };
        self.note_members(node, file, module);
        let item = |kind, node| RustItem {
            kind,
            file,
            node,
            module,
            number: usize::MAX,
        };
        if let Some(name) = code::field(node, "trait") {
            let block = item(ItemKind::Type, node);
            self.traits.entry(ty).or_default().push((name, block));
        }
        let body = code::field(node, "body").map_or_else(Vec::new, code::children);
        for member in body {
            let kind = match member.kind() {
                "function_item" => ItemKind::Function,
                "const_item" => ItemKind::Constant,
                _ => continue,
            };
            let Some(name) = code::field(member, "name").map(|name| tree.text(name)) else {
                continue;
            };
            if self
                .members
                .insert((ty, name), item(kind, member))
                .is_some()
            {
                self.ambiguous.insert((ty, name));
            }
        }
    }

    /// Notes in which module the functions and constants of a block stand.
    fn note_members(&mut self, block: Node<'t>, file: usize, module: usize) {
        let body = code::field(block, "body").map_or_else(Vec::new, code::children);
        let starts = body
            .iter()
            .map(|member| ((file, member.start_byte()), module));
        self.declared_in.extend(starts);
    }

    pub(super) fn file(&self, file: FileAt) -> &'t CodeFile {
        self.project.file(file)
    }

    /// The module that a file is.
    pub(super) fn module_of_file(&self, file: FileAt) -> usize {
        let parsed = self.files.get(file.0);
        let number = parsed.and_then(|parsed| self.module_number(&parsed.module));
        number.unwrap_or_default()
    }

    /// The module of what begins at a byte of a file, or around it.
    pub(super) fn module_at(&self, file: FileAt, byte: usize) -> usize {
        let mut before = self.declared_in.range((file.0, 0)..=(file.0, byte));
        match before.next_back() {
            Some((_, module)) => *module,
            None => self.module_of_file(file),
        }
    }

    pub(super) fn name_of(&self, item: &RustItem<'t>) -> Option<&'t str> {
        let name = code::field(item.node, "name")?;
        Some(self.files[item.file].tree.text(name))
    }

    /// The type of a struct's field.
    pub(super) fn field_type(&self, item: &RustItem<'t>, name: &str) -> Option<TypeForm> {
        let tree = &self.files[item.file].tree;
        let body = code::field(item.node, "body")?;
        let ty = match body.kind() {
            "field_declaration_list" => {
                let named = |field: &Node<'_>| {
                    code::field(*field, "name").is_some_and(|n| tree.text(n) == name)
                };
                let field = code::children(body).into_iter().find(named)?;
                code::field(field, "type")?
            }
            "ordered_field_declaration_list" => {
                let at: usize = name.parse().ok()?;
                list_types(body).into_iter().nth(at)?
            }
            _ => return None,
        };
        Some(lower_type(ty, tree))
    }

    /// The type that an alias stands for.
    pub(super) fn aliased(&self, item: &RustItem<'t>) -> Option<TypeForm> {
        let tree = &self.files[item.file].tree;
        Some(lower_type(code::field(item.node, "type")?, tree))
    }

    /// The form of a declared function.
    pub(super) fn function_of(&self, item: &RustItem<'t>) -> Option<FunctionId> {
        let functions = &self.file(FileAt(item.file)).functions;
        let start = item.node.start_byte();
        let at = functions.partition_point(|own| own.range.start < start);
        let is_it = functions
            .get(at)
            .is_some_and(|own| own.range.start == start);
        let has_body = code::field(item.node, "body").is_some();
        (is_it && has_body).then(|| FunctionId(u32::try_from(at).unwrap_or(u32::MAX)))
    }

    /// Where the value of a constant stands.
    pub(super) fn value_of(&self, item: &RustItem<'t>) -> Option<(FileAt, ExpressionId)> {
        let file = FileAt(item.file);
        let value = code::field(item.node, "value")?;
        Some((file, self.outline(file).at_range(&value.byte_range())?))
    }

    /// A function or constant of a type of the package.
    pub(super) fn member(&self, ty: &str, name: &str) -> Option<RustItem<'t>> {
        if self.ambiguous.contains(&(ty, name)) {
            return None;
        }
        self.members.get(&(ty, name)).copied()
    }

    pub(super) fn traits_of(&self, ty: &str) -> &[(Node<'t>, RustItem<'t>)] {
        self.traits.get(ty).map_or(&[], Vec::as_slice)
    }

    /// What a path means in a module.
    pub(super) fn meaning(&self, path: &[String], module: usize) -> Option<NameMeaning<'t>> {
        self.follow(path, module, &mut NameSearch::default())
    }

    fn follow(
        &self,
        path: &[String],
        module: usize,
        search: &mut NameSearch<'t>,
    ) -> Option<NameMeaning<'t>> {
        // Globs that go round in a circle lead back to a question that is being asked.
        let key = (path.to_vec(), module);
        if let Some(answer) = search.asked.get(&key) {
            return answer.clone();
        }
        if search.steps >= MAX_STEPS || search.asked.len() >= MAX_QUESTIONS {
            return None;
        }
        search.asked.insert(key.clone(), None);
        search.steps += 1;
        let found = self.follow_step(path, module, search);
        search.steps -= 1;
        search.asked.insert(key, found.clone());
        found
    }

    fn follow_step(
        &self,
        path: &[String],
        module: usize,
        search: &mut NameSearch<'t>,
    ) -> Option<NameMeaning<'t>> {
        let (first, rest) = path.split_first()?;
        let here = self.modules.get(module)?;
        let join = |base: &[String]| [base, rest].concat();
        match first.as_str() {
            "crate" => return self.absolute(&join(&here.root), search),
            "self" => return self.absolute(&join(&here.path), search),
            "super" => {
                let (_, parent) = here.path.split_last()?;
                let at = self.module_number(parent)?;
                return match rest.first().map(String::as_str) {
                    Some("super") => self.follow(rest, at, search),
                    _ => self.absolute(&join(parent), search),
                };
            }
            _ => {}
        }
        if let Some(item) = here.items.get(first.as_str()) {
            return Some(NameMeaning::Own(*item, rest.to_vec()));
        }
        if let Some(target) = here.uses.get(first) {
            let whole = [target, rest].concat();
            // `use redis;` and `use redis::redis;` name the crate, not themselves.
            if target.first() == Some(first) {
                return Some(NameMeaning::Other(self.resolve_rename(whole)));
            }
            return self.follow(&whole, module, search);
        }
        let inner = [&here.path[..], std::slice::from_ref(first)].concat();
        if self.by_path.contains_key(&inner) {
            return self.absolute(&join(&inner), search);
        }
        if here.files.contains(first.as_str()) {
            return None;
        }
        // Before the globs: one that begins with the crate's own name would be looked for in itself, each
        // time by a longer path.
        if self.own_name.as_ref() == Some(first) {
            return self.absolute(&join(&["crate".to_owned()]), search);
        }
        for glob in &here.globs {
            if let Some(own @ NameMeaning::Own(..)) = self.in_glob(glob, path, module, search) {
                return Some(own);
            }
        }
        Some(NameMeaning::Other(self.resolve_rename(path.to_vec())))
    }

    /// The paths that a name may stand for through the globs of a module into other crates.
    pub(super) fn through_globs(&self, path: &[String], module: usize) -> Vec<RustPath> {
        let Some(here) = self.modules.get(module) else {
            return Vec::new();
        };
        let paths = here.globs.iter().filter_map(|glob| {
            match self.in_glob(glob, path, module, &mut NameSearch::default())? {
                NameMeaning::Other(path) => Some(path),
                NameMeaning::Own(..) => None,
            }
        });
        paths.collect()
    }

    fn in_glob(
        &self,
        glob: &[String],
        path: &[String],
        module: usize,
        search: &mut NameSearch<'t>,
    ) -> Option<NameMeaning<'t>> {
        let first = glob.first()?;
        let whole = [glob, path].concat();
        let here = self.modules.get(module)?;
        let names_a_module = matches!(first.as_str(), "crate" | "self" | "super")
            || self
                .by_path
                .contains_key(&[&here.path[..], std::slice::from_ref(first)].concat())
            || here.uses.contains_key(first)
            || self.own_name.as_ref() == Some(first);
        if names_a_module {
            return self.follow(&whole, module, search);
        }
        Some(NameMeaning::Other(self.resolve_rename(whole)))
    }

    /// A path from the root of the package.
    fn absolute(&self, path: &[String], search: &mut NameSearch<'t>) -> Option<NameMeaning<'t>> {
        let (at, length) = (1..=path.len())
            .rev()
            .find_map(|n| Some((self.module_number(&path[..n])?, n)))?;
        let rest = &path[length..];
        let (first, after) = rest.split_first()?;
        let module = &self.modules[at];
        if let Some(item) = module.items.get(first.as_str()) {
            return Some(NameMeaning::Own(*item, after.to_vec()));
        }
        if module.uses.contains_key(first) {
            return self.follow(rest, at, search);
        }
        // What a module that is not read declares is not known, and no glob brings it. Globs that were
        // asked for the name before have no other answer, so that a search is linear in the globs.
        let is_unread = module.files.contains(first.as_str());
        if is_unread || !search.globs_asked.insert((rest.to_vec(), at)) {
            return None;
        }
        module
            .globs
            .iter()
            .find_map(|glob| self.in_glob(glob, rest, at, search))
    }

    fn resolve_rename(&self, mut path: RustPath) -> RustPath {
        if let Some(first) = path.first_mut()
            && let Some(own) = self.renames.get(first)
        {
            first.clone_from(own);
        }
        path
    }
}

impl<'t> SeenCode<'t> for RustPackageItems<'t> {
    fn naming(&self, name: &str) -> Option<Vec<FileAt>> {
        let files = self.files.iter().enumerate();
        // In a file whose outline is made a name is found at once.
        let naming = files.filter(|(at, file)| {
            self.outlines[*at].get().is_some() || file.tree.excerpt().text().contains(name)
        });
        Some(naming.map(|(at, _)| FileAt(at)).collect())
    }

    fn outline(&self, file: FileAt) -> Rc<CodeOutline<'t>> {
        let form = || Rc::new(CodeOutline::of(self.file(file)));
        Rc::clone(self.outlines[file.0].get_or_init(form))
    }

    fn is_private(&self, name: &str) -> bool {
        let files = self.naming(name).unwrap_or_default().into_iter();
        let mut files = files.map(|file| self.outline(file).file);
        !files.any(|file| {
            let mut named = file.functions.iter().filter(|own| own.name == name);
            let text = file.excerpt.text();
            named.any(|own| text[own.range.clone()].starts_with("pub"))
        })
    }

    fn shares_names(&self) -> bool {
        true
    }
}

/// `crate`, or the file itself where it is a program of its own.
fn root_of(module: &[String]) -> RustPath {
    let own = matches!(module.get(1).map(String::as_str), Some("bin" | "examples"));
    let length = if own && module.len() > 2 { 3 } else { 1 };
    module[..length.min(module.len())].to_vec()
}

/// The module that a file is, by its path below the package's folder.
pub(super) fn module_of(path: &str) -> RustPath {
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let path = path.strip_prefix("src/").unwrap_or(path);
    let mut module = vec!["crate".to_owned()];
    module.extend(path.split('/').map(str::to_owned));
    match module.last().map(String::as_str) {
        Some("mod") => drop(module.pop()),
        Some("main" | "lib") if module.len() == 2 => drop(module.pop()),
        Some("main") if module.len() == 4 && module[1] == "bin" => drop(module.pop()),
        _ => {}
    }
    module
}

fn is_mutable(node: Node<'_>) -> bool {
    code::children(node)
        .iter()
        .any(|child| child.kind() == "mutable_specifier")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_modules() {
        let text = |path| module_of(path).join("::");
        assert_eq!(text("src/main.rs"), "crate");
        assert_eq!(text("src/lib.rs"), "crate");
        assert_eq!(text("src/redis/mod.rs"), "crate::redis");
        assert_eq!(text("src/redis/pool.rs"), "crate::redis::pool");
        assert_eq!(text("src/bin/worker.rs"), "crate::bin::worker");
        assert_eq!(text("src/bin/worker/main.rs"), "crate::bin::worker");
        assert_eq!(text("examples/a.rs"), "crate::examples::a");
    }
}

//! The Rust part of a model: where the types of a library are found, which calls create them, and
//! how options are set on them. `RustIndex` answers these questions over all models. Names shared
//! by several libraries (a pool manager can be a client of another crate) mean the same type in all
//! of them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::facts::raw::SourceLanguage;
use crate::knowledge::clients::model::{ClientModel, OptionModel};
use crate::knowledge::clients::version::{LibraryVersion, VersionRange};
use crate::knowledge::clients::{ClientModels, LibraryModel};

/// The `[rust]` tables of a model.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RustForms {
    /// Crates that a crate of this library hands on under their own names.
    #[serde(default)]
    pub reexport: Vec<CrateReexport>,
    #[serde(default, rename = "type")]
    pub types: Vec<RustType>,
    #[serde(default)]
    pub call: Vec<RustCall>,
    /// Values that stand for a connection URL.
    #[serde(default)]
    pub url: Vec<UrlValueModel>,
    pub managed: Option<ManagedPool>,
    pub lent: Option<LentConnection>,
    #[serde(default)]
    pub compat: Vec<CrateCompat>,
    /// What builds the library with TLS.
    #[serde(default)]
    pub tls: Vec<TlsSupport>,
}

/// How a crate is built with TLS: by one of its features, which bring one of these crates.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsSupport {
    #[serde(rename = "crate")]
    pub krate: String,
    /// Those that most programs turn on come first: they are what a message names.
    pub features: Vec<String>,
    pub built_with: Vec<String>,
    pub source: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrateReexport {
    #[serde(rename = "crate")]
    pub krate: String,
    pub as_itself: Vec<String>,
    pub source: Option<String>,
}

/// A type that code may name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RustType {
    /// Its path, which is also what the other tables call it.
    pub name: String,
    /// Other paths that lead to it.
    #[serde(default)]
    pub also: Vec<String>,
    pub form: RustForm,
    /// The options that a value of another of the library's types sets.
    #[serde(default)]
    pub parts: Vec<OptionPart>,
    /// Methods and fields that set nothing that has a key.
    #[serde(default)]
    pub unmodelled: Vec<String>,
    pub note: Option<String>,
    pub source: Option<String>,
}

/// What can be done with values of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RustForm {
    /// A struct with public fields.
    Struct,
    /// Methods that take the value and give it back changed.
    Builder,
    /// Methods that change the value in place.
    BuilderInPlace,
    /// No options: a client, a manager, a connection.
    Handle,
}

/// A field or a method through which another type's options come.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptionPart {
    pub ident: String,
    #[serde(rename = "type")]
    pub part: String,
    pub through: PartAccess,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartAccess {
    Field,
    Method,
    /// A method that takes a closure, to which it hands the part.
    Closure,
}

/// A value that stands for a connection URL or a part of one: which of its fields, or which of its
/// positions, holds which part of the URL.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UrlValueModel {
    pub paths: Vec<String>,
    pub scheme: Option<String>,
    pub host: Option<String>,
    pub port: Option<String>,
    pub database: Option<String>,
    pub user: Option<String>,
    pub password: Option<String>,
    /// A switch: certificates are not verified.
    pub insecure: Option<String>,
    /// Fields that hold other parts.
    #[serde(default)]
    pub parts: Vec<String>,
    pub source: Option<String>,
}

/// A function of a type (`Type::name(..)`) or a method on its values.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RustCall {
    pub on: String,
    pub name: String,
    /// The type of the result, through `Result`, `Option` and futures.
    pub gives: Option<String>,
    /// Whether it takes a value: a method, else a function of the type.
    #[serde(default)]
    pub method: bool,
    /// It builds a client, whose options stand here; a row of `[[constructor]]` says the rest.
    pub client: Option<OptionsIn>,
    /// The result has what was written on the receiver.
    #[serde(default)]
    pub keeps: bool,
    /// The argument that holds a connection URL.
    pub url_arg: Option<usize>,
    /// The argument whose type tells what the pool holds.
    pub managed_arg: Option<usize>,
    /// The argument that is a client already: a connection of the same address.
    pub address_arg: Option<usize>,
    /// It stops the calling thread: never for async code.
    #[serde(default)]
    pub blocks: bool,
    pub note: Option<String>,
    since: Option<LibraryVersion>,
    until: Option<LibraryVersion>,
    pub source: Option<String>,
}

impl RustCall {
    /// How the other tables name it.
    pub fn path(&self) -> String {
        format!("{}::{}", self.on, self.name)
    }

    pub fn range(&self) -> VersionRange {
        VersionRange {
            since: self.since,
            until: self.until,
        }
    }
}

/// Where the options of a new client stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OptionsIn {
    /// On the value that the method is called on.
    Receiver,
    FirstArgument,
    SecondArgument,
    /// On its arguments, each a part of its own: `parts` of the type say which.
    Arguments,
    /// It takes none: the defaults hold, but for what its arguments set by their position.
    Nothing,
}

/// A pool that holds whatever its manager makes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManagedPool {
    /// Managers whose connections are this kind of server's.
    pub managers: Vec<String>,
    /// The trait of managers, the name of its associated type, and what that must be.
    #[serde(rename = "trait")]
    pub manager_trait: String,
    pub associated: String,
    pub connections: Vec<String>,
    pub note: Option<String>,
    pub source: Option<String>,
}

/// Methods to which a connection is lent for one command, or for the commands of one pipeline.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LentConnection {
    pub methods: Vec<String>,
    pub source: Option<String>,
}

/// Which release of another crate a release of this library's own crate carries: from this release
/// on, up to the next row's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrateCompat {
    #[serde(rename = "crate")]
    pub krate: String,
    pub from: LibraryVersion,
    /// The other crate and the first of its releases that fit.
    pub carries: String,
    pub since: LibraryVersion,
    pub until: LibraryVersion,
    pub source: Option<String>,
}

/// How a Rust method or field takes an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum RustValue {
    #[serde(rename = "plain")]
    Plain,
    /// `Some(value)` or `None`.
    #[serde(rename = "Option")]
    Wrapped,
    /// `Option` or the bare value.
    #[serde(rename = "Into<Option>")]
    Either,
    /// A bare number of milliseconds.
    #[serde(rename = "milliseconds")]
    Milliseconds,
    /// The call itself is the value: `true`.
    #[serde(rename = "nothing")]
    Nothing,
}

/// A call and the library whose model has it.
#[derive(Clone, Copy, Debug)]
pub struct ModelledCall<'m> {
    pub library: &'m LibraryModel,
    pub model: &'m ClientModel,
    pub call: &'m RustCall,
}

/// By type, then by the name on it.
type NamesByType<'m, T> = BTreeMap<&'m str, BTreeMap<&'m str, Vec<T>>>;

/// Everything that the models say of Rust code, by name.
#[derive(Debug, Default)]
pub struct RustIndex<'m> {
    paths: BTreeMap<&'m str, &'m str>,
    types: BTreeMap<&'m str, Vec<&'m RustType>>,
    calls: NamesByType<'m, ModelledCall<'m>>,
    options: NamesByType<'m, &'m OptionModel>,
    reexports: Vec<(&'m str, &'m str)>,
    managed: Vec<(&'m LibraryModel, &'m ManagedPool)>,
    urls: BTreeMap<&'m str, &'m UrlValueModel>,
    unmodelled: BTreeSet<(&'m str, &'m str)>,
}

impl<'m> RustIndex<'m> {
    pub fn new(models: &'m ClientModels) -> Self {
        let mut index = Self::default();
        for library in models.of_language(SourceLanguage::Rust) {
            if let Some(model) = library.model() {
                index.add(library, model);
            }
        }
        index
    }

    fn add(&mut self, library: &'m LibraryModel, model: &'m ClientModel) {
        let forms = &model.rust;
        for ty in &forms.types {
            self.types.entry(&ty.name).or_default().push(ty);
            self.paths.insert(&ty.name, &ty.name);
            for path in &ty.also {
                self.paths.insert(path, &ty.name);
            }
        }
        for ty in &forms.types {
            let fields = ty.unmodelled.iter();
            self.unmodelled
                .extend(fields.map(|f| (ty.name.as_str(), f.as_str())));
        }
        for call in &forms.call {
            let found = ModelledCall {
                library,
                model,
                call,
            };
            let on = self.calls.entry(&call.on).or_default();
            on.entry(&call.name).or_default().push(found);
        }
        for option in &model.option {
            for name in &option.names {
                for on in &name.on {
                    let on = self.options.entry(on).or_default();
                    let entry = on.entry(&name.ident).or_default();
                    if !entry.iter().any(|o| std::ptr::eq(*o, option)) {
                        entry.push(option);
                    }
                }
            }
        }
        for value in &forms.url {
            let paths = value.paths.iter().map(|path| (path.as_str(), value));
            self.urls.extend(paths);
        }
        for reexport in &forms.reexport {
            let inner = reexport.as_itself.iter();
            self.reexports
                .extend(inner.map(|krate| (reexport.krate.as_str(), krate.as_str())));
        }
        self.managed
            .extend(forms.managed.iter().map(|managed| (library, managed)));
    }

    /// The type that a path leads to.
    pub fn type_at(&self, path: &[String]) -> Option<&'m str> {
        self.paths.get(self.own(path).join("::").as_str()).copied()
    }

    /// The value behind a path that stands for a connection URL.
    pub fn url_value(&self, path: &[String]) -> Option<&'m UrlValueModel> {
        self.urls.get(self.own(path).join("::").as_str()).copied()
    }

    /// A path without the crates that only hand others on.
    pub fn own<'p>(&self, mut path: &'p [String]) -> &'p [String] {
        while let [outer, inner, ..] = path
            && self.reexports.iter().any(|(a, b)| a == outer && b == inner)
        {
            path = &path[1..];
        }
        path
    }

    pub fn form(&self, ty: &str) -> Option<RustForm> {
        Some(self.types.get(ty)?.first()?.form)
    }

    pub fn part(&self, ty: &str, ident: &str) -> Option<&'m OptionPart> {
        let types = self.types.get(ty)?.iter();
        types.flat_map(|t| &t.parts).find(|p| p.ident == ident)
    }

    pub fn parts(&self, ty: &str) -> impl Iterator<Item = &'m OptionPart> {
        let types = self.types.get(ty).into_iter().flatten();
        types.flat_map(|t| &t.parts)
    }

    pub fn calls(&self, ty: &str, name: &str) -> &[ModelledCall<'m>] {
        let on = self.calls.get(ty).and_then(|on| on.get(name));
        on.map_or(&[], Vec::as_slice)
    }

    /// The options that a method, field or function of a type sets.
    pub fn options(&self, ty: &str, ident: &str) -> &[&'m OptionModel] {
        let on = self.options.get(ty).and_then(|on| on.get(ident));
        on.map_or(&[], Vec::as_slice)
    }

    /// Everything that sets an option on a type.
    pub fn idents_on(&self, ty: &str) -> impl Iterator<Item = &'m str> {
        let on = self.options.get(ty).into_iter().flatten();
        on.map(|(ident, _)| *ident)
    }

    /// A method or field that is known to set nothing that has a key.
    pub fn is_unmodelled(&self, ty: &str, ident: &str) -> bool {
        self.unmodelled.contains(&(ty, ident))
    }

    /// Whether a manager of this type makes the library's connections.
    pub fn manages(&self, library: &LibraryModel, ty: &str) -> bool {
        self.managed
            .iter()
            .any(|(l, m)| l.id() == library.id() && m.managers.iter().any(|t| t == ty))
    }

    /// Whether a type is the manager of some library.
    pub fn is_manager(&self, ty: &str) -> bool {
        let mut managed = self.managed.iter();
        managed.any(|(_, m)| m.managers.iter().any(|t| t == ty))
    }

    /// The traits of managers, with the library that each belongs to.
    pub fn manager_traits(&self) -> &[(&'m LibraryModel, &'m ManagedPool)] {
        &self.managed
    }
}

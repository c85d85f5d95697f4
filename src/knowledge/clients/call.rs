//! What a model says of code in languages that name their arguments: which calls build clients and
//! options, which settings of a file are clients, and what a client is handed to. Nothing here is of
//! one language; paths are written as code writes them.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::facts::raw::SourceLanguage;
use crate::knowledge::clients::needles::CodeNeedles;
use crate::knowledge::clients::{ClientModels, LibraryModel};

/// A call that makes a value of the library.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallModel {
    /// Paths of functions or classes.
    #[serde(default)]
    pub paths: Vec<String>,
    /// The types whose method it is, where it is one, and the method's name.
    #[serde(default)]
    pub on: Vec<String>,
    pub method: Option<String>,
    /// The type of the result; without one the receiver itself is given back.
    pub gives: Option<String>,
    /// What its positional arguments are called.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// What was written on the receiver holds for the result.
    #[serde(default)]
    pub keeps: bool,
    /// Its arguments are written on the receiver, a mapping by its entries.
    #[serde(default)]
    pub sets: bool,
    /// Its argument is a file whose variables are options, or a class whose fields are.
    #[serde(default)]
    pub reads_file: bool,
    /// Arguments that hold a client already: with one of these it builds none.
    #[serde(default)]
    pub borrows: Vec<String>,
    #[serde(default)]
    pub clients: Vec<BuiltClient>,
    pub note: Option<String>,
    pub source: Option<String>,
}

/// A client that a call or a setting makes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuiltClient {
    /// Its row of `[[constructor]]`.
    pub constructor: String,
    /// The options that may hold its connection URL, the first that is there counts.
    #[serde(default)]
    pub url: Vec<String>,
    /// The row of `[[option_source]]` that reads it.
    pub parser: Option<String>,
    /// Without a URL of a scheme that the parser accepts it is a client of another server.
    #[serde(default)]
    pub by_scheme: bool,
    /// Options are still written on the value after the call.
    #[serde(default)]
    pub late: bool,
    /// The option that says which client it is, and what it must say.
    pub key: Option<String>,
    #[serde(default)]
    pub values: Vec<String>,
    /// With one of these options it is another client.
    #[serde(default)]
    pub unless: Vec<String>,
}

/// A type of the library.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValueType {
    pub name: String,
    /// Members through which the value itself is configured.
    #[serde(default)]
    pub itself: Vec<String>,
    pub source: Option<String>,
}

/// A variable of a file, or a field of a class, that a framework reads as settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingModel {
    pub name: String,
    /// Each of its entries is settings of its own.
    #[serde(default)]
    pub entries: bool,
    /// The key that says who reads them, and what it must say.
    pub key: Option<String>,
    #[serde(default)]
    pub values: Vec<String>,
    /// Other variables of the file or the class are options, too: those that begin so, without it and
    /// in lower case.
    pub prefix: Option<String>,
    pub client: BuiltClient,
    pub source: Option<String>,
}

/// A call of another library that uses the client it is given.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandedTo {
    pub paths: Vec<String>,
    /// The argument's name, and its position where it has one.
    pub argument: String,
    pub position: Option<usize>,
    /// What it says of the data, in the words of `[[use]]`.
    pub word: String,
    pub source: Option<String>,
}

/// A row and the library that it is of.
pub struct Modelled<'m, T> {
    pub library: &'m LibraryModel,
    pub row: &'m T,
}

impl<T> Clone for Modelled<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Modelled<'_, T> {}

/// The rows of all libraries of a language by what code calls them.
pub struct CallIndex<'m> {
    calls: BTreeMap<&'m str, Modelled<'m, CallModel>>,
    methods: BTreeMap<(&'m str, &'m str, &'m str), Modelled<'m, CallModel>>,
    types: BTreeMap<(&'m str, &'m str), &'m ValueType>,
    pub settings: BTreeMap<&'m str, Vec<Modelled<'m, SettingModel>>>,
    handed: BTreeMap<&'m str, Modelled<'m, HandedTo>>,
    needles: Option<&'m CodeNeedles>,
    libraries: Vec<&'m LibraryModel>,
}

impl<'m> CallIndex<'m> {
    pub fn new(models: &'m ClientModels, language: SourceLanguage) -> Self {
        let mut index = Self {
            calls: BTreeMap::new(),
            methods: BTreeMap::new(),
            types: BTreeMap::new(),
            settings: BTreeMap::new(),
            handed: BTreeMap::new(),
            needles: models.needles(language),
            libraries: models.of_language(language).collect(),
        };
        for library in models.of_language(language) {
            let Some(model) = library.model() else {
                continue;
            };
            for row in &model.call {
                let modelled = Modelled { library, row };
                let paths = row.paths.iter().map(|path| (path.as_str(), modelled));
                index.calls.extend(paths);
                let name = row.method.as_deref();
                let on = row
                    .on
                    .iter()
                    .map(String::as_str)
                    .zip(name.into_iter().cycle());
                let methods = on.map(|(on, name)| ((library.id(), on, name), modelled));
                index.methods.extend(methods);
            }
            let types = model.value_type.iter();
            index
                .types
                .extend(types.map(|ty| ((library.id(), ty.name.as_str()), ty)));
            for row in &model.setting {
                let rows = index.settings.entry(&row.name).or_default();
                rows.push(Modelled { library, row });
            }
            for row in &model.handed {
                let modelled = Modelled { library, row };
                let paths = row.paths.iter().map(|path| (path.as_str(), modelled));
                index.handed.extend(paths);
            }
        }
        index
    }

    /// Of a language whose models do not say what calls give.
    pub fn empty() -> Self {
        Self {
            calls: BTreeMap::new(),
            methods: BTreeMap::new(),
            types: BTreeMap::new(),
            settings: BTreeMap::new(),
            handed: BTreeMap::new(),
            needles: None,
            libraries: Vec::new(),
        }
    }

    pub fn call(&self, path: &str) -> Option<Modelled<'m, CallModel>> {
        self.calls.get(path).copied()
    }

    pub fn method(&self, library: &str, on: &str, name: &str) -> Option<Modelled<'m, CallModel>> {
        self.methods.get(&(library, on, name)).copied()
    }

    /// Whether a member of a value is the value itself.
    pub fn is_itself(&self, library: &str, on: &str, member: &str) -> bool {
        let ty = self.types.get(&(library, on));
        ty.is_some_and(|ty| ty.itself.iter().any(|own| own == member))
    }

    pub fn find_handed(&self, path: &str) -> Option<Modelled<'m, HandedTo>> {
        self.handed.get(path).copied()
    }

    /// A text that can build a client: it holds the name of a constructor or of a setting.
    pub fn builds(&self, text: &str) -> bool {
        self.needles
            .is_some_and(|needles| needles.names.is_in(text))
    }

    /// A text that holds the name of a package.
    pub fn imports(&self, text: &str) -> bool {
        self.needles
            .is_some_and(|needles| needles.imports.is_in(text))
    }

    /// A text that holds the name of a setting: files of settings need not import what reads them.
    pub fn names_setting(&self, text: &str) -> bool {
        self.settings.keys().any(|name| text.contains(name))
    }

    fn packages(&self) -> impl Iterator<Item = &'m String> {
        let needles = self.needles.into_iter();
        needles.flat_map(|needles| needles.imports.words())
    }

    pub fn libraries(&self) -> Vec<&'m LibraryModel> {
        self.libraries.clone()
    }

    /// A name that the name of a package is a part of.
    pub fn names_library(&self, name: &str) -> bool {
        self.imports(&name.to_lowercase())
    }

    /// Whether a path leads into a library.
    pub fn is_library(&self, path: &str) -> bool {
        self.packages().any(|package| {
            let rest = path.strip_prefix(package.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }
}

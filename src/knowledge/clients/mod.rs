//! Models of client libraries: their names in code and the meaning of their options, by version.
//!
//! Models are the TOML files in `knowledge/clients`. The head of each model (packages and names) is
//! read on first use; the rest only when a file uses the library. Whether a value is a good choice
//! is decided by rules.

pub mod call;
pub mod expression;
pub mod model;
pub mod needles;
pub mod rust;
mod tables;
pub mod usage;
pub mod version;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{LazyLock, OnceLock};

use include_dir::{Dir, include_dir};

use crate::facts::raw::SourceLanguage;
use crate::facts::vocabulary::FactType;
use model::{
    ClientModel, ConstructionForm, Constructor, ModelHead, OptionModel, OptionSourceModel,
    PackageKind, VersionRanged,
};
use model::{UrlParam, ValueKind};
use needles::CodeNeedles;
use tables::ModelTable;
use usage::BlockingModel;
use version::LibraryVersion;

static FOLDER: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/knowledge/clients");
/// The heads of the models as JSON, which `build.rs` makes.
static HEADS: Dir<'static> = include_dir!("$OUT_DIR/knowledge/clients");
static BUILT_IN: LazyLock<ClientModels> =
    LazyLock::new(|| ClientModels::of_libraries(built_in_libraries()));

/// The tables that say which library a model is of.
const HEAD: [&str; 2] = ["client", "package"];

/// The built-in models, in the order of their names.
fn built_in_libraries() -> Vec<LibraryModel> {
    let toml = |path: &Path| path.extension().is_some_and(|e| e == "toml");
    let mut files: Vec<_> = FOLDER.files().filter(|f| toml(f.path())).collect();
    files.sort_by_key(|f| f.path());
    let model = |file: &'static include_dir::File<'static>| {
        let head = HEADS.get_file(file.path().with_extension("json"))?;
        let head = serde_json::from_str(head.contents_utf8()?).ok()?;
        Some(LibraryModel::new(file.contents_utf8()?, head))
    };
    files.into_iter().filter_map(model).collect()
}

/// What each option is for, by its name in rules: a sentence with its unit and the catch.
pub fn option_sentences() -> BTreeMap<String, String> {
    let file = FOLDER.get_file("options/sentences.toml");
    let text = file.and_then(|file| file.contents_utf8());
    text.and_then(|text| toml::from_str(text).ok())
        .unwrap_or_default()
}

/// The built-in models.
pub fn load_built_in() -> &'static ClientModels {
    &BUILT_IN
}

/// The models of client libraries.
#[derive(Debug)]
pub struct ClientModels {
    libraries: Vec<LibraryModel>,
    /// By language, each made when it is first asked for.
    needles: BTreeMap<SourceLanguage, OnceLock<CodeNeedles>>,
}

/// One library: its head, and its whole model once somebody asked for it.
#[derive(Debug)]
pub struct LibraryModel {
    pub head: ModelHead,
    text: &'static str,
    tables: Vec<ModelTable<'static>>,
    stats_calls: OnceLock<Vec<String>>,
    model: OnceLock<Option<ClientModel>>,
}

impl LibraryModel {
    fn of_text(text: &'static str) -> Option<Self> {
        let (before, tables) = tables::tables(text);
        let mut head = before.to_owned();
        let of_head = tables.iter().filter(|table| HEAD.contains(&table.name));
        of_head.for_each(|table| head.push_str(table.text));
        Some(Self::new(text, toml::from_str(&head).ok()?))
    }

    fn new(text: &'static str, head: ModelHead) -> Self {
        Self {
            head,
            text,
            tables: tables::tables(text).1,
            stats_calls: OnceLock::new(),
            model: OnceLock::new(),
        }
    }

    pub fn id(&self) -> &str {
        &self.head.client.id
    }

    pub fn name(&self) -> &str {
        &self.head.client.name
    }

    pub fn language(&self) -> SourceLanguage {
        self.head.client.language
    }

    /// The release that a pinned version is to be judged as: some are numbered out of line.
    pub fn read_as(&self, version: LibraryVersion) -> LibraryVersion {
        let rows = &self.head.client.read_as;
        let row = rows.iter().find(|row| row.release == version);
        row.map_or(version, |row| row.like)
    }

    fn tables(&self, name: &str) -> impl Iterator<Item = &ModelTable<'static>> {
        self.tables.iter().filter(move |table| table.name == name)
    }

    /// The calls that read the pool's statistics, without reading the whole model.
    pub fn stats_calls(&self) -> &[String] {
        self.stats_calls.get_or_init(|| {
            let calls = self.tables("stats").filter_map(|t| t.text_of("call"));
            let unique: BTreeSet<&str> = calls.collect();
            unique.into_iter().map(str::to_owned).collect()
        })
    }

    /// The calls that wait for data at the server, without reading the whole model.
    pub fn waiting_calls(&self) -> Vec<&'static str> {
        let rows = self.tables("blocking");
        let timed = rows.filter(|row| row.has_key("timeout_") && !row.has_key("for = "));
        timed.filter_map(|row| row.text_of("call")).collect()
    }

    /// The calls that take a connection out of a pool, without reading the whole model.
    pub fn taking_calls(&self) -> Vec<&'static str> {
        let rows = self.tables("take");
        rows.filter_map(|row| row.text_of("call")).collect()
    }

    /// The whole model. Built-in files are proven to load by a test.
    pub fn model(&self) -> Option<&ClientModel> {
        self.model
            .get_or_init(|| toml::from_str(self.text).ok())
            .as_ref()
    }

    /// The packages through which clients are built.
    pub fn client_packages(&self) -> impl Iterator<Item = &model::PackageModel> {
        self.head
            .package
            .iter()
            .filter(|p| matches!(p.kind, PackageKind::Client))
    }

    /// The names under which module files pin this library.
    pub fn manifest_keys(&self) -> impl Iterator<Item = &str> {
        self.client_packages()
            .filter_map(|p| p.manifest_key.as_deref())
    }

    /// Its packages by those names, with the newest release of each that was read.
    pub fn list_packages(&self) -> BTreeMap<String, String> {
        let newest = &self.head.client.checked_up_to;
        self.client_packages()
            .filter_map(|package| {
                let read = package.read_up_to.as_ref().unwrap_or(newest);
                Some((package.manifest_key.clone()?, read.clone()))
            })
            .collect()
    }
}

impl ClientModels {
    /// Models of these texts. One that does not load is left out; see the tests for the built-in ones.
    pub fn of_texts(texts: impl IntoIterator<Item = &'static str>) -> Self {
        let of_text = |text| LibraryModel::of_text(text);
        Self::of_libraries(texts.into_iter().filter_map(of_text).collect())
    }

    fn of_libraries(libraries: Vec<LibraryModel>) -> Self {
        let languages = libraries.iter().map(LibraryModel::language);
        Self {
            needles: languages.map(|l| (l, OnceLock::new())).collect(),
            libraries,
        }
    }

    pub fn libraries(&self) -> &[LibraryModel] {
        &self.libraries
    }

    pub fn get(&self, id: &str) -> Option<&LibraryModel> {
        self.libraries.iter().find(|l| l.id() == id)
    }

    /// Every library's id, in order.
    pub fn ids(&self) -> Vec<&str> {
        self.libraries.iter().map(LibraryModel::id).collect()
    }

    pub fn of_language(
        &self,
        language: SourceLanguage,
    ) -> impl Iterator<Item = &LibraryModel> + Clone {
        self.libraries
            .iter()
            .filter(move |library| library.language() == language)
    }

    /// The library whose clients this import path gives, with the package's name in code.
    pub fn by_import(&self, path: &str) -> Option<(&LibraryModel, &str)> {
        self.libraries.iter().find_map(|library| {
            let package = library.client_packages().find(|p| p.import_path == path)?;
            Some((library, package.default_ident.as_str()))
        })
    }

    /// What a text must hold to be worth parsing; none for a language without models.
    pub fn needles(&self, language: SourceLanguage) -> Option<&CodeNeedles> {
        let needles = self.needles.get(&language)?;
        Some(needles.get_or_init(|| CodeNeedles::of(self.of_language(language))))
    }

    /// Every canonical option with its type, for the vocabulary of rules. Reads only the two lines
    /// of each option that say so, since this is asked for at every start.
    pub fn option_types(&self) -> BTreeMap<String, FactType> {
        let mut types = BTreeMap::new();
        for library in &self.libraries {
            for option in library.tables("option") {
                if let (Some(key), Some(kind)) = (option.text_of("key"), option.text_of("kind")) {
                    types.entry(key.to_owned()).or_insert(type_of(kind));
                }
            }
        }
        types
    }
}

fn type_of(kind: &str) -> FactType {
    match kind {
        "int" => FactType::Int,
        "duration" => FactType::Duration,
        "bytes" => FactType::Size,
        // TLS is on, by a configuration or the URL's scheme.
        "bool" | "tls" => FactType::Bool,
        "float" => FactType::Number,
        "list" => FactType::List,
        _ => FactType::Text,
    }
}

impl ClientModel {
    pub fn constructor(&self, call: &str) -> Option<&Constructor> {
        self.constructor.iter().find(|c| c.call == call)
    }

    /// A function that returns options.
    pub fn option_source(&self, call: &str) -> Option<&OptionSourceModel> {
        self.option_source
            .iter()
            .find(|s| s.form == ConstructionForm::Function && s.call == call)
    }

    /// A method that makes options of another type of a value of this one.
    pub fn conversion(&self, option_type: &str, call: &str) -> Option<&OptionSourceModel> {
        self.option_source.iter().find(|s| {
            s.form == ConstructionForm::Method && s.call == call && on(&s.on, option_type)
        })
    }

    /// The option type that another package declares under this name.
    pub fn foreign_type(&self, package: &str, name: &str) -> Option<&str> {
        let mut types = self.option_type.iter();
        let same = |ty: &&model::OptionType| {
            ty.package.as_deref() == Some(package) && ty.name.rsplit('.').next() == Some(name)
        };
        types.find(same).map(|ty| ty.name.as_str())
    }

    /// The waiting call of this name that says how long it waits.
    pub fn waiting_call(&self, call: &str) -> Option<&BlockingModel> {
        let mut rows = self.blocking.iter();
        rows.find(|row| row.call == call && row.is_timed())
    }

    /// Whether a method is given a client for the time of one command.
    pub fn borrows(&self, call: &str) -> bool {
        let lent = self.rust.lent.iter().flat_map(|row| &row.methods);
        lent.into_iter().any(|method| method == call)
    }

    /// A type whose values tell a waiting call how long to wait.
    pub fn is_waiting_type(&self, name: &str) -> bool {
        let mut rows = self.blocking.iter();
        rows.any(|row| row.args_type.as_deref() == Some(name))
    }

    pub fn is_option_type(&self, name: &str) -> bool {
        self.option_type.iter().any(|t| t.name == name)
    }

    pub fn option(&self, key: &str) -> Option<&OptionModel> {
        self.option.iter().find(|o| o.key == key)
    }

    /// An option type and those nested in it.
    pub fn types<'a>(&'a self, option_type: &'a str) -> Vec<&'a str> {
        let declared = self.option_type.iter().find(|t| t.name == option_type);
        let carried = declared.into_iter().flat_map(|t| &t.carries);
        std::iter::once(option_type)
            .chain(carried.map(String::as_str))
            .collect()
    }

    /// How values of this option type are written.
    pub fn form(&self, option_type: &str) -> Option<ConstructionForm> {
        let declared = self.option_type.iter().find(|t| t.name == option_type);
        declared.map(|t| t.form)
    }

    /// The option that has this name in an option type or in one nested in it, in any version.
    pub fn option_named(&self, option_type: &str, ident: &str) -> Option<&OptionModel> {
        let types = self.types(option_type);
        self.option.iter().find(|o| o.has_name(&types, ident))
    }

    /// Whether a name that is written on these types sets this option in a release: it is called so
    /// there, or elsewhere and nothing else is called so there. A place among arguments is another
    /// option's in another release.
    pub fn writes_option(
        &self,
        option: &OptionModel,
        types: &[&str],
        ident: &str,
        version: LibraryVersion,
    ) -> bool {
        let is_called = |option: &OptionModel| option.has_name_in(types, ident, version);
        option.has_name(types, ident) && (is_called(option) || !self.option.iter().any(is_called))
    }

    /// The option type of this form that has an option of this name: a function or a method that
    /// sets one option.
    pub fn setter_type(&self, form: ConstructionForm, ident: &str) -> Option<&str> {
        let types = self.option_type.iter().filter(|t| t.form == form);
        types
            .map(|t| t.name.as_str())
            .find(|name| self.option_named(name, ident).is_some())
    }

    /// The constructor for which a literal of this option type is the client itself.
    pub fn literal(&self, option_type: &str) -> Option<&Constructor> {
        self.constructor
            .iter()
            .find(|c| c.form == ConstructionForm::Literal && c.option_type == option_type)
    }

    /// Whether an option type may have such a field: modelled or known to exist.
    pub fn knows_field(&self, option_type: &str, ident: &str) -> bool {
        self.option_named(option_type, ident).is_some()
            || self.unmodelled.fields.iter().any(|f| f == ident)
    }

    /// A version for every stretch in which no row of this model changes: the start of each.
    pub fn turning_points(&self) -> Vec<LibraryVersion> {
        let (first, end) = (self.client.since, self.client.until);
        let ranges = self
            .resolution
            .iter()
            .map(VersionRanged::range)
            .chain(self.constructor.iter().map(VersionRanged::range))
            .chain(self.option_source.iter().map(VersionRanged::range))
            .chain(self.blocking.iter().map(VersionRanged::range))
            .chain(self.option.iter().flat_map(OptionModel::ranges));
        let mut points: BTreeSet<LibraryVersion> = ranges
            .flat_map(|range| [range.since, range.until])
            .flatten()
            .filter(|version| first < *version && *version < end)
            .collect();
        points.insert(first);
        points.into_iter().collect()
    }

    /// Other crates whose releases some rows count, each with a release for every stretch in which
    /// none of those rows changes.
    pub fn other_crates(&self) -> BTreeMap<&str, BTreeSet<LibraryVersion>> {
        let mut crates: BTreeMap<&str, BTreeSet<LibraryVersion>> = BTreeMap::new();
        for default in self.option.iter().flat_map(|o| &o.defaults) {
            let Some(krate) = &default.krate else {
                continue;
            };
            let points = crates.entry(krate).or_default();
            points.insert(LibraryVersion::ZERO);
            points.extend(default.range().since);
            points.extend(default.range().until);
        }
        crates
    }

    /// Between which releases of another crate lies the one that a release of this library carries.
    pub fn find_carried(
        &self,
        krate: &str,
        version: LibraryVersion,
    ) -> Option<(LibraryVersion, LibraryVersion)> {
        let rows = self.rust.compat.iter();
        rows.filter(|row| row.carries == krate && row.from <= version)
            .max_by_key(|row| row.from)
            .map(|row| (row.since, row.until))
    }

    /// The types whose rows hold for a type, nearest first: itself, then where it has its defaults
    /// from.
    pub fn lineage<'a>(&'a self, option_type: &'a str) -> Vec<&'a str> {
        let mut line = vec![option_type];
        let mut at = option_type;
        while let Some(parent) = self
            .option_type
            .iter()
            .find(|t| t.name == at)
            .and_then(|t| t.defaults_from.as_deref())
            && !line.contains(&parent)
        {
            line.push(parent);
            at = parent;
        }
        line
    }
}

impl OptionModel {
    fn ranges(&self) -> impl Iterator<Item = version::VersionRange> {
        self.names
            .iter()
            .map(VersionRanged::range)
            .chain(
                self.defaults
                    .iter()
                    .filter(|d| d.krate.is_none())
                    .map(VersionRanged::range),
            )
            .chain(self.sentinels.iter().map(VersionRanged::range))
            .chain(self.url_params.iter().map(VersionRanged::range))
    }

    /// What these option types call the option in this version. Where it has two names, the last
    /// one that was given: the other is kept for old code.
    pub fn ident(&self, types: &[&str], version: LibraryVersion) -> Option<&str> {
        self.names
            .iter()
            .rev()
            .find(|n| any_on(&n.on, types) && n.range().contains(version))
            .map(|n| n.ident.as_str())
    }

    /// Whether one of these option types calls the option so, in any version.
    pub fn has_name(&self, types: &[&str], ident: &str) -> bool {
        let named = |n: &model::OptionName| n.ident == ident && any_on(&n.on, types);
        self.names.iter().any(named)
    }

    fn has_name_in(&self, types: &[&str], ident: &str, version: LibraryVersion) -> bool {
        let mut names = self.names.iter();
        names.any(|n| n.ident == ident && any_on(&n.on, types) && n.range().contains(version))
    }

    /// How a method of this name takes the option in this release.
    pub fn find_form(&self, ident: &str, version: LibraryVersion) -> Option<rust::RustValue> {
        self.names
            .iter()
            .find(|n| n.ident == ident && n.range().contains(version))?
            .rust_value
    }

    /// The default row of the nearest type that has one.
    pub fn default(
        &self,
        lineage: &[&str],
        version: LibraryVersion,
    ) -> Option<&model::DefaultModel> {
        self.default_by(lineage, |_| version)
    }

    /// The default row where rows may count the releases of another crate, by its name.
    pub fn default_by(
        &self,
        lineage: &[&str],
        version_of: impl Fn(Option<&str>) -> LibraryVersion,
    ) -> Option<&model::DefaultModel> {
        lineage.iter().find_map(|option_type| {
            self.defaults.iter().find(|d| {
                let version = version_of(d.krate.as_deref());
                on(&d.on, option_type) && d.range().contains(version)
            })
        })
    }

    /// The row for a written figure, of the nearest type that has one.
    pub fn sentinel(
        &self,
        lineage: &[&str],
        version: LibraryVersion,
        figure: i64,
    ) -> Option<&model::SpecialValue> {
        lineage.iter().find_map(|option_type| {
            self.sentinels.iter().find(|s| {
                on(&s.on, option_type) && s.range().contains(version) && s.range.contain(figure)
            })
        })
    }

    /// The URL parameters that set the option through this parser, the first that is present wins.
    pub fn url_params(
        &self,
        parser: &str,
        version: LibraryVersion,
    ) -> impl Iterator<Item = &UrlParam> {
        self.url_params
            .iter()
            .filter(move |p| on(&p.on, parser) && p.range().contains(version))
    }

    pub fn is_secret(&self) -> bool {
        self.kind == ValueKind::Secret
    }
}

fn any_on(list: &[String], types: &[&str]) -> bool {
    types.iter().any(|name| on(list, name))
}

fn on(list: &[String], name: &str) -> bool {
    list.iter().any(|n| n == name)
}

#[cfg(test)]
mod tests;

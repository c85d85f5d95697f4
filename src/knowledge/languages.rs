//! Facts about a programming language that do not depend on a client library: how many processors
//! its runtime uses, which functions handle requests, how metrics are collected, and conventional
//! folder names. Read from `knowledge/languages`.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::facts::raw;
use crate::knowledge::needle_set::NeedleSet;

mod flags;
mod own_packages;
mod standard_library;

pub use flags::{FlagKind, FlagPackage};
pub use own_packages::{DurationType, PackageFunction, PackageMeaning, TimeUnitName};
pub use standard_library::{
    MacroMeaning, MacroNames, MethodMeaning, MethodNames, RustDuration, SuccessNames,
};

static GO: LazyLock<Option<GoConventions>> =
    LazyLock::new(|| toml::from_str(include_str!("../../knowledge/languages/go.toml")).ok());

static RUST: LazyLock<Option<RustConventions>> =
    LazyLock::new(|| toml::from_str(include_str!("../../knowledge/languages/rust.toml")).ok());

static PYTHON: LazyLock<Option<CodeConventions>> =
    LazyLock::new(|| toml::from_str(include_str!("../../knowledge/languages/python.toml")).ok());

/// What is known of Python. The built-in file is proven to load by a test.
pub fn python() -> Option<&'static CodeConventions> {
    PYTHON.as_ref()
}

/// What surrounds clients in code, in the words of the shared reader: what the language's own calls
/// mean, how settings are read from outside, who serves a request.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeConventions {
    pub schema: u32,
    #[serde(default)]
    pub environment: Vec<VariableFunctions>,
    pub reader_words: ReaderWords,
    #[serde(default)]
    pub function: Vec<StandardFunction>,
    #[serde(default)]
    pub constant: Vec<NamedConstant>,
    #[serde(default)]
    pub settings_class: Vec<SettingsClass>,
    #[serde(default)]
    pub settings_object: Vec<SettingsObject>,
    #[serde(default)]
    pub settings_member: Vec<SettingsMember>,
    #[serde(default)]
    pub handler: Vec<RequestHandler>,
    /// Functions that end what they are given after a time.
    pub timeout: RuntimeTimeouts,
    pub programs: ProgramFiles,
    #[serde(default)]
    pub worker: Vec<WorkerProgram>,
    pub tests: TestFiles,
}

/// What the arguments of a variable's reader are called.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReaderWords {
    /// What holds where the variable is not set.
    pub default: String,
    /// The type that its text is read as.
    pub cast: String,
}

/// Files that a program has and a library has not.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramFiles {
    pub files: Vec<String>,
    /// What a file says that is run by itself.
    pub mark: String,
    /// Commands that run code of a project.
    pub runners: Vec<String>,
    /// The options of these commands behind which a module stands.
    pub module_options: Vec<String>,
    /// A command that says more processes than this says something else.
    pub most_workers: u64,
    pub source: String,
}

/// A command that starts several processes for the same work.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkerProgram {
    pub program: String,
    /// The word without which it starts none.
    pub command: Option<String>,
    /// The options that say how many.
    pub options: Vec<String>,
    /// The options that name a file which may say it.
    #[serde(default)]
    pub config_options: Vec<String>,
    /// The options that say what they are, and the values with which they are no processes.
    #[serde(default)]
    pub kind_options: Vec<String>,
    #[serde(default)]
    pub single_kinds: Vec<String>,
    /// Without a word there is one for each processor.
    #[serde(default)]
    pub by_processors: bool,
    pub source: String,
}

/// Calls and mappings that give a variable of the environment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariableFunctions {
    /// Their first argument names it, the second one or `default` is what holds otherwise.
    #[serde(default)]
    pub functions: Vec<String>,
    /// Their keys name it.
    #[serde(default)]
    pub mappings: Vec<String>,
    /// Calls whose result is such a function, written `PATH()` in the rows above.
    #[serde(default)]
    pub instances: Vec<String>,
    pub source: String,
}

/// A function of the language whose result the reader computes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandardFunction {
    pub paths: Vec<String>,
    pub meaning: FunctionMeaning,
    pub source: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FunctionMeaning {
    /// Reads a whole number.
    Int,
    Float,
    Text,
    Bool,
    /// A mapping of its arguments.
    Record,
    List,
    /// Its first argument, unchanged.
    Same,
    Lower,
    Upper,
    Strip,
    /// A text with its second argument in place of its first.
    Replace,
    /// A text with its arguments in place of its braces.
    Format,
    /// Of a mapping: the entry of a key, or the second argument.
    Entry,
    /// The same, and the entry is there from then on.
    EntryOrSet,
    /// The entries of another mapping are written over its own.
    Merge,
    Copy,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedConstant {
    pub path: String,
    pub value: toml::Value,
    pub source: String,
}

/// Classes whose fields the environment fills.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingsClass {
    pub bases: Vec<String>,
    /// Calls that describe a field: their first argument or `default` is what holds otherwise, and
    /// these arguments name the variable.
    pub describes: Vec<String>,
    pub names: Vec<String>,
    /// The word that is put before every variable, wherever in the class it is written.
    pub prefix: String,
    pub source: String,
}

/// An object through which a framework hands out the variables of a file of settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingsObject {
    pub path: String,
    /// What such a file, or a folder above it, is called.
    pub files: Vec<String>,
    pub source: String,
}

/// A member of a framework's objects that holds settings by their names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingsMember {
    pub member: String,
    /// The package without which a project has no such object.
    pub package: String,
    /// What a file of such settings, or a folder above it, is called.
    pub files: Vec<String>,
    pub source: String,
}

/// Functions that serve one request, by the decorator that a package gives them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestHandler {
    pub package: String,
    #[serde(default)]
    pub decorators: Vec<String>,
    /// A first parameter of this name makes one, too.
    #[serde(default)]
    pub parameters: Vec<String>,
    pub source: String,
}

/// Files that only tests run.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestFiles {
    pub folders: Vec<String>,
    pub files: Vec<String>,
    pub starts: Vec<String>,
    pub ends: Vec<String>,
    /// A class whose name holds one of these words holds the settings of tests.
    #[serde(default)]
    pub classes: Vec<String>,
    pub source: String,
}

impl TestFiles {
    pub fn is_test_class(&self, name: &str) -> bool {
        self.classes.iter().any(|word| name.contains(word.as_str()))
    }

    pub fn is_test(&self, path: &str) -> bool {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        folder
            .split('/')
            .any(|part| self.folders.iter().any(|own| own == part))
            || self.files.iter().any(|own| own == name)
            || self
                .starts
                .iter()
                .any(|start| name.starts_with(start.as_str()))
            || self.ends.iter().any(|end| name.ends_with(end.as_str()))
    }
}

impl CodeConventions {
    pub fn reads_variable(&self, path: &str) -> bool {
        let mut rows = self.environment.iter();
        rows.any(|row| row.functions.iter().any(|own| own == path))
    }

    pub fn is_environment(&self, path: &str) -> bool {
        let mut rows = self.environment.iter();
        rows.any(|row| row.mappings.iter().any(|own| own == path))
    }

    pub fn makes_reader(&self, path: &str) -> bool {
        let mut rows = self.environment.iter();
        rows.any(|row| row.instances.iter().any(|own| own == path))
    }

    pub fn meaning(&self, path: &str) -> Option<FunctionMeaning> {
        let mut rows = self.function.iter();
        let row = rows.find(|row| row.paths.iter().any(|own| own == path))?;
        Some(row.meaning)
    }

    pub fn constant(&self, path: &str) -> Option<&toml::Value> {
        let row = self.constant.iter().find(|row| row.path == path)?;
        Some(&row.value)
    }
}

/// What is known of Rust. The built-in file is proven to load by a test.
pub fn rust() -> Option<&'static RustConventions> {
    RUST.as_ref()
}

/// How Rust programs read their environment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RustConventions {
    pub schema: u32,
    pub environment: EnvironmentReaders,
    /// Macros that stand for the items that are written in them.
    pub items: ItemMacros,
    #[serde(default)]
    pub field: Vec<FilledField>,
    #[serde(default)]
    pub metrics: Vec<RustMetrics>,
    #[serde(default)]
    pub request: Vec<HandlerNames>,
    #[serde(default)]
    pub route: Vec<HandlerNames>,
    #[serde(default)]
    pub wrapper: Vec<Wrapper>,
    #[serde(default)]
    pub starter: Vec<TaskStarter>,
    pub duration: RustDuration,
    pub success: SuccessNames,
    #[serde(default)]
    pub method: Vec<MethodNames>,
    #[serde(default, rename = "macro")]
    pub macros: Vec<MacroNames>,
    pub timeout: RuntimeTimeouts,
    pub lasting: LastingWords,
    pub test_support: TestSupport,
    pub build: BuildTool,
    /// What the shared reader asks of a language in these words: of this one nothing.
    #[serde(skip)]
    pub shared: CodeConventions,
}

/// Types that share one value among all their users.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wrapper {
    pub types: Vec<String>,
    /// Functions of the types that make one, or give the same value again.
    pub functions: Vec<String>,
    pub source: String,
}

/// Functions that run what they are given as a task or on a thread.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskStarter {
    pub functions: Vec<String>,
    /// It runs concurrently with its caller.
    #[serde(default)]
    pub beside: bool,
    /// It runs on a thread where it may wait.
    #[serde(default)]
    pub may_wait: bool,
    pub source: String,
}

/// The tool by which a language's programs are built.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildTool {
    pub program: String,
    /// Its commands that make programs.
    pub commands: Vec<String>,
    /// Options that name the file to write.
    #[serde(default)]
    pub output: Vec<String>,
    /// Options that are followed by a value, without their dashes.
    #[serde(default)]
    pub valued: Vec<String>,
    /// Options that name what is built, each with its short forms.
    #[serde(default)]
    pub selects: Vec<Vec<String>>,
    pub source: String,
}

impl BuildTool {
    /// Whether a command that begins with these words makes a program.
    pub fn begins(&self, program: &str, command: &str) -> bool {
        program == self.program && self.commands.iter().any(|own| own == command)
    }

    /// Whether an option is followed by a value.
    pub fn takes_value(&self, option: &str) -> bool {
        let name = option.trim_start_matches('-');
        self.valued.iter().any(|own| own == name)
    }
}

/// The tools of all languages.
pub fn build_tools() -> Vec<(raw::SourceLanguage, &'static BuildTool)> {
    let go = go().map(|go| (raw::SourceLanguage::Go, &go.build));
    let rust = rust().map(|rust| (raw::SourceLanguage::Rust, &rust.build));
    go.into_iter().chain(rust).collect()
}

/// Names of a web framework: the types that a handler takes, or the attributes that make one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandlerNames {
    #[serde(rename = "crate")]
    pub krate: String,
    pub names: Vec<String>,
    pub source: String,
}

impl HandlerNames {
    /// Whether a path leads to one of them.
    pub fn is(&self, path: &[String]) -> bool {
        let [krate, .., name] = path else {
            return false;
        };
        *krate == self.krate && self.names.iter().any(|own| own == name)
    }
}

/// A crate that collects metrics.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RustMetrics {
    #[serde(rename = "crate")]
    pub krate: String,
    /// Methods that take a closure which is run at each scrape.
    #[serde(default)]
    pub scraped: Vec<String>,
    pub collector: Option<Collector>,
    pub source: String,
}

/// A trait whose method is called at each scrape.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collector {
    #[serde(rename = "trait")]
    pub name: String,
    pub method: String,
}

/// Functions that give a variable's text, by the ends of their paths.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentReaders {
    pub functions: Vec<String>,
    pub source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemMacros {
    pub macros: Vec<String>,
    pub source: String,
}

/// A field that an attribute fills from outside.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilledField {
    pub attributes: Vec<String>,
    /// Names the variable.
    pub key: Option<String>,
    /// Keys of a value that holds where nothing gives one.
    #[serde(default)]
    pub defaults: Vec<String>,
    /// The key of a function that gives it.
    pub function: Option<String>,
    pub source: String,
}

impl RustConventions {
    /// Whether a function gives the text of a variable.
    pub fn reads_variable(&self, path: &[String]) -> bool {
        let [.., module, name] = path else {
            return false;
        };
        let functions = self.environment.functions.iter();
        let mut parts = functions.filter_map(|function| function.split_once("::"));
        parts.any(|(own, function)| own == module && function == name)
    }

    /// Whether a function wraps its argument without changing it.
    pub fn wraps(&self, path: &[String]) -> bool {
        let [.., ty, name] = path else { return false };
        let mut wrappers = self.wrapper.iter();
        wrappers.any(|row| row.types.contains(ty) && row.functions.contains(name))
    }

    pub fn is_method(&self, name: &str, meaning: MethodMeaning) -> bool {
        let mut rows = self.method.iter().filter(|row| row.meaning == meaning);
        rows.any(|row| row.names.iter().any(|own| own == name))
    }

    pub fn is_macro(&self, name: &str, meaning: MacroMeaning) -> bool {
        let mut rows = self.macros.iter().filter(|row| row.meaning == meaning);
        rows.any(|row| row.names.iter().any(|own| own == name))
    }

    /// The row of a function that starts a task or a thread.
    pub fn starter(&self, name: &str) -> Option<&TaskStarter> {
        let mut rows = self.starter.iter();
        rows.find(|row| row.functions.iter().any(|own| own == name))
    }
}

/// What is known of Go. The built-in file is proven to load by a test.
pub fn go() -> Option<&'static GoConventions> {
    GO.as_ref()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoConventions {
    pub schema: u32,
    pub processors: ProcessorRule,
    #[serde(default)]
    pub processors_package: Vec<ProcessorsPackage>,
    pub folders: NonProductionFolders,
    #[serde(default)]
    pub request: Vec<RequestType>,
    #[serde(default)]
    pub metrics: Vec<MetricsPackage>,
    #[serde(default)]
    pub goroutine: Vec<MethodStarter>,
    #[serde(default)]
    pub fallback_tag: Vec<FallbackTag>,
    #[serde(default)]
    pub settings: Vec<SettingsPackage>,
    #[serde(default)]
    pub flag: Vec<FlagPackage>,
    #[serde(default)]
    pub exit: Vec<ProgramExit>,
    #[serde(default)]
    pub function: Vec<PackageFunction>,
    #[serde(default)]
    pub time_unit: Vec<TimeUnitName>,
    pub duration: DurationType,
    /// Functions that give a context an end.
    #[serde(default)]
    pub deadline: Vec<DeadlineCalls>,
    pub lasting: LastingWords,
    pub operators: OperatorFrameworks,
    pub test_support: TestSupport,
    pub build: BuildTool,
    /// What the shared reader asks of a language in these words: of this one nothing.
    #[serde(skip)]
    pub shared: CodeConventions,
}

/// What the main package of an operator imports, and what operators are called.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorFrameworks {
    pub packages: Vec<String>,
    /// The last part of a module's name, which may begin or end with `*`.
    pub modules: Vec<String>,
    pub source: String,
}

impl OperatorFrameworks {
    /// Whether a module of this name is an operator's.
    pub fn names_module(&self, name: &str) -> bool {
        self.modules.iter().any(|pattern| fits_name(pattern, name))
    }
}

impl GoConventions {
    /// Whether nothing runs behind a call of a package's function.
    pub fn never_returns(&self, package: &str, function: &str) -> bool {
        let mut rows = self.exit.iter().filter(|row| row.import_path == package);
        rows.any(|row| row.functions.iter().any(|own| own == function))
    }

    /// What a function of one of the language's own packages does.
    pub fn meaning(&self, package: &str, function: &str) -> Option<PackageMeaning> {
        let mut rows = self.function.iter();
        let row = rows.find(|row| {
            row.import_path == package && row.functions.iter().any(|own| own == function)
        });
        row.map(|row| row.meaning)
    }

    /// Whether functions of a package give variables of the environment.
    pub fn reads_environment(&self, package: &str) -> bool {
        let mut rows = self.function.iter();
        rows.any(|row| row.import_path == package && row.meaning.gives_variable())
    }

    /// The nanoseconds that a constant of a package stands for.
    pub fn nanoseconds(&self, package: &str, name: &str) -> Option<i64> {
        let mut units = self.time_unit.iter();
        let unit = units.find(|unit| unit.name == name);
        let unit = unit.filter(|_| package == self.duration.import_path);
        unit.map(|unit| unit.nanoseconds)
    }
}

/// Functions that end what they are given when a time is over.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuntimeTimeouts {
    pub functions: Vec<String>,
    pub source: String,
}

/// What stands in code that goes on after its work is done: it serves, waits, or starts something that
/// runs beside it. A program that says nothing of the kind ends by itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LastingWords {
    pub words: NeedleSet,
    pub source: String,
}

/// Packages that only code which supports tests imports.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestSupport {
    /// How their paths begin.
    pub packages: Vec<String>,
    pub source: String,
}

impl TestSupport {
    /// Whether a path is one of theirs, or lies below it.
    pub fn is(&self, path: &str) -> bool {
        let mut packages = self.packages.iter();
        packages.any(|own| {
            let rest = path.strip_prefix(own.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ':']))
        })
    }
}

/// Functions of a package that give a context an end.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeadlineCalls {
    pub import_path: String,
    pub functions: Vec<String>,
    /// The argument that is the time until then, where it is one.
    pub after: Option<usize>,
    pub source: String,
}

/// Functions that end the program, or the goroutine.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramExit {
    pub import_path: String,
    pub functions: Vec<String>,
    pub source: String,
}

/// A tag of a struct's field that says what the field is where nothing gives it a value.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FallbackTag {
    pub import_path: String,
    pub fallback: String,
    /// Tags of which one stands next to it.
    #[serde(default)]
    pub beside: Vec<String>,
    /// The tag that names the environment variable.
    pub variable: Option<String>,
    /// The tag of an outer field that puts something before the variable's name.
    pub prefix: Option<String>,
    /// Nothing but the variable gives the field a value.
    pub alone: bool,
    pub source: String,
}

/// A package that holds settings by key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingsPackage {
    pub import_path: String,
    /// The function that gives a key a value where nothing else does.
    pub defaults: String,
    /// Functions that read a key.
    pub reads: Vec<String>,
    pub source: String,
}

/// A method that runs what it is given at the side.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MethodStarter {
    pub import_path: String,
    pub method: String,
    pub source: String,
}

/// When the runtime obeys a container's CPU limit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessorRule {
    /// The language version from which it does.
    pub limited_since: String,
    /// The fewest that it takes.
    pub floor: u32,
    /// The variable that sets the number.
    pub variable: String,
    /// The call that does so in code, before its argument.
    pub call: String,
    /// The variable and the setting by which it obeys or not.
    pub settings_variable: String,
    pub setting: String,
    pub source: String,
}

/// A package that applies the limit in any version, rounding down.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessorsPackage {
    pub import_path: String,
    pub floor: u32,
    pub source: String,
}

/// Names of folders whose programs do not run in production.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NonProductionFolders {
    pub tools: Vec<String>,
    /// Programs that run once, by names that may begin or end with `*`.
    pub one_shot: Vec<String>,
    pub examples: Vec<String>,
    pub source: String,
}

impl NonProductionFolders {
    /// The program stands in a folder of tools, or in one that is called like what runs once.
    pub fn is_tool(&self, dir: &str) -> bool {
        dir.split('/').any(|part| {
            let mut one_shot = self.one_shot.iter();
            self.tools.iter().any(|t| t == part) || one_shot.any(|name| fits_name(name, part))
        })
    }

    /// The program stands in a folder of examples.
    pub fn is_example(&self, dir: &str) -> bool {
        dir.split('/')
            .any(|part| self.examples.iter().any(|e| e == part))
    }
}

/// Whether a name fits a pattern that may begin or end with `*`.
fn fits_name(pattern: &str, name: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(end), _) => name.ends_with(end),
        (_, Some(start)) => name.starts_with(start),
        _ => name == pattern,
    }
}

/// A type whose value is a request that is being served.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestType {
    pub import_path: String,
    #[serde(rename = "type")]
    pub name: String,
    pub source: String,
}

/// A package that makes metrics.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricsPackage {
    pub import_path: String,
    /// Functions that make a metric which is not collected until it is registered.
    pub loose: Vec<String>,
    /// Functions that call another one at each scrape.
    pub scraped: Vec<String>,
    /// The method by which a type is asked at each scrape.
    pub collects: Option<String>,
    pub source: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_file_loads() {
        let go = go().unwrap();
        assert!(go.folders.is_tool("cmd/tools/seed"));
        assert!(go.folders.is_example("examples/a"));
        assert!(!go.folders.is_tool("cmd/toolset"));
        assert!(go.folders.is_tool("cmd/backfill-index"));
        assert!(!go.folders.is_tool("cmd/migrations-server"));
        assert!(!go.request.is_empty() && !go.metrics.is_empty());
        let path = |text: &str| text.split("::").map(str::to_owned).collect::<Vec<_>>();
        let rust = rust().unwrap();
        assert!(rust.reads_variable(&path("std::env::var")));
        assert!(!rust.reads_variable(&path("config::var")));
    }
}

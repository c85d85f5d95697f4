//! Why something is not known: one variant for each kind of cause that code decides by or that a
//! reader is told in words of its own, and the one place that words them. Which cause holds is
//! decided where a value is lost; nothing reads the words back.

use std::fmt;

/// Why something is not known. Its display fits after "because"; the causes of client code are noun
/// phrases that also fit after "it comes from". Causes that are the same are equal, so that values
/// lost for one cause on two ways stay one value.
///
/// The variants of an area (`Template`, `Pin`, `Deployment` ...) hold a sentence that is written out
/// at the one place that mints it: that is allowed where no code decides by it and it holds no name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    // Environment variables in client code.
    /// The value is that of this variable.
    EnvironmentVariable(String),
    /// Computed from this variable: not its own value.
    FigureFromVariable(String),
    /// A text that these variables are parts of.
    TextFromVariables(Vec<String>),
    /// Whether this variable is set.
    VariablePresence(String),
    /// The error of reading this variable as a figure.
    VariableReadError(String),
    /// The error of reading this variable, or what stands in for it where it is not set.
    FallbackReadError(String),
    /// What is made of a variable's text.
    ComputedWith(Box<Cause>),
    /// A text that begins as a URL of this scheme; the rest comes from elsewhere.
    UrlWith {
        scheme: String,
        source: Box<Cause>,
    },
    /// Something outside may give it; this is what it is otherwise.
    UnlessSet {
        source: Box<Cause>,
        otherwise: String,
    },
    // Client code.
    /// Several branches give it different values.
    Branches,
    /// A kind of code that is not followed, as a noun phrase.
    Code(&'static str),
    /// A literal whose parts are not followed: there surely is a value.
    Literal,
    /// This piece of code.
    Expression(String),
    /// The same, where a sentence names it without marks.
    BareExpression(String),
    CodeVariable(String),
    AssignedField(String),
    /// The calls of this function are not all seen.
    CallersOf(String),
    /// Several functions have this name.
    WhichCalled(String),
    /// This value is handed on.
    FateOf(String),
    RunBy(String),
    WhichClient {
        count: usize,
        call: String,
    },
    WhichPool(usize),
    /// An option, a timeout or a count hangs on another cause: "it comes from ...".
    From {
        what: &'static str,
        cause: Box<Cause>,
    },
    /// Joined from elsewhere and secret: the evidence of the join.
    JoinedFrom(String),
    /// What the model, the URL or the library leaves open of a client.
    Client(&'static str),
    UrlMaySet(Option<String>),
    UrlParameter(String),
    UrlRefused {
        call: String,
        why: String,
    },
    /// A default that moves with another figure, and why that is not known.
    DefaultFollows {
        follows: String,
        cause: Option<Box<Cause>>,
    },
    PoolSizeOf(String),
    ProcessesOf {
        client: String,
        cause: Box<Cause>,
    },
    // Releases of libraries.
    Pin(&'static str),
    LibraryVersion(String),
    CrateSource(&'static str),
    // Processes.
    Process(&'static str),
    GoLine(String),
    Namesakes(usize),
    // Templates and what is filled in.
    Template(&'static str),
    /// These fields of a template.
    TemplateFields(Vec<String>),
    /// A template may leave the line out: what it says is known, but not whether it holds.
    Alternative,
    /// Of written text: what keeps it from being read.
    Text {
        text: String,
        fact: &'static str,
    },
    // Bounds.
    /// A text that is longer than is read: its rest is not seen.
    TooLong,
    /// Variables expand to more text than is filled in.
    FilledTooLong,
    TooMany(&'static str),
    // Versions of servers.
    /// Naming the server's version would settle it; the releases or the outcomes that differ.
    VersionDependent {
        releases: Option<String>,
        outcomes: Vec<&'static str>,
    },
    /// No table says which directives the version has; the nearest releases that have a table.
    NoDirectiveTable {
        version: String,
        nearest: String,
    },
    /// Of this release only some directives are known.
    PartialTable(String),
    // What is not seen of the tree.
    OutsideTree(String),
    OtherEnvironment(String),
    /// Several of one name; how many, where they were counted.
    SeveralInTree {
        name: String,
        count: Option<usize>,
    },
    /// Nothing in the scanned tree deploys the server.
    NotDeployed,
    /// The resource is a fragment of another.
    Fragment,
    /// A snippet or a document shows a part alone.
    Excerpt {
        by: &'static str,
        of: &'static str,
    },
    /// Of a named file, object or program: what it does or is that leaves the value open.
    Named {
        name: String,
        fact: &'static str,
    },
    /// Why the path of the configuration file is not known.
    FilePath(Box<Cause>),
    NotFollowed {
        path: String,
        cause: Box<Cause>,
    },
    VolumeOf {
        path: String,
        fact: &'static str,
    },
    NoItem {
        object: String,
        path: String,
    },
    NoKey(String),
    NoEntry {
        section: &'static str,
        name: String,
    },
    SeveralFiles(String),
    MadeInto(String),
    // Variables of deployments.
    Variable {
        name: String,
        fact: &'static str,
    },
    VariableNotVisible(String),
    VariableOf {
        name: String,
        source: String,
    },
    ServiceVariable(String),
    MaySet {
        file: String,
        name: String,
    },
    /// What another value says of it: `CPU limit: ...`.
    Of {
        what: String,
        cause: Box<Cause>,
    },
    // Deployments.
    Deployment(&'static str),
    /// Of a unit's host.
    Host(&'static str),
    /// Of the service that a provider runs.
    Provider(&'static str),
    Storage(&'static str),
    Image(&'static str),
    /// A file that no mount shows.
    InImage(String),
    ImageProgram(String),
    ImageStep {
        image: String,
        path: String,
    },
    ImageOptions {
        variable: String,
        cause: Box<Cause>,
    },
    Kustomize(&'static str),
    PatchNotFollowed(String),
    Release(&'static str),
    ChartValues(String),
    PartSwitchedOff(String),
    /// A sentence of a shape: data, not code.
    Shape(String),
    Operator(&'static str),
    SettingOf {
        path: String,
        setting: String,
    },
    // Commands and start scripts.
    Command(&'static str),
    StartScript(&'static str),
    ScriptDecides(String),
    ScriptWrites(String),
    ScriptOutsideTree(String),
    MissingArgument(usize),
    OutputOf(String),
    ChangesBy(String),
    MayChange {
        program: String,
        path: String,
    },
    // Servers and their lines.
    Server(&'static str),
    NotSaid(&'static str),
    DirectiveNotKnown(String),
    ModuleCommands(Vec<String>),
    ModuleSetting(String),
}

impl Cause {
    /// The value is not followed, and there surely is one.
    pub fn is_literal(&self) -> bool {
        match self {
            Self::Literal => true,
            Self::From { cause, .. } => cause.is_literal(),
            _ => false,
        }
    }

    /// It depends on the server's version, and on nothing that is named closer.
    pub const fn version() -> Self {
        Self::VersionDependent {
            releases: None,
            outcomes: Vec::new(),
        }
    }

    /// The variable that a value comes from as it is.
    pub fn variable(&self) -> Option<&str> {
        match self {
            Self::EnvironmentVariable(name) => Some(name),
            Self::UrlWith { source, .. } => source.variable(),
            _ => None,
        }
    }

    /// The variables that a value is as they are, or whose texts stand in it as they are.
    pub fn variables(&self) -> &[String] {
        match self {
            Self::EnvironmentVariable(name) => std::slice::from_ref(name),
            Self::TextFromVariables(names) => names,
            Self::UrlWith { source, .. } => source.variables(),
            _ => &[],
        }
    }

    /// It is a variable, or what is made of its text.
    pub fn is_environment(&self) -> bool {
        matches!(self, Self::EnvironmentVariable(_) | Self::ComputedWith(_))
    }

    /// The bare name of what a value comes from: the variable's, or the code's.
    pub fn source_name(&self) -> String {
        match self {
            Self::EnvironmentVariable(name) => name.clone(),
            Self::ComputedWith(cause) => format!("{}{COMPUTED}", cause.source_name()),
            other => other.to_string().trim_matches('`').to_owned(),
        }
    }

    /// The same piece of code in code marks, whether it is named by its text or by its kind.
    pub fn in_marks(self) -> Self {
        match self {
            Self::Code(kind) => Self::Expression(kind.to_owned()),
            other => other,
        }
    }

    /// The same piece of code without code marks.
    pub fn without_marks(self) -> Self {
        match self {
            Self::Expression(code) => Self::BareExpression(code),
            other => other,
        }
    }

    /// Naming the server's version would settle it: itself, or the cause that it hangs on.
    pub fn waits_for_version(&self) -> bool {
        match self {
            Self::VersionDependent { .. } => true,
            Self::ComputedWith(cause)
            | Self::UnlessSet { source: cause, .. }
            | Self::UrlWith { source: cause, .. }
            | Self::From { cause, .. }
            | Self::ProcessesOf { cause, .. }
            | Self::FilePath(cause)
            | Self::NotFollowed { cause, .. }
            | Self::Of { cause, .. }
            | Self::ImageOptions { cause, .. } => cause.waits_for_version(),
            Self::DefaultFollows { cause, .. } => cause
                .as_ref()
                .is_some_and(|cause| cause.waits_for_version()),
            _ => false,
        }
    }
}

const COMPUTED: &str = ", used in a calculation";

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal => f.write_str("an expression"),
            Self::EnvironmentVariable(name) => write!(f, "environment variable {name}"),
            Self::FigureFromVariable(name) => write!(f, "a number derived from {name}"),
            Self::TextFromVariables(names) => {
                write!(f, "a text made from {}", names.join(" and "))
            }
            Self::VariablePresence(name) => write!(f, "whether a value is given by {name}"),
            Self::VariableReadError(name) => write!(f, "the error of reading {name}"),
            Self::FallbackReadError(name) => {
                write!(f, "the error of reading what is given by {name}")
            }
            Self::ComputedWith(cause) => write!(f, "{cause}{COMPUTED}"),
            Self::UrlWith { source, .. } => write!(f, "{source}"),
            Self::UnlessSet { source, otherwise } => {
                write!(f, "{source} ({otherwise} if not set)")
            }
            Self::Branches => f.write_str("different branches of the code"),
            Self::Code(words)
            | Self::Client(words)
            | Self::Pin(words)
            | Self::Process(words)
            | Self::Deployment(words)
            | Self::Host(words)
            | Self::Provider(words)
            | Self::Storage(words)
            | Self::Image(words)
            | Self::Kustomize(words)
            | Self::Release(words)
            | Self::Operator(words)
            | Self::Command(words)
            | Self::Server(words) => f.write_str(words),
            Self::Expression(code) => write!(f, "`{code}`"),
            Self::BareExpression(words) | Self::Shape(words) => f.write_str(words),
            Self::CodeVariable(name) => write!(f, "variable `{name}`"),
            Self::AssignedField(field) => write!(f, "`{field}`, which the package assigns"),
            Self::CallersOf(name) => write!(f, "who calls `{name}`"),
            Self::WhichCalled(name) => write!(f, "which `{name}` is called"),
            Self::FateOf(name) => write!(f, "what becomes of `{name}`"),
            Self::RunBy(name) => write!(f, "what `{name}` runs"),
            Self::WhichClient { count, call } => {
                write!(f, "which of {count} clients `{call}` uses")
            }
            Self::WhichPool(count) => write!(
                f,
                "it is unknown which of the program's {count} pools they use"
            ),
            Self::From { what, cause } => write!(f, "{what} {cause}"),
            Self::JoinedFrom(evidence) => write!(f, "it comes from {evidence}"),
            Self::UrlMaySet(Some(name)) => write!(f, "the URL from {name} could set it"),
            Self::UrlMaySet(None) => f.write_str("the URL could set it"),
            Self::UrlParameter(name) => write!(f, "the URL's `{name}` sets it in its own way"),
            Self::UrlRefused { call, why } => write!(f, "`{call}` refuses the URL: {why}"),
            Self::DefaultFollows { follows, cause } => {
                write!(f, "the default is {follows}")?;
                cause
                    .as_ref()
                    .map_or(Ok(()), |cause| write!(f, ": {cause}"))
            }
            Self::PoolSizeOf(client) => {
                write!(f, "the number of connections of {client} is unknown")
            }
            Self::ProcessesOf { client, cause } => {
                write!(
                    f,
                    "the number of processes running {client} is unknown: {cause}"
                )
            }
            Self::LibraryVersion(library) => write!(f, "the version of {library} is unknown"),
            Self::CrateSource(source) => write!(f, "Cargo.toml takes the crate from a {source}"),
            Self::GoLine(line) => write!(
                f,
                "with go {line} in go.mod it is the number of CPUs of the node, regardless of the CPU limit"
            ),
            Self::Namesakes(count) => write!(f, "{count} workloads with the same name may run it"),
            Self::Template(does) => write!(f, "a template {does}"),
            Self::TemplateFields(fields) => {
                write!(f, "a template fills in {}", fields.join(" and "))
            }
            Self::Alternative => f.write_str("a template may leave this line out"),
            Self::Text { text, fact } => write!(f, "`{text}` {fact}"),
            Self::TooLong => f.write_str("it exceeds the size limit"),
            Self::FilledTooLong => {
                f.write_str("its variables expand to more text than redvet's limit")
            }
            Self::TooMany(does) => write!(f, "it {does} than redvet reads"),
            Self::VersionDependent { releases, outcomes } => {
                f.write_str("it depends on the version")?;
                if let Some(releases) = releases {
                    write!(f, ", which is one of {releases}")?;
                }
                if !outcomes.is_empty() {
                    write!(f, " ({})", outcomes.join(" or "))?;
                }
                Ok(())
            }
            Self::NoDirectiveTable { version, nearest } => write!(
                f,
                "there is no directive table for version {version}, and {nearest} does not have it"
            ),
            Self::PartialTable(release) => {
                write!(f, "not all directives of {release} are known")
            }
            Self::OutsideTree(name) => write!(f, "{name} is not in the scanned tree"),
            Self::OtherEnvironment(name) => write!(
                f,
                "{name} is in the scanned tree for another environment only"
            ),
            Self::SeveralInTree { name, count } => {
                write!(f, "{name} is in the scanned tree ")?;
                match count {
                    Some(count) => write!(f, "{count} times"),
                    None => f.write_str("several times"),
                }
            }
            Self::NotDeployed => f.write_str("nothing in the scanned tree deploys it"),
            Self::Fragment => f.write_str("the resource is a fragment of another"),
            Self::Excerpt { by, of } => write!(f, "{by} shows a part of {of}"),
            Self::Named { name, fact } => write!(f, "{name} {fact}"),
            Self::FilePath(cause) => {
                write!(f, "the path of its configuration file is unknown: {cause}")
            }
            Self::NotFollowed { path, cause } => write!(f, "{path} is not followed: {cause}"),
            Self::VolumeOf { path, fact } => write!(f, "the volume that holds {path} {fact}"),
            Self::NoItem { object, path } => {
                write!(f, "no item of {object} is mounted as {path}")
            }
            Self::NoKey(key) => write!(f, "its ConfigMap has no key {key}"),
            Self::NoEntry { section, name } => write!(f, "{section} has no {name}"),
            Self::SeveralFiles(name) => write!(f, "several files are named {name}"),
            Self::MadeInto(object) => write!(f, "objects generated from {object} are not followed"),
            Self::Variable { name, fact } => write!(f, "the variable {name} {fact}"),
            Self::VariableNotVisible(name) => {
                write!(f, "environment variable {name} is unknown")
            }
            Self::VariableOf { name, source } => {
                write!(f, "environment variable {name} comes from {source}")
            }
            Self::ServiceVariable(service) => {
                write!(f, "Kubernetes sets it for Service/{service}")
            }
            Self::MaySet { file, name } => write!(f, "{file} may set {name}"),
            Self::Of { what, cause } => write!(f, "{what}: {cause}"),
            Self::InImage(path) => {
                write!(f, "{path} is part of the image or written at start-up")
            }
            Self::ImageProgram(image) => {
                write!(f, "the default command of image {image} is unknown")
            }
            Self::ImageStep { image, path } => {
                write!(f, "a step of {image} writes or changes {path}")
            }
            Self::ImageOptions { variable, cause } => {
                write!(f, "the image adds the options in {variable}: {cause}")
            }
            Self::PatchNotFollowed(why) => write!(f, "a patch cannot be followed: {why}"),
            Self::ChartValues(chart) => {
                write!(f, "chart {chart} may have its own default values")
            }
            Self::PartSwitchedOff(path) => {
                write!(f, "`{path}` is false, so the chart is not deployed")
            }
            Self::SettingOf { path, setting } => write!(f, "{path} mentions {setting}"),
            Self::StartScript(does) => write!(f, "its start script {does}"),
            Self::ScriptDecides(name) => write!(f, "its start script decides {name}"),
            Self::ScriptWrites(path) => {
                write!(f, "its start script decides what is written to {path}")
            }
            Self::ScriptOutsideTree(name) => {
                write!(f, "its start script, {name}, is not in the scanned tree")
            }
            Self::MissingArgument(number) => write!(f, "argument ${number} is missing"),
            Self::OutputOf(program) => {
                write!(f, "the output of {program} is known only at runtime")
            }
            Self::ChangesBy(program) => {
                write!(f, "changes by {program} are not followed")
            }
            Self::MayChange { program, path } => write!(f, "{program} may change {path}"),
            Self::NotSaid(what) => write!(f, "neither image nor settings specify its {what}"),
            Self::DirectiveNotKnown(name) => write!(f, "`{name}` is unknown"),
            Self::ModuleCommands(names) => {
                let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
                let names = names.join(", ");
                write!(
                    f,
                    "{names} may come with a module, and modules are not covered"
                )
            }
            Self::ModuleSetting(name) => write!(
                f,
                "`{name}` may be a module's setting, and modules are not covered"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_that_hangs_on_the_version_waits_for_it() {
        let of = |cause: Cause| Cause::Of {
            what: "limits.memory".to_owned(),
            cause: Box::new(cause),
        };
        assert!(of(Cause::FilePath(Box::new(Cause::version()))).waits_for_version());
        // The same words, given by somebody else, are no such cause.
        let alike = Cause::Shape(Cause::version().to_string());
        assert!(!of(alike).waits_for_version());
    }

    #[test]
    fn only_a_variable_itself_is_looked_up_by_its_name() {
        let variable = Cause::EnvironmentVariable("URL".to_owned());
        assert_eq!(variable.variable(), Some("URL"));
        let unseen = Cause::VariableNotVisible("URL".to_owned());
        assert_eq!(unseen.variable(), None);
        let computed = Cause::ComputedWith(Box::new(variable));
        assert!(computed.is_environment() && computed.variable().is_none());
    }
}

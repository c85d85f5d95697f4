//! Asks the Python libraries what their clients hold, and redvet what it says that they hold.
//!
//! Every function of `tests/oracle_python/programs.py` builds one client; `held.py` prints what the
//! library then has. Whatever redvet reports as known must be that; what it calls unknown is only
//! counted. `REDVET_PYTHON_LIBRARIES` names a folder that holds an installation of each release, as
//! `.ci/run` makes it from the pinned requirements. Without it the test says that it is skipped.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use redvet::analysis::{InputFile, ProjectInputs, analyze};
use redvet::discover::FileKind;
use redvet::facts::estate::Subject;
use redvet::facts::{Datum, Meaning};
use redvet::knowledge::Knowledge;
use redvet::knowledge::clients::load_built_in;
use redvet::knowledge::clients::model::VersionRanged as _;
use redvet::knowledge::clients::version::LibraryVersion;
use redvet::source::Sources;

use crate::support::assert_no_faults;

/// Fewer would mean that redvet has lost sight of the programs.
const LEAST_COMPARISONS: usize = 2_000;
/// Clients that another function of the file builds are told there.
const ELSEWHERE: [&str; 2] = ["held_by_class", "wrapped"];

/// A release, and what the programs call it.
struct Release {
    library: &'static str,
    version: &'static str,
    client: &'static str,
}

const RELEASES: [Release; 6] = [
    redis("4.6.0"),
    redis("5.0.8"),
    redis("6.4.0"),
    redis("7.1.0"),
    redis("8.1.0"),
    Release {
        library: "valkey",
        version: "6.1.1",
        client: "Valkey",
    },
];

const fn redis(version: &'static str) -> Release {
    Release {
        library: "redis",
        version,
        client: "Redis",
    }
}

impl Release {
    /// The folder of its installation.
    fn name(&self) -> String {
        format!("{}-{}", self.library, self.version)
    }

    /// The programs, in the words of this library.
    fn files(&self) -> Vec<(String, String)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle_python");
        ["programs.py", "settings.py"]
            .map(|name| {
                let text = fs::read_to_string(folder.join(name)).unwrap();
                let secure = match self.library {
                    "valkey" => "\"valkeys://",
                    _ => "\"rediss://",
                };
                let text = text
                    .replace("LIBRARY", self.library)
                    .replace("CLIENT", self.client)
                    .replace("\"rediss://", secure)
                    .replace("SCHEME", self.library);
                (name.to_owned(), text)
            })
            .to_vec()
    }

    /// What the library holds, by program and option.
    fn held(&self, libraries: &Path) -> BTreeMap<String, BTreeMap<String, String>> {
        let place =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("oracle-{}", self.name()));
        fs::create_dir_all(&place).unwrap();
        for (name, text) in self.files() {
            fs::write(place.join(name), text).unwrap();
        }
        let printer = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle_python/held.py");
        let text = fs::read_to_string(printer).unwrap();
        fs::write(place.join("held.py"), text).unwrap();
        let output = Command::new("python3")
            .arg("held.py")
            .current_dir(&place)
            .env("PYTHONPATH", libraries.join(self.name()))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", self.name());
        let mut held: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            let [program, key, value] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("{line}");
            };
            let values = held.entry(program.to_owned()).or_default();
            values.insert(key.to_owned(), value.to_owned());
        }
        held
    }

    /// What redvet says of each program's client.
    fn said(&self) -> Vec<Subject> {
        let pins = format!("{}=={}\n", self.library, self.version);
        let input = |path: &str, kind, text: &str| InputFile {
            path: path.to_owned(),
            kind,
            text: Arc::from(text),
        };
        let files = self.files();
        let code = files
            .iter()
            .map(|(path, text)| input(path, FileKind::Python, text));
        let pins = input("requirements.txt", FileKind::PythonRequirements, &pins);
        let project = ProjectInputs {
            inputs: code.chain([pins]).collect(),
            ..ProjectInputs::default()
        };
        let knowledge = Knowledge::embedded().unwrap();
        analyze(Sources::default(), &project, &knowledge)
            .estate
            .clients
    }
}

/// The names of options that the model has for a release: a type and a name a line.
fn names_of_options(release: &Release) -> String {
    let models = load_built_in();
    let model = models.get(&format!("{}-py", release.library)).unwrap();
    let version = LibraryVersion::parse(release.version).unwrap();
    let options = &model.model().unwrap().option;
    let names = options.iter().flat_map(|option| &option.names);
    // A name of several parts belongs to another value; a class is not an argument.
    let is_argument = |ident: &str| ident.starts_with(char::is_lowercase) && !ident.contains('.');
    let names = names.filter(|name| name.range().contains(version) && is_argument(&name.ident));
    let lines = names.flat_map(|name| {
        let of = |ty: &String| format!("{ty}\t{}\n", name.ident);
        name.on.iter().map(of).collect::<Vec<_>>()
    });
    lines.collect()
}

/// The models give each name to several types of client at once: each has to take it.
#[test]
fn every_name_of_an_option_is_taken() {
    let Some(libraries) = std::env::var_os("REDVET_PYTHON_LIBRARIES").map(PathBuf::from) else {
        println!("SKIPPED: REDVET_PYTHON_LIBRARIES names no folder of installed libraries");
        return;
    };
    for release in &RELEASES {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle_python/names.py");
        let mut asked = Command::new("python3")
            .arg(script)
            .args([release.library, release.client])
            .env("PYTHONPATH", libraries.join(release.name()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let names = names_of_options(release);
        assert!(names.lines().count() >= 100, "{}", release.name());
        let mut stdin = asked.stdin.take().unwrap();
        stdin.write_all(names.as_bytes()).unwrap();
        drop(stdin);
        let output = asked.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", release.name());
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(said, "", "{}", release.name());
        println!("{}: {} names", release.name(), names.lines().count());
    }
}

/// Whether a value is what is held; nothing where the two cannot be compared.
fn agrees(datum: &Datum, held: &str) -> Option<bool> {
    let figure = || held.parse::<f64>().ok();
    Some(match datum {
        Datum::Special { raw, meaning } => match meaning {
            Meaning::Unlimited => held == "none" || agrees(raw, held)?,
            Meaning::Off => held == "0",
            Meaning::Replaced => agrees(raw, held)?,
            _ => return None,
        },
        Datum::Int(n) => (figure()? - *n as f64).abs() < 1e-9,
        Datum::Duration(seconds) => (figure()? - seconds).abs() < 1e-9,
        Datum::Bool(flag) => held.eq_ignore_ascii_case(&flag.to_string()),
        // A URL gives host and port in one.
        Datum::Text(text) => held == text || held == text.split(':').next()?,
        _ => return None,
    })
}

#[test]
fn what_is_said_to_be_known_is_what_the_python_library_holds() {
    let variable = std::env::var_os("REDVET_PYTHON_LIBRARIES").filter(|value| !value.is_empty());
    let Some(libraries) = variable.map(PathBuf::from) else {
        eprintln!("skipped: REDVET_PYTHON_LIBRARIES names no folder");
        return;
    };
    let (mut compared, mut unknown, mut wrong) = (0, 0, Vec::new());
    for release in &RELEASES {
        let said: BTreeMap<String, Subject> = release
            .said()
            .into_iter()
            .map(|client| (client.name.clone(), client))
            .collect();
        for (program, options) in release.held(&libraries) {
            let Some(client) = said.get(&program) else {
                continue;
            };
            for (key, held) in options {
                let value = client.option(&key);
                match value.and_then(|value| value.known_datum()) {
                    Some(datum) => match agrees(datum, &held) {
                        Some(false) => wrong.push(format!(
                            "{} {program} {key}: {datum:?}, held {held}",
                            release.name()
                        )),
                        Some(true) => compared += 1,
                        None => {}
                    },
                    None => unknown += usize::from(value.is_some()),
                }
            }
        }
    }
    eprintln!("{compared} known values agree, {unknown} are called unknown or absent");
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(compared >= LEAST_COMPARISONS, "only {compared} comparisons");
}

/// What can be seen without a library: redvet sees a client in every program.
#[test]
fn every_python_program_has_a_client() {
    for release in &RELEASES {
        let said: Vec<String> = release.said().into_iter().map(|c| c.name).collect();
        let files = release.files();
        let programs = files[0].1.lines().filter_map(|line| {
            let name = line.strip_prefix("def ")?.strip_suffix("():")?;
            (!ELSEWHERE.contains(&name)).then(|| format!("programs.py:{name}"))
        });
        let missing: Vec<String> = programs.filter(|id| !said.contains(id)).collect();
        assert_no_faults(
            &format!("{} tells of every program", release.name()),
            missing,
        );
    }
}

//! `redvet check`: settings, rules and files in; a report and an exit code out. Which fixes are
//! applied, and how files are written, is left to `mend` and `write`.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use crate::check::{self, Scope};
use crate::config;
use crate::finding::{EstateView, Note, Report, Severity};
use crate::fix::Fixed;
use crate::knowledge::Knowledge;
use crate::load::apply;
use crate::policy::{self, RuleSet};
use crate::report;
use crate::survey::Project;

use super::args::{CheckArgs, Format, Output};
use super::console::Console;
use super::failure::Failure;
use super::history::{self, Snapshot};
use super::mend::{self, Ground, Job};
use super::packs::PackFolder;
use super::progress::Progress;
use super::rendering::Rendering;
use super::settings_file::{self, SettingsFile};
use super::target::Target;
use super::{Outcome, accepted, packs, project, rule_settings, show};

/// Everything that a check needs, with no mistake left in it.
pub(super) struct Prepared {
    pub(super) target: Target,
    pub(super) stdin: Option<String>,
    /// What is checked instead of the files on disk.
    pub(super) staged: Option<Snapshot>,
    pub(super) knowledge: Knowledge,
    pub(super) file: SettingsFile,
    pub(super) rules: RuleSet,
    pub(super) settings: policy::Settings,
    /// What the settings and flags say that is to be told.
    pub(super) notes: Vec<Note>,
}

pub(super) fn run(args: &CheckArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let job = mend::job(args)?;
    let ready = prepare(args)?;
    let (stdin, knowledge) = (ready.stdin.as_deref(), &ready.knowledge);
    let read_from = match &ready.staged {
        Some(staged) => staged.target(&ready.target),
        None => ready.target.clone(),
    };
    let progress = Progress::start(console, "reading files");
    let read = project::read(&read_from, stdin, &ready.file, &args.given, knowledge)?;
    if args.show_settings || args.show_files {
        progress.end();
        console.print(&shown(args, &ready, &read.project));
        return Ok(Outcome::Clean);
    }
    let nothing = read.is_empty() && !args.allow_empty;
    let empty = || project::nothing_to_read(&ready.target, "`--allow-empty` makes this no error");
    if nothing && read.project.unreadable.is_empty() {
        return Err(empty());
    }
    let threshold = threshold(args, &ready.file.settings);
    progress.now(&format!("checking {} files", read.project.inputs.len()));
    let bench = Bench::of(&ready, &read.project, args)?;
    let first = bench.check(&[]);
    progress.end();
    let Some(job) = job else {
        bench.print(&first, args, console, Stream::Output)?;
        return if nothing {
            Err(empty())
        } else {
            Ok(judged(&first, threshold, args))
        };
    };
    bench.fix(first, job, threshold, args, console)
}

/// What is asked for instead of a check.
fn shown(args: &CheckArgs, ready: &Prepared, project: &Project) -> String {
    let mut text = String::new();
    if args.show_settings {
        text.push_str(&show::settings(ready, args));
    }
    if args.show_files {
        text.push_str(&show::files(project));
    }
    text
}

/// Where reports without a file of their own go.
#[derive(Clone, Copy)]
enum Stream {
    Output,
    Errors,
    Nowhere,
}

/// A project that can be checked again with other texts.
struct Bench<'a> {
    ready: &'a Prepared,
    project: &'a Project,
    scope: Scope,
}

impl<'a> Bench<'a> {
    fn of(ready: &'a Prepared, project: &'a Project, args: &CheckArgs) -> Result<Self, Failure> {
        Ok(Self {
            ready,
            project,
            scope: Scope {
                paths: ready.target.scope.clone(),
                accepted: accepted::of(&ready.file, &ready.target, args.baseline.as_deref())?,
                since: history::since(ready, args)?,
            },
        })
    }
}

impl Bench<'_> {
    /// Checks the project, with these texts instead of its own.
    fn check(&self, instead: &[Fixed]) -> Report {
        let ready = self.ready;
        let mut report = check::check(
            ready.file.sources.clone(),
            &with(self.project, instead),
            &ready.knowledge,
            &ready.rules,
            &ready.settings,
            &self.scope,
        );
        report.notes.extend(ready.notes.iter().cloned());
        report.notes.extend(no_redis(&report));
        report
    }

    fn fix(
        &self,
        first: Report,
        job: Job,
        threshold: Severity,
        args: &CheckArgs,
        console: &mut Console,
    ) -> Result<Outcome, Failure> {
        let ground = Ground {
            job,
            root: &self.ready.target.tree.root,
            scope: &self.scope,
            typed: self.typed(),
        };
        let hidden = mend::hidden(&first);
        if job.diff {
            self.print(&first, args, console, Stream::Nowhere)?;
        }
        let mended = ground.mend(first, &|instead| self.check(instead));
        if job.diff {
            let any = ground.show(&mended, &hidden, console);
            ground.say(&mended, console);
            return Ok(outcome(any, args));
        }
        ground.write(&mended, console)?;
        if ground.typed.is_none() {
            self.shrink_baseline(&mended.report, args)?;
        }
        let stream = match ground.typed {
            Some(_) => Stream::Errors,
            None => Stream::Output,
        };
        self.print(&mended.report, args, console, stream)?;
        ground.say(&mended, console);
        Ok(judged(&mended.report, threshold, args))
    }

    /// What is mended is known no more: it would be silenced if it came back.
    fn shrink_baseline(&self, report: &Report, args: &CheckArgs) -> Result<(), Failure> {
        let ready = self.ready;
        match &self.scope.accepted.baseline {
            Some(baseline) if !report.gone.is_empty() => {
                let named = args.baseline.as_deref();
                let path = accepted::baseline_path(&ready.file, &ready.target, named);
                accepted::write(&path, &baseline.less(&report.gone))
            }
            _ => Ok(()),
        }
    }

    fn print(
        &self,
        report: &Report,
        args: &CheckArgs,
        console: &mut Console,
        stream: Stream,
    ) -> Result<(), Failure> {
        let default = [Output {
            format: Format::Full,
            file: None,
        }];
        let outputs = if args.outputs.is_empty() {
            &default[..]
        } else {
            &args.outputs
        };
        let rendering = Rendering {
            report,
            args,
            rules: &self.ready.rules,
            folder: self.ready.target.below_repository(),
            estate: &|| self.estate(report),
        };
        for output in outputs {
            let render = |layout| rendering.render(output.format, layout);
            match &output.file {
                None => match stream {
                    Stream::Output => {
                        let mut text = render(console.layout)?;
                        if console.on_github {
                            text.push_str(&rendering.annotations(output.format, console.layout)?);
                        }
                        console.print(&text);
                    }
                    Stream::Errors => {
                        console.say(&render(console.errors)?);
                    }
                    Stream::Nowhere => {}
                },
                Some(path) => {
                    let text = render(report::Layout::default())?;
                    std::fs::write(path, text)
                        .map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
                }
            }
        }
        Ok(())
    }

    /// What the servers and clients of a report's texts are.
    fn estate(&self, report: &Report) -> EstateView {
        let ready = self.ready;
        let files = report.sources.iter();
        let texts: HashMap<&str, &Arc<str>> =
            files.map(|(_, file)| (file.path(), file.text())).collect();
        let mut project = self.project.clone();
        for input in &mut project.inputs {
            if let Some(text) = texts.get(input.path.as_str()) {
                input.text = Arc::clone(text);
            }
        }
        let sources = ready.file.sources.clone();
        check::effective(sources, &project, &ready.knowledge, &self.scope)
    }

    fn typed(&self) -> Option<(&str, &str)> {
        let path = self.ready.stdin.as_deref()?;
        let input = self.project.inputs.iter().find(|i| i.path == path)?;
        Some((path, &input.text))
    }
}

fn with(project: &Project, instead: &[Fixed]) -> Project {
    let mut project = project.clone();
    for input in &mut project.inputs {
        if let Some(fixed) = instead.iter().find(|fixed| fixed.path == input.path) {
            input.text = fixed.after.as_str().into();
        }
    }
    project
}

fn judged(report: &Report, threshold: Severity, args: &CheckArgs) -> Outcome {
    outcome(report.worst().is_some_and(|worst| worst >= threshold), args)
}

fn outcome(fails: bool, args: &CheckArgs) -> Outcome {
    if fails && !args.exit_zero {
        Outcome::Findings
    } else {
        Outcome::Clean
    }
}

/// The report of a check that nothing is printed of and nothing is mended after.
pub(super) fn report(ready: &Prepared, args: &CheckArgs) -> Result<Report, Failure> {
    let (target, stdin) = (&ready.target, ready.stdin.as_deref());
    let read = project::read(target, stdin, &ready.file, &args.given, &ready.knowledge)?;
    if read.is_empty() && read.project.unreadable.is_empty() {
        return Err(project::nothing_to_read(
            target,
            "name the folder of a repository",
        ));
    }
    Ok(Bench::of(ready, &read.project, args)?.check(&[]))
}

pub(super) fn prepare(args: &CheckArgs) -> Result<Prepared, Failure> {
    one_standard_output(&args.outputs)?;
    let (target, stdin) = target(args)?;
    ready(args, target, stdin, &[])
}

/// Reads settings and rules for a target. `packs` are rules beside those that the settings extend,
/// `stdin` is the path of the file whose text comes on standard input.
pub(super) fn ready(
    args: &CheckArgs,
    target: Target,
    stdin: Option<String>,
    packs: &[PackFolder],
) -> Result<Prepared, Failure> {
    let knowledge = project::knowledge()?;
    settings_file::check_given(&args.given, &knowledge)?;
    let staged = if args.staged {
        Some(Snapshot::of_index(&target, &knowledge)?)
    } else {
        None
    };
    let named = args.at.config.config.as_deref();
    let mut file = match &staged {
        Some(staged) if named.is_none() => staged.settings(&target)?,
        _ => settings_file::read(named, &target)?,
    };
    let rules = packs::with(packs, &mut file.sources, &knowledge)?;
    let rules = packs::extended(rules, &mut file, &knowledge)?;
    let mut mistakes = rule_settings::mistakes(&file.settings, &rules);
    mistakes.extend(settings_file::unknown_words(&file.settings, &knowledge));
    if !mistakes.is_empty() {
        let sources = file.sources;
        return Err(Failure::Mistakes { sources, mistakes });
    }
    let settings = policy::Settings {
        named_paths: named_paths(&target, stdin.as_deref()),
        ..rule_settings::with_flags(apply::policy_settings(&file.settings, &rules), args, &rules)?
    };
    let notes = rule_settings::former_ids(&file.settings, file.name.as_ref(), args, &rules);
    Ok(Prepared {
        notes,
        target,
        stdin,
        staged,
        knowledge,
        file,
        rules,
        settings,
    })
}

/// The target, and the path of the file whose text comes on standard input.
fn target(args: &CheckArgs) -> Result<(Target, Option<String>), Failure> {
    let paths = &args.at.paths;
    let dash = paths.iter().any(|path| path == Path::new("-"));
    match &args.stdin_filename {
        Some(name) if paths.is_empty() || (dash && paths.len() == 1) => {
            let (target, path) = Target::of_text(name, args.at.isolated)?;
            Ok((target, Some(path)))
        }
        Some(_) => Err(Failure::with_help(
            "with --stdin-filename nothing else is checked",
            "leave PATHS away, or write `-` for them",
        )),
        None if dash => Err(Failure::with_help(
            "`-` is the text on standard input, and its name is missing",
            "name it with --stdin-filename: the name says what kind of file it is",
        )),
        None => Ok((Target::of(paths, args.at.isolated)?, None)),
    }
}

fn named_paths(target: &Target, stdin: Option<&str>) -> Vec<String> {
    let mut paths = target.named_paths();
    paths.extend(stdin.map(str::to_owned));
    paths
}

/// The flag wins over the file.
pub(super) fn threshold(args: &CheckArgs, settings: &config::Settings) -> Severity {
    let told = settings.fail_on.as_ref().map(|severity| severity.value);
    let flag = args.fail_on.map(|word| word.severity());
    flag.or(told).unwrap_or(Severity::Warning)
}

fn no_redis(report: &Report) -> Option<Note> {
    let nothing = report.summary.servers == 0 && report.summary.clients == 0;
    nothing.then(|| Note {
        path: None,
        message: "no Redis or Valkey server and no client was found".to_owned(),
    })
}

fn one_standard_output(outputs: &[Output]) -> Result<(), Failure> {
    if outputs
        .iter()
        .filter(|output| output.file.is_none())
        .count()
        > 1
    {
        return Err(Failure::with_help(
            "only one report can go to standard output",
            "write the others to files, e.g. --output-format json=report.json",
        ));
    }
    Ok(())
}

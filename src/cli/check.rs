//! `redvet check`: settings, rules and files in; a report and an exit code out. Which fixes are
//! applied, and how files are written, is left to `mend` and `write`.

use std::collections::HashMap;
use std::sync::Arc;

use crate::check::{self, Scope};
use crate::finding::{EstateView, Note, Report, Severity};
use crate::fix::Fixed;
use crate::report;
use crate::survey::Project;

use super::args::{CheckArgs, Output};
use super::console::Console;
use super::failure::Failure;
use super::mend::{self, Ground, Job};
use super::prepared::{Prepared, prepare, threshold};
use super::progress::Progress;
use super::rendering::Rendering;
use super::{Outcome, accepted, previous_findings, project, show};

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
    let empty =
        || project::nothing_to_read(&ready.target, "use --allow-empty to exit 0 in this case");
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
                since: previous_findings::since(ready, args)?,
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
            format: &report::full::FORMAT,
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
            root: &self.ready.target.tree.root,
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
            "pass the folder of a project",
        ));
    }
    Ok(Bench::of(ready, &read.project, args)?.check(&[]))
}

fn no_redis(report: &Report) -> Option<Note> {
    let nothing = report.summary.servers == 0 && report.summary.clients == 0;
    nothing.then(|| Note {
        path: None,
        message: "no Redis or Valkey server or client was found".to_owned(),
    })
}

//! `redvet check`: settings, rules and files in; a report and an exit code out. Which fixes are
//! applied, and how files are written, is left to `apply_fixes` and `write`.

use std::collections::HashMap;
use std::sync::Arc;

use crate::analysis::ProjectInputs;
use crate::check::{self, ReportScope, StageListener};
use crate::finding::{EstateView, Report, ReportNote, Severity};
use crate::fix::FixedFile;
use crate::policy;
use crate::report;

use super::apply_fixes::{self, FixRequest, FixRun};
use super::args::{CheckArgs, OutputTarget};
use super::console::CommandConsole;
use super::failure::CliError;
use super::prepared::{PreparedCheck, least_severity, prepare, threshold};
use super::progress::ProgressLine;
use super::project::ReadProject;
use super::rendering::ReportRendering;
use super::stage_times::StageTimes;
use super::{CommandOutcome, previous_findings, project, show, suppressions, write};

pub(super) fn run(
    args: &CheckArgs,
    console: &mut CommandConsole,
) -> Result<CommandOutcome, CliError> {
    let job = apply_fixes::job(args)?;
    let ready = prepare(args)?;
    let (stdin, knowledge) = (ready.stdin.as_deref(), &ready.knowledge);
    let read_from = match &ready.staged {
        Some(staged) => staged.target(&ready.target),
        None => ready.target.clone(),
    };
    let progress = ProgressLine::start(console, "reading files");
    let times = StageTimes::start();
    let mut read = project::read(&read_from, stdin, &ready.file, &args.given, knowledge)?;
    read.project.today = suppressions::day(&ready.file.settings, args.today);
    if args.show_settings || args.show_files {
        progress.end();
        console.print(&render_listing(args, &ready, &read.project));
        return Ok(CommandOutcome::Clean);
    }
    let nothing = read.is_empty() && !args.allow_empty;
    let empty =
        || project::no_input_error(&ready.target, "use --allow-empty to exit 0 in this case");
    if nothing && read.project.unreadable.is_empty() {
        return Err(empty());
    }
    let threshold = threshold(args, &ready.file.settings);
    times.end("reading files");
    progress.now(&format!("checking {} files", read.project.inputs.len()));
    let mut bench = CheckRun::of(&ready, &read, args)?;
    let stages = times.clone();
    bench.scope.listener = StageListener::new(move |stage| stages.end(stage.name()));
    let first = bench.check(&[]);
    progress.end();
    let Some(job) = job else {
        bench.print(&first, args, console, ReportStream::Output)?;
        if args.statistics {
            times.end("report");
            console.say(&times.describe());
        }
        return if nothing {
            Err(empty())
        } else {
            Ok(decide_outcome(&first, threshold, args))
        };
    };
    bench.fix(first, job, threshold, args, console)
}

/// What is asked for instead of a check.
fn render_listing(args: &CheckArgs, ready: &PreparedCheck, project: &ProjectInputs) -> String {
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
enum ReportStream {
    Output,
    Errors,
    Nowhere,
}

/// A project that can be checked again with other texts.
struct CheckRun<'a> {
    ready: &'a PreparedCheck,
    project: &'a ProjectInputs,
    scope: ReportScope,
    /// Settings below the root that are not used.
    nested: Option<ReportNote>,
    /// What is less severe is not reported.
    least: Severity,
}

impl<'a> CheckRun<'a> {
    fn of(
        ready: &'a PreparedCheck,
        read: &'a ReadProject,
        args: &CheckArgs,
    ) -> Result<Self, CliError> {
        Ok(Self {
            ready,
            project: &read.project,
            nested: read.describe_nested_settings(),
            least: least_severity(args, &ready.file.settings),
            scope: ReportScope {
                paths: ready.target.scope.clone(),
                accepted: suppressions::of(&ready.file, &ready.target, args)?,
                since: previous_findings::since(ready, args)?,
                single_findings: false,
                listener: StageListener::default(),
            },
        })
    }
}

impl CheckRun<'_> {
    /// Checks the project, with these texts instead of its own.
    fn check(&self, instead: &[FixedFile]) -> Report {
        let ready = self.ready;
        let mut report = check::check(
            ready.file.sources.clone(),
            &with(self.project, instead),
            &ready.knowledge,
            &ready.rules,
            &ready.settings,
            &self.scope,
        );
        let root = &ready.target.tree.root;
        let root = root.canonicalize().unwrap_or_else(|_| root.clone());
        report.root = root.to_string_lossy().into_owned();
        report.notes.extend(ready.notes.iter().cloned());
        report.notes.extend(self.nested.clone());
        report.notes.extend(no_redis(&report));
        keep_from(&mut report, self.least);
        report
    }

    fn fix(
        &self,
        first: Report,
        job: FixRequest,
        threshold: Severity,
        args: &CheckArgs,
        console: &mut CommandConsole,
    ) -> Result<CommandOutcome, CliError> {
        let ground = FixRun {
            job,
            root: &self.ready.target.tree.root,
            scope: &self.scope,
            typed: self.typed_input(),
        };
        let hidden = apply_fixes::find_hidden_lines(&first);
        if job.diff {
            self.print(&first, args, console, ReportStream::Nowhere)?;
        }
        let rounds = ground.apply_rounds(first, &|instead| self.check(instead));
        if job.diff {
            let any = ground.show(&rounds, &hidden, console);
            ground.say(&rounds, console);
            return Ok(outcome(any, args));
        }
        ground.write(&rounds, console)?;
        if ground.typed.is_none() {
            self.shrink_baseline(&rounds.report, args)?;
        }
        let stream = match ground.typed {
            Some(_) => ReportStream::Errors,
            None => ReportStream::Output,
        };
        self.print(&rounds.report, args, console, stream)?;
        ground.say(&rounds, console);
        Ok(decide_outcome(&rounds.report, threshold, args))
    }

    /// What is fixed is no longer in the baseline: it would be silenced if it came back.
    fn shrink_baseline(&self, report: &Report, args: &CheckArgs) -> Result<(), CliError> {
        let ready = self.ready;
        match &self.scope.accepted.baseline {
            Some(baseline) if !report.gone.is_empty() => {
                let named = args.baseline.as_deref();
                let path = suppressions::baseline_path(&ready.file, &ready.target, named);
                let root = suppressions::baseline_root(&ready.file, named);
                suppressions::write(&path, root, &ready.target, &baseline.less(&report.gone))
            }
            _ => Ok(()),
        }
    }

    fn print(
        &self,
        report: &Report,
        args: &CheckArgs,
        console: &mut CommandConsole,
        stream: ReportStream,
    ) -> Result<(), CliError> {
        let default = [OutputTarget {
            format: &report::full::FORMAT,
            file: None,
        }];
        let outputs = if args.outputs.is_empty() {
            &default[..]
        } else {
            &args.outputs
        };
        let listed = report.keep_most_severe(self.ready.file.limits.findings);
        let report = listed.as_ref();
        let rendering = ReportRendering {
            report,
            args,
            rules: &self.ready.rules,
            repository: self.ready.target.repository(),
            estate: &|| self.estate(report),
            root: &self.ready.target.tree.root,
        };
        for output in outputs {
            let render = |layout| rendering.render(output.format, layout);
            match &output.file {
                None => match stream {
                    ReportStream::Output => {
                        let mut text = render(console.layout)?;
                        if console.on_github {
                            text.push_str(&rendering.annotations(output.format, console.layout)?);
                        }
                        console.print(&text);
                    }
                    ReportStream::Errors => {
                        console.say(&render(console.errors)?);
                    }
                    ReportStream::Nowhere => {}
                },
                Some(path) => {
                    let text = render(report::TextLayout::default())?;
                    write::write_output(&self.ready.target.find_trusted_root(), path, &text)?;
                }
            }
        }
        Ok(())
    }

    /// What the servers and clients of a report's texts are, without those of files that no rule judges.
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
        let mut estate = check::effective(sources, &project, &ready.knowledge, &self.scope);
        let quiet = policy::QuietPaths::new(&ready.rules, &ready.settings);
        estate.servers.retain(|server| !quiet.is_test(&server.path));
        estate.clients.retain(|client| !quiet.is_test(&client.path));
        estate
    }

    fn typed_input(&self) -> Option<(&str, &str)> {
        let path = self.ready.stdin.as_deref()?;
        let input = self.project.inputs.iter().find(|i| i.path == path)?;
        Some((path, &input.text))
    }
}

fn with(project: &ProjectInputs, instead: &[FixedFile]) -> ProjectInputs {
    let mut project = project.clone();
    for input in &mut project.inputs {
        if let Some(fixed) = instead.iter().find(|fixed| fixed.path == input.path) {
            input.text = fixed.after.as_str().into();
        }
    }
    project
}

fn decide_outcome(report: &Report, threshold: Severity, args: &CheckArgs) -> CommandOutcome {
    outcome(report.worst().is_some_and(|worst| worst >= threshold), args)
}

fn outcome(fails: bool, args: &CheckArgs) -> CommandOutcome {
    if fails && !args.exit_zero {
        CommandOutcome::Findings
    } else {
        CommandOutcome::Clean
    }
}

/// The report of a check that prints nothing and fixes nothing.
pub(super) fn report(ready: &PreparedCheck, args: &CheckArgs) -> Result<Report, CliError> {
    let (target, stdin) = (&ready.target, ready.stdin.as_deref());
    let mut read = project::read(target, stdin, &ready.file, &args.given, &ready.knowledge)?;
    read.project.today = suppressions::day(&ready.file.settings, args.today);
    if read.is_empty() && read.project.unreadable.is_empty() {
        return Err(project::no_input_error(
            target,
            "pass the folder of a project",
        ));
    }
    Ok(CheckRun::of(ready, &read, args)?.check(&[]))
}

/// Leaves out what is less severe, in the counts, too.
fn keep_from(report: &mut Report, least: Severity) {
    report.findings.retain(|finding| finding.severity >= least);
    let findings = &report.findings;
    let hidden = findings.iter().filter(|f| f.suppressed.is_some()).count();
    let summary = &mut report.summary;
    summary.suppressed = hidden;
    for (severity, shown) in [
        (Severity::Info, &mut summary.info),
        (Severity::Warning, &mut summary.warning),
    ] {
        if severity < least {
            *shown = 0;
        }
    }
}

fn no_redis(report: &Report) -> Option<ReportNote> {
    let nothing = report.summary.servers == 0 && report.summary.clients == 0;
    nothing.then(|| ReportNote {
        path: None,
        message: "no Redis or Valkey server or client was found".to_owned(),
    })
}

//! `check --show-files` and `--show-settings`: what a check would read, and the settings in force with
//! the place that each value comes from. Nothing is checked.

use crate::analysis::{InputFile, ProjectInputs};
use crate::config::{self, Settings, Spanned};
use crate::discover::FileKind;
use crate::policy;
use crate::source::{Sources, Span};

use super::args::CheckArgs;
use super::console::visible;
use super::prepared::{PreparedCheck, least_severity, threshold};
use super::suppressions;

/// The files that are read, one a line, and the folders that are not because a tool fills them.
pub(super) fn files(project: &ProjectInputs) -> String {
    let own = |input: &&InputFile| input.kind != FileKind::Supporting;
    let read = project.inputs.iter().filter(own);
    let mut paths: Vec<&str> = read.map(|input| input.path.as_str()).collect();
    paths.sort_unstable();
    let read = paths.iter().map(|path| format!("{}\n", visible(path)));
    let passed_over = project.passed_over.iter();
    let passed_over =
        passed_over.map(|path| format!("# not read: {}/ (filled by a tool)\n", visible(path)));
    read.chain(passed_over).collect()
}

/// Each setting as `key = value  # origin`.
pub(super) fn settings(ready: &PreparedCheck, args: &CheckArgs) -> String {
    let mut lines = SettingRows {
        sources: &ready.file.sources,
        rows: Vec::new(),
    };
    let own = &ready.file.settings;
    lines.put(
        "root",
        &ready.target.tree.root.display().to_string(),
        "found",
    );
    lines.switches(ready, args);
    lines.lists(own);
    lines.facts(own, args);
    lines.limits(&own.limits);
    for rule in own.rules.values() {
        lines.rule("rules", rule);
    }
    for part in &own.overrides {
        let paths: Vec<&str> = part.paths.iter().map(|p| p.value.as_str()).collect();
        let table = format!("overrides[{}]", paths.join(", "));
        for rule in part.rules.values() {
            lines.rule(&table, rule);
        }
    }
    for waiver in &own.waivers {
        lines.add_written("waiver", &waiver.rule);
    }
    let baseline =
        suppressions::baseline_path(&ready.file, &ready.target, args.baseline.as_deref());
    let there = if baseline.exists() {
        "found"
    } else {
        "default, not there"
    };
    let origin = match (&args.baseline, &own.baseline) {
        (Some(_), _) => "--baseline".to_owned(),
        (None, Some(from_settings)) => lines.place(from_settings.span),
        (None, None) => there.to_owned(),
    };
    lines.put("baseline", &baseline.display().to_string(), &origin);
    lines.text()
}

/// Rows of settings.
struct SettingRows<'a> {
    sources: &'a Sources,
    rows: Vec<(String, String)>,
}

impl SettingRows<'_> {
    fn place(&self, span: Span) -> String {
        let line = self.sources.start(span).line;
        format!("{}:{line}", self.sources.path(span))
    }

    fn put(&mut self, key: &str, value: &str, origin: &str) {
        self.rows
            .push((format!("{key} = {value}"), origin.to_owned()));
    }

    fn add_written(&mut self, key: &str, value: &Spanned<String>) {
        let origin = self.place(value.span);
        self.put(key, &value.value, &origin);
    }

    fn switches(&mut self, ready: &PreparedCheck, args: &CheckArgs) {
        let own = &ready.file.settings;
        let from_settings = |flag: bool, name: &str, span: Option<Span>| match (flag, span) {
            (true, _) => name.to_owned(),
            (false, Some(span)) => self.place(span),
            (false, None) => "default".to_owned(),
        };
        let profile = from_settings(
            args.profile.is_some(),
            "--profile",
            own.profile.as_ref().map(|p| p.span),
        );
        let fail_on = from_settings(
            args.fail_on.is_some(),
            "--fail-on",
            own.fail_on.as_ref().map(|s| s.span),
        );
        let least = from_settings(
            args.min_severity.is_some(),
            "--min-severity",
            own.min_severity.as_ref().map(|s| s.span),
        );
        self.put("profile", ready.settings.profile.as_str(), &profile);
        self.put("fail-on", threshold(args, own).as_str(), &fail_on);
        self.put("min-severity", least_severity(args, own).as_str(), &least);
        for (flag, patterns) in [("select", &args.select), ("ignore", &args.ignore)] {
            for pattern in patterns {
                self.put(flag, pattern, &format!("--{flag}"));
            }
        }
        // The flag stands in place of the file's own selection; what is ignored adds up.
        let select = own.select.iter().filter(|_| args.select.is_empty());
        select.for_each(|pattern| self.add_written("select", pattern));
        let ignore = own.ignore.iter();
        ignore.for_each(|pattern| self.add_written("ignore", pattern));
        let running = policy::running_rules(&ready.rules, &ready.settings).len();
        let all = ready.rules.len();
        self.put(
            "rules",
            &format!("{running} of {all}"),
            "profile, select, ignore",
        );
    }

    fn limits(&mut self, limits: &config::Limits) {
        let set = [
            ("file-size", &limits.file_size),
            ("servers", &limits.servers),
            ("clients", &limits.clients),
            ("name-length", &limits.name_length),
            ("findings", &limits.findings),
            ("expression-steps", &limits.expression_steps),
        ];
        for (key, limit) in set {
            if let Some(limit) = limit {
                let origin = self.place(limit.span);
                self.put(&format!("limits.{key}"), &limit.value.to_string(), &origin);
            }
        }
    }

    fn lists(&mut self, own: &Settings) {
        for (key, list) in [("extends", &own.extends), ("exclude", &own.exclude)] {
            for item in list {
                self.add_written(key, item);
            }
        }
        let quiet = [
            ("quiet.tests", &own.quiet.tests),
            ("quiet.samples", &own.quiet.samples),
            ("quiet.development", &own.quiet.development),
        ];
        for (key, list) in quiet {
            match list {
                None => self.put(key, "from the rule pack", "default"),
                Some(list) => list.iter().for_each(|item| self.add_written(key, item)),
            }
        }
    }

    /// Facts for servers; a flag fills in what no manifest tells, before the defaults.
    fn facts(&mut self, own: &Settings, args: &CheckArgs) {
        let given = &args.given;
        let flags = [
            ("server", given.server.as_ref().map(version)),
            ("memory", given.memory.map(|bytes| bytes.to_string())),
            ("cpus", given.cpus.map(|cores| cores.to_string())),
            ("build", given.build.clone()),
        ];
        for (key, value) in flags {
            if let Some(value) = value {
                self.put(key, &value, &format!("--{key}"));
            }
        }
        self.fact(
            "defaults.server",
            own.defaults.servers.version.as_ref(),
            version,
        );
        self.fact(
            "defaults.memory",
            own.defaults.servers.memory.as_ref(),
            u64::to_string,
        );
        self.fact(
            "defaults.cpus",
            own.defaults.servers.cpus.as_ref(),
            f64::to_string,
        );
        self.fact(
            "defaults.build",
            own.defaults.servers.build.as_ref(),
            String::clone,
        );
        self.fact("defaults.today", own.defaults.today.as_ref(), |day| {
            day.to_string()
        });
        for server in &own.servers {
            let key = |name: &str| format!("server[{}].{name}", server.name.value);
            self.fact(&key("memory"), server.facts.memory.as_ref(), u64::to_string);
            self.fact(&key("cpus"), server.facts.cpus.as_ref(), f64::to_string);
            self.fact(&key("version"), server.facts.version.as_ref(), version);
            self.fact(&key("build"), server.facts.build.as_ref(), String::clone);
            self.fact(&key("role"), server.facts.role.as_ref(), |role| {
                role.as_str().to_owned()
            });
        }
    }

    fn fact<T>(&mut self, key: &str, value: Option<&Spanned<T>>, show: impl Fn(&T) -> String) {
        if let Some(value) = value {
            let origin = self.place(value.span);
            self.put(key, &show(&value.value), &origin);
        }
    }

    fn rule(&mut self, table: &str, rule: &config::RuleSetting) {
        let key = |name: &str| format!("{table}.\"{}\".{name}", rule.id.value);
        self.fact(&key("enabled"), rule.enabled.as_ref(), bool::to_string);
        self.fact(&key("severity"), rule.severity.as_ref(), |s| {
            s.as_str().to_owned()
        });
        for (name, param) in &rule.params {
            let written = self.sources.slice(param.value.span).to_owned();
            let origin = self.place(param.value.span);
            self.put(&key(&format!("params.{name}")), &written, &origin);
        }
    }

    fn text(&self) -> String {
        let rows = self.rows.iter();
        rows.map(|(row, origin)| format!("{}  # {}\n", visible(row), visible(origin)))
            .collect()
    }
}

fn version(version: &config::ServerVersion) -> String {
    match &version.flavor {
        Some(flavor) => format!("{flavor}:{}", version.version),
        None => version.version.clone(),
    }
}

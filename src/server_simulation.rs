//! A server that starts with a configuration text: it starts, or it stops at a line and says why, and
//! the values that it is then left with.
//!
//! In: a series, a build, a text. Out: the first thing that the server would complain about and the
//! effective values as `CONFIG GET` shows them. What a line comes to and what stops a server is said by
//! [`ConfigSession`], which the facts of a check come from, too; here is what a process does beside it:
//! it opens files, enters folders and loads modules. They are seen through [`Host`]; nothing is opened
//! here.

use std::collections::BTreeMap;

use crate::knowledge::servers::language::{ServerBuild, StopStage};
use crate::knowledge::servers::{DirectiveSpec, ServerSeries, SpecialParser, UnknownDirective};
use crate::resolve::config_session::ConfigSession;
use crate::resolve::line::LineOutcome;
use crate::syntax::conf::{self, ConfLine};

mod arguments;

pub use crate::resolve::config_session::ServerRefusal;
pub use arguments::{ServerInvocation, join_arguments};

/// What the server can see of the machine that it runs on. `None`: not known here.
pub trait ServerHost {
    /// The text of a file, or why it cannot be opened, in the system's words.
    fn read(&self, path: &str) -> Option<Result<String, String>>;
    /// The files that a pattern matches, sorted.
    fn find_matching(&self, pattern: &str) -> Option<Vec<String>>;
    fn is_folder(&self, path: &str) -> Option<bool>;
    fn is_file(&self, path: &str) -> Option<bool>;
}

/// A host of which nothing is known: what depends on it is taken to be in order.
pub struct UnseenHost;

impl ServerHost for UnseenHost {
    fn read(&self, _path: &str) -> Option<Result<String, String>> {
        None
    }
    fn find_matching(&self, _pattern: &str) -> Option<Vec<String>> {
        None
    }
    fn is_folder(&self, _path: &str) -> Option<bool> {
        None
    }
    fn is_file(&self, _path: &str) -> Option<bool> {
        None
    }
}

/// A server that is given a configuration.
pub struct SimulatedServer<'a> {
    pub series: &'a ServerSeries,
    pub build: ServerBuild,
    pub host: &'a dyn ServerHost,
}

/// What a server makes of a text.
#[derive(Clone, Debug)]
pub struct ServerVerdict {
    pub refusal: Option<ServerRefusal>,
    /// Effective values by canonical name, as `CONFIG GET` shows them, of what was read before the
    /// server stopped.
    pub effective: BTreeMap<String, String>,
    /// Files that the text includes and that cannot be seen.
    pub unseen: Vec<String>,
}

impl SimulatedServer<'_> {
    /// Judges a file together with arguments and standard input.
    pub fn judge_call(&self, call: &ServerInvocation<'_>) -> ServerVerdict {
        self.judge(&join_arguments(self.series, call))
    }

    /// Judges a text as the server's own file.
    pub fn judge(&self, text: &str) -> ServerVerdict {
        let mut run = ServerRun::new(self);
        let refusal = run.text(text, 0).err();
        let refusal = refusal.or_else(|| run.startup());
        ServerVerdict {
            refusal,
            effective: run.effective(),
            unseen: run.unseen,
        }
    }
}

/// Files that include each other in many ways are cut off here. A server has no such bound: it reads
/// until it breaks off.
const MAX_INCLUDED: usize = 1000;
const MAX_DEPTH: usize = 100;

/// One server that reads.
struct ServerRun<'a> {
    server: &'a SimulatedServer<'a>,
    /// A line is called by its number in its text.
    session: ConfigSession<'a>,
    /// Settings for modules, in the order of writing.
    queued: BTreeMap<String, String>,
    /// The folder that the server has entered; empty: the one that it was started in.
    folder: String,
    /// A module that cannot be loaded: what the server tries first.
    unloaded: Option<ServerRefusal>,
    late: Option<ServerRefusal>,
    unseen: Vec<String>,
    included: usize,
}

impl<'a> ServerRun<'a> {
    fn new(server: &'a SimulatedServer<'a>) -> Self {
        Self {
            server,
            session: ConfigSession::new(server.series, server.build),
            queued: BTreeMap::new(),
            folder: String::new(),
            unloaded: None,
            late: None,
            unseen: Vec::new(),
            included: 0,
        }
    }

    /// Reads one text, `depth` texts within the server's own.
    fn text(&mut self, text: &str, depth: usize) -> Result<(), ServerRefusal> {
        let adjacent = self.server.series.language.adjacent_quotes;
        for line in conf::lines_as(&conf::keep_lines(text).text, adjacent) {
            self.line(&line, depth)?;
        }
        match self.conflict(StopStage::Config) {
            Some(refusal) => Err(refusal),
            None => Ok(()),
        }
    }

    fn line(&mut self, line: &ConfLine, depth: usize) -> Result<(), ServerRefusal> {
        let adjacent = line.glued && !self.server.series.language.adjacent_quotes;
        if line.unbalanced || adjacent {
            return Err(at_line(line, "Unbalanced quotes in configuration line"));
        }
        let words: Vec<&str> = line.words.iter().map(|word| word.text.as_str()).collect();
        let Some((name, args)) = words.split_first() else {
            return Ok(());
        };
        let reading = self.session.read(line.number, name, args).reading;
        let error = || reading.error.clone().unwrap_or_default();
        let directive = self.server.series.directive(name);
        match reading.outcome {
            LineOutcome::Refused(StopStage::Config) => return Err(at_line(line, error())),
            LineOutcome::Refused(stage) => {
                let refusal = late(stage, error());
                let form = directive.and_then(|directive| directive.form);
                let renames = stage == StopStage::Crash && form == Some(SpecialParser::Rename);
                // Renaming and entering a folder break off at once, all else when everything has been
                // read.
                if renames || form == Some(SpecialParser::Folder) {
                    return Err(refusal);
                }
                self.late.get_or_insert(refusal);
            }
            LineOutcome::Queued => {
                self.queued
                    .insert(name.to_ascii_lowercase(), args.join(" "));
                return Ok(());
            }
            LineOutcome::Taken => {}
        }
        if let Some(directive) = directive {
            self.act(directive, line, args, depth)?;
        }
        let values = &mut self.session.values;
        values.assign(name, (&reading).into(), line.number);
        Ok(())
    }

    /// What reading the line does beyond setting a value.
    fn act(
        &mut self,
        directive: &DirectiveSpec,
        line: &ConfLine,
        args: &[&str],
        depth: usize,
    ) -> Result<(), ServerRefusal> {
        match (directive.form, args) {
            (Some(SpecialParser::Include), [path]) => self.include(path, depth),
            (Some(SpecialParser::Folder), [path]) => self.enter(line, path),
            (Some(SpecialParser::LoadModule), [path, ..]) => {
                if self.server.host.is_file(&self.place(path)) == Some(false) {
                    let error = format!("Can't load module from {path}: server aborting");
                    self.unloaded.get_or_insert(late(StopStage::Startup, error));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn include(&mut self, path: &str, depth: usize) -> Result<(), ServerRefusal> {
        if depth == MAX_DEPTH || self.included == MAX_INCLUDED {
            let error = format!("{path} is included without end");
            return Err(late(StopStage::Crash, error));
        }
        self.included += 1;
        let wanted = self.place(path);
        let pattern = path.contains(['*', '?', '[']);
        let paths = if pattern && self.server.series.language.include_patterns {
            self.server.host.find_matching(&wanted)
        } else {
            Some(vec![wanted])
        };
        let mut text = String::new();
        for wanted in paths.iter().flatten() {
            match self.server.host.read(wanted) {
                Some(Ok(more)) => text.push_str(&conf::keep_lines(&more).text),
                Some(Err(why)) => {
                    let error = format!("Fatal error, can't open config file '{path}': {why}");
                    return Err(late(StopStage::Startup, error));
                }
                None => self.unseen.push(wanted.clone()),
            }
        }
        if paths.is_none() {
            self.unseen.push(path.to_owned());
        }
        self.session.values.open();
        let read = self.text(&text, depth + 1);
        self.session.values.close();
        read
    }

    /// A path as it is from where the server was started.
    fn place(&self, path: &str) -> String {
        if self.folder.is_empty() || path.is_empty() || path.starts_with('/') {
            return path.to_owned();
        }
        format!("{}/{path}", self.folder)
    }

    fn enter(&mut self, line: &ConfLine, path: &str) -> Result<(), ServerRefusal> {
        const MISSING: &str = "No such file or directory";
        let wanted = self.place(path);
        if self.server.host.is_folder(&wanted) != Some(false) {
            self.folder = wanted;
            return Ok(());
        }
        if self.server.series.language.missing_folder_exits {
            return Err(late(
                StopStage::Startup,
                format!("Can't chdir to '{path}': {MISSING}"),
            ));
        }
        Err(at_line(line, MISSING))
    }

    /// The first conflict of a stage between directives that were given.
    fn conflict(&self, stage: StopStage) -> Option<ServerRefusal> {
        let mut refusals = self.session.conflicts().filter_map(|found| found.refusal);
        refusals.find(|refusal| refusal.stage == stage)
    }

    fn value(&self, name: &str) -> Option<String> {
        let directive = self.server.series.directive(name)?;
        self.session.values.config_get(directive)
    }

    /// What stops the server after it has read everything.
    fn startup(&self) -> Option<ServerRefusal> {
        if let Some(unloaded) = &self.unloaded {
            return Some(unloaded.clone());
        }
        if !self.queued.is_empty() {
            return Some(late(StopStage::Startup, self.unclaimed_file()));
        }
        let conflict = self.conflict(StopStage::Startup);
        let late = conflict.or_else(|| self.late.clone());
        late.or_else(|| self.missing_file())
    }

    /// A file that the server needs and that cannot be read.
    fn missing_file(&self) -> Option<ServerRefusal> {
        let needed = &self.server.series.language.needed_files;
        needed.iter().find_map(|needed| {
            let path = self.value(&needed.directive).filter(|p| !p.is_empty())?;
            let there = self.server.host.is_file(&self.place(&path))?;
            (!there).then(|| late(StopStage::Startup, needed.error.clone()))
        })
    }

    fn unclaimed_file(&self) -> String {
        let queued = &self.server.series.language.messages.queued;
        if self.server.series.unknown_directive == UnknownDirective::RefusesFile {
            return queued.clone();
        }
        let mut said = vec!["Unresolved Configuration(s) Detected:".to_owned()];
        let entries = self.queued.iter();
        said.extend(entries.map(|(name, value)| format!(">>> '{name} {value}'")));
        said.push(queued.clone());
        said.join(" | ")
    }

    fn effective(&self) -> BTreeMap<String, String> {
        let directives = self.server.series.directives();
        directives
            .map(|directive| {
                let value = self.session.values.config_get(directive);
                (directive.name.clone(), value.unwrap_or_default())
            })
            .collect()
    }
}

fn at_line(line: &ConfLine, error: impl Into<String>) -> ServerRefusal {
    ServerRefusal {
        stage: StopStage::Config,
        line: Some(line.number),
        error: error.into(),
    }
}

/// A refusal for which the server names no line.
fn late(stage: StopStage, error: String) -> ServerRefusal {
    ServerRefusal {
        stage,
        line: None,
        error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::servers::ServerKnowledge;

    /// A host with these files.
    struct Files(&'static [(&'static str, &'static str)]);

    impl ServerHost for Files {
        fn read(&self, path: &str) -> Option<Result<String, String>> {
            let found = self.0.iter().find(|(name, _)| *name == path);
            Some(match found {
                Some((_, text)) => Ok((*text).to_owned()),
                None => Err("No such file or directory".to_owned()),
            })
        }
        fn find_matching(&self, pattern: &str) -> Option<Vec<String>> {
            let start = pattern.trim_end_matches("*.conf");
            let names = self.0.iter().map(|(name, _)| (*name).to_owned());
            Some(names.filter(|name| name.starts_with(start)).collect())
        }
        fn is_folder(&self, _path: &str) -> Option<bool> {
            None
        }
        fn is_file(&self, path: &str) -> Option<bool> {
            Some(self.0.iter().any(|(name, _)| *name == path))
        }
    }

    fn verdict(version: &str, text: &str, host: &dyn ServerHost) -> ServerVerdict {
        let servers = ServerKnowledge::embedded();
        let (flavor, number) = version.split_once(':').unwrap();
        let series = servers.candidates(Some(flavor), Some(number)).series[0];
        let build = ServerBuild::OFFICIAL;
        SimulatedServer {
            series,
            build,
            host,
        }
        .judge(text)
    }

    fn stops(version: &str, text: &str) -> (Option<usize>, String) {
        let refusal = verdict(version, text, &UnseenHost).refusal.unwrap();
        (refusal.line, refusal.error)
    }

    #[test]
    fn included_files_stand_in_place_and_number_their_own_lines() {
        let files = Files(&[
            ("conf.d/a.conf", "hz 20\n"),
            ("conf.d/b.conf", "hz 30"),
            ("bad.conf", "\nhz x\n"),
            ("loop.conf", "include loop.conf\n"),
        ]);
        let value = |text| verdict("redis:7.2", text, &files).effective["hz"].clone();
        assert_eq!(value("hz 10\ninclude conf.d/*.conf\n"), "30");
        assert_eq!(value("include conf.d/*.conf\nhz 10\n"), "10");
        assert_eq!(value("include nothing/*.conf\n"), "10");
        let refusal = |text| verdict("redis:7.2", text, &files).refusal.unwrap();
        assert_eq!(refusal("timeout 1\nhz 1\ninclude bad.conf\n").line, Some(2));
        assert_eq!(refusal("include loop.conf\n").stage, StopStage::Crash);
        assert!(
            refusal("include no.conf\n")
                .error
                .contains("can't open config file 'no.conf'")
        );
    }

    #[test]
    fn bytes_that_editors_hide() {
        let bad = "Bad directive or wrong number of arguments".to_owned();
        assert_eq!(stops("redis:7.2", "\u{feff}# comment\n"), (Some(1), bad));
        let arity = "wrong number of arguments".to_owned();
        assert_eq!(stops("redis:7.2", "hz 10\rtimeout 5\r"), (Some(1), arity));
        assert!(
            verdict("redis:7.2", "hz 10\r\ntimeout 5\r\n", &UnseenHost)
                .refusal
                .is_none()
        );
        // The rest of the line is lost, its end too.
        assert_eq!(stops("redis:7.2", "hz 20\0x\nhz 30\n").0, Some(1));
    }

    #[test]
    fn redis_8_stops_late_and_without_a_line() {
        let (line, error) = stops("redis:8.0", "maxmemry 1gb\n");
        assert_eq!(line, None);
        assert!(error.contains(">>> 'maxmemry 1gb'"), "{error}");
    }

    /// Differences that random texts once showed on running servers.
    #[test]
    fn what_random_texts_have_shown() {
        let starts = |version, text| verdict(version, text, &UnseenHost).refusal.is_none();
        // A vertical tab behind a quote parts words, but not on valkey 9.
        assert!(starts("redis:7.0", "\"hz\"\u{b}20\n"));
        assert_eq!(stops("valkey:9.0", "\"hz\"\u{b}20\n").0, Some(1));
        // What was refused late was given all the same.
        let (_, error) = stops("redis:7.0", "aclfile x\nuser \"a b\" on\n");
        assert!(
            error.contains("at the same setting an ACL file path"),
            "{error}"
        );
        // Only redis 6.0 refuses a sub-command of what is added already.
        let added = "user a +@all +memory|usage\n";
        assert_eq!(stops("redis:6.0", added).0, Some(1));
        assert!(starts("redis:6.2", added));
        // An earlier line opens the channels to users.
        let opened = "acl-pubsub-default allchannels\nuser a &news.*\n";
        assert_eq!(stops("valkey:9.0", opened).0, Some(2));
        assert!(starts("valkey:9.0", "user a &news.*\n"));
        // A cluster without the name of its file.
        let nameless = "cluster-enabled yes\ncluster-config-file \"\"\n";
        assert!(stops("redis:6.2", nameless).1.contains("acquire a lock"));
        assert_eq!(stops("valkey:9.0", nameless).0, Some(2));
    }
}

//! Asks the installed git for files of another state of a repository: a commit's, or the index's. It
//! is run for the flags that name such a state, and for the HTML page, which names the commit.
//!
//! Only plumbing is used, and blobs are taken as they are stored: no filter, hook, pager or text
//! conversion that a repository's settings may name is run, and nothing is fetched.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::failure::CliError;

/// A file of a commit or of the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GitFile {
    /// Relative to the folder that git is asked in, with `/`.
    pub(super) path: String,
    object: String,
}

/// git, asked about a folder of a repository.
#[derive(Debug)]
pub(super) struct GitCommand {
    /// The folder that holds `.git`. git is run there: in any other folder it would first take that
    /// folder for a bare repository, and a stranger may have committed the files of one.
    top: PathBuf,
    /// The folder that is asked about, from `top` on, with `/`; empty where it is `top` itself.
    below: String,
}

impl GitCommand {
    /// git in a folder that must lie in a repository. `flag` is what it is needed for.
    pub(super) fn of(folder: &Path, flag: &str) -> Result<Self, CliError> {
        let outside = || {
            CliError::with_help(
                format!("{flag}: {} is not in a git repository", folder.display()),
                "remove the flag; without a history every finding is new",
            )
        };
        let git = Self::in_repository(folder).ok_or_else(outside)?;
        let output = git.command(&["rev-parse", "--git-dir"]).output();
        match output {
            Ok(output) if output.status.success() => Ok(git),
            Ok(_) => Err(outside()),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(CliError::with_help(
                format!("{flag} requires git, which is not installed"),
                "install git, or use a baseline instead: redvet baseline write",
            )),
            Err(error) => Err(CliError::new(format!("git: {error}"))),
        }
    }

    fn in_repository(folder: &Path) -> Option<Self> {
        let folder = folder.canonicalize().ok()?;
        let top = folder
            .ancestors()
            .find(|above| above.join(".git").exists())?;
        let below = folder.strip_prefix(top).ok()?;
        let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
        Some(Self {
            top: top.to_owned(),
            below: parts.join("/"),
        })
    }

    /// The commit that a person named.
    pub(super) fn commit(&self, revision: &str) -> Result<String, CliError> {
        let wanted = format!("{revision}^{{commit}}");
        let args = ["rev-parse", "--verify", "--quiet", "--end-of-options"];
        let output = self.run(&[&args[..], &[&wanted]].concat())?;
        let id = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if output.status.success() && !id.is_empty() {
            return Ok(id);
        }
        Err(CliError::with_help(
            format!("unknown git revision `{revision}`"),
            "fetch it first (a shallow clone has only recent commits)",
        ))
    }

    /// The commit that is checked out; none where there is no commit yet.
    pub(super) fn head(&self) -> Result<Option<String>, CliError> {
        let output = self.run(&["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])?;
        let id = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Ok((output.status.success() && !id.is_empty()).then_some(id))
    }

    /// The commit at which the one checked out and this one part; none where they share none.
    pub(super) fn merge_base(&self, commit: &str) -> Result<Option<String>, CliError> {
        let output = self.run(&["merge-base", commit, "HEAD"])?;
        let id = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Ok((output.status.success() && !id.is_empty()).then_some(id))
    }

    /// Whether the index differs from the commit checked out, anywhere in the repository.
    pub(super) fn has_staged_changes(&self) -> Result<bool, CliError> {
        let output = self.run(&["diff-index", "--cached", "--quiet", "--no-ext-diff", "HEAD"])?;
        match output.status.code() {
            Some(0) => Ok(false),
            Some(1) => Ok(true),
            _ => {
                let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
                Err(CliError::new(format!("git diff-index: {why}")))
            }
        }
    }

    /// The regular files of a commit, below the folder.
    pub(super) fn files_of(&self, commit: &str) -> Result<Vec<GitFile>, CliError> {
        let tree = format!("{commit}:{}", self.below);
        // A folder that the commit had not has no files there.
        if !self.run(&["cat-file", "-e", &tree])?.status.success() {
            return Ok(Vec::new());
        }
        let listed = self.list(&["ls-tree", "-r", "-z", "--full-tree", &tree])?;
        // MODE TYPE OBJECT TAB PATH
        Ok(listed.iter().filter_map(|line| entry(line, 2)).collect())
    }

    /// The regular files of the index, below the folder.
    pub(super) fn staged_files(&self) -> Result<Vec<GitFile>, CliError> {
        let mut args = vec!["ls-files", "--stage", "-z"];
        if !self.below.is_empty() {
            args.extend(["--", self.below.as_str()]);
        }
        let listed = self.list(&args)?;
        let listed: Vec<String> = listed.iter().filter_map(|line| self.below(line)).collect();
        // MODE OBJECT STAGE TAB PATH
        let unmerged = |line: &&String| line.split(['\t', ' ']).nth(2) != Some("0");
        if let Some(line) = listed.iter().find(unmerged) {
            let path = line.split_once('\t').map_or("", |(_, path)| path);
            return Err(CliError::with_help(
                format!("--staged: {path} has merge conflicts"),
                "resolve the conflict and stage the file",
            ));
        }
        let is_link =
            |line: &&String| line.starts_with("120000 ") && line.ends_with("\tredvet.toml");
        if listed.iter().any(|line| is_link(&line)) {
            return Err(CliError::with_help(
                "--staged: redvet.toml is a symbolic link, and these are not followed",
                "stage the settings themselves",
            ));
        }
        Ok(listed.iter().filter_map(|line| entry(line, 1)).collect())
    }

    /// A line of a list with its path from the folder on, if it lies there.
    fn below(&self, line: &str) -> Option<String> {
        if self.below.is_empty() {
            return Some(line.to_owned());
        }
        let (about, path) = line.split_once('\t')?;
        let path = path.strip_prefix(&self.below)?.strip_prefix('/')?;
        Some(format!("{about}\t{path}"))
    }

    /// Writes files into a folder, as they are stored.
    pub(super) fn write(&self, entries: &[GitFile], into: &Path) -> Result<(), CliError> {
        let mut child = self
            .command(&["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| git_failure(&e))?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let (Some(mut input), Some(output)) = (input, output) else {
            return Err(CliError::new("git cat-file: no input or output"));
        };
        let asked: String = entries.iter().map(|e| format!("{}\n", e.object)).collect();
        std::thread::scope(|scope| {
            // git answers while it is asked: who only asks would wait for it, and it for us.
            scope.spawn(move || input.write_all(asked.as_bytes()));
            let mut answers = BufReader::new(output);
            entries
                .iter()
                .try_for_each(|entry| write_one(&mut answers, entry, into))
        })?;
        child.wait().map_err(|e| git_failure(&e))?;
        Ok(())
    }

    fn list(&self, args: &[&str]) -> Result<Vec<String>, CliError> {
        let output = self.run(args)?;
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(CliError::new(format!("git {}: {why}", args.join(" "))));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let lines = text.split('\0').filter(|line| !line.is_empty());
        Ok(lines.map(str::to_owned).collect())
    }

    fn run(&self, args: &[&str]) -> Result<Output, CliError> {
        self.command(args).output().map_err(|e| git_failure(&e))
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("git");
        command
            .arg("--no-pager")
            .args(["-c", "core.fsmonitor=false"])
            .args(["-c", "safe.bareRepository=explicit"])
            .args(["-c", "core.hooksPath=/dev/null"])
            .args(["-c", "protocol.allow=never"])
            .args(args)
            .current_dir(&self.top)
            // Paths are paths, whatever signs a folder's name holds.
            .env("GIT_LITERAL_PATHSPECS", "1")
            // A partial clone would fetch what it lacks.
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_TERMINAL_PROMPT", "0")
            .stdin(Stdio::null());
        command
    }
}

fn git_failure(error: &std::io::Error) -> CliError {
    CliError::new(format!("git: {error}"))
}

/// A line of a list, if it is a regular file with a path that stays below the folder. `object` is
/// the word that names its content.
fn entry(line: &str, object: usize) -> Option<GitFile> {
    let (about, path) = line.split_once('\t')?;
    let words: Vec<&str> = about.split(' ').collect();
    let is_file = words.first().is_some_and(|mode| mode.starts_with("100"));
    let stays = Path::new(path)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    let object = words.get(object)?;
    (is_file && stays && !path.is_empty()).then(|| GitFile {
        path: path.to_owned(),
        object: (*object).to_owned(),
    })
}

/// `OBJECT TYPE SIZE`, the bytes, a line break; an object that is not there has no size.
fn write_one(answers: &mut impl BufRead, entry: &GitFile, into: &Path) -> Result<(), CliError> {
    let mut about = String::new();
    answers.read_line(&mut about).map_err(|e| git_failure(&e))?;
    let size = about.trim_end().rsplit(' ').next();
    let Some(size) = size.and_then(|size| size.parse::<u64>().ok()) else {
        return Err(CliError::with_help(
            format!("git has no content for {}", entry.path),
            "run `git fetch`; a partial clone does not have all objects",
        ));
    };
    let path = into.join(&entry.path);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|e| git_failure(&e))?;
    }
    let mut file = fs::File::create(&path).map_err(|e| git_failure(&e))?;
    let written = std::io::copy(&mut answers.take(size), &mut file).map_err(|e| git_failure(&e))?;
    let mut end = [0];
    answers.read_exact(&mut end).map_err(|e| git_failure(&e))?;
    if written == size {
        Ok(())
    } else {
        Err(CliError::new(format!(
            "git cat-file: {} is cut",
            entry.path
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_below_the_folder_are_taken() {
        let taken = |line: &str| entry(line, 2).map(|entry| entry.path);
        assert_eq!(taken("100644 blob abc\ta b/c"), Some("a b/c".to_owned()));
        assert_eq!(taken("120000 blob abc\tlink"), None);
        assert_eq!(taken("160000 commit abc\tmodule"), None);
        assert_eq!(taken("100644 blob abc\t../up"), None);
        assert_eq!(taken("100644 blob abc\t/root"), None);
    }
}

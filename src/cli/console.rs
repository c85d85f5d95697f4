//! The process's own ends: standard input, output and error, with colour and width decided once.
//!
//! The reader of the output may close it early (`| head`): that is not an error.

use std::env;
use std::io::{self, ErrorKind, IsTerminal, Read, Write};

use crate::report::mistakes::{self, ReportedMistake};
use crate::report::{self, Color, TextLayout};

use super::args::ColorChoice;
use super::failure::CliError;

/// Columns where the terminal does not tell.
const WIDTH: usize = 100;

/// Columns below which a terminal is not believed.
const NARROWEST: usize = 40;

/// Where a command prints.
pub(super) struct CommandConsole {
    pub(super) layout: TextLayout,
    /// Whether a runner of GitHub's workflows reads along.
    pub(super) on_github: bool,
    pub(super) errors: TextLayout,
    /// Whether a person watches standard error.
    pub(super) is_watched: bool,
    failed: Option<io::Error>,
}

impl CommandConsole {
    /// The console of this process.
    pub(super) fn of_process(when: ColorChoice) -> Self {
        let layout = |terminal| TextLayout {
            color: color(when, terminal, |name| env::var(name).ok()),
            width: width(terminal),
        };
        let to_watcher = io::stderr().is_terminal();
        Self {
            layout: layout(io::stdout().is_terminal()),
            on_github: env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true"),
            errors: layout(to_watcher),
            is_watched: to_watcher && env::var_os("TERM").is_none_or(|term| term != "dumb"),
            failed: None,
        }
    }

    /// Prints to standard output, as it is.
    pub(super) fn print(&mut self, text: &str) {
        let mut out = io::stdout().lock();
        let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        if let Err(error) = written
            && error.kind() != ErrorKind::BrokenPipe
        {
            self.failed = Some(error);
        }
    }

    /// Prints to standard error.
    pub(super) fn say(&self, text: &str) {
        say(text);
    }

    /// Whether everything could be printed.
    pub(super) fn finish(&mut self) -> Result<(), CliError> {
        match self.failed.take() {
            Some(error) => Err(CliError::new(format!("standard output: {error}"))),
            None => Ok(()),
        }
    }

    /// Tells what is broken.
    pub(super) fn fail(&self, failure: &CliError) {
        match failure {
            CliError::Said { what, help } => {
                let mut text = format!("error: {}\n", visible(what));
                if let Some(help) = help {
                    text.push_str(&format!("  help: {}\n", visible(help)));
                }
                self.say(&text);
            }
            CliError::Mistakes { sources, mistakes } => {
                let shown: Vec<ReportedMistake<'_>> = mistakes
                    .iter()
                    .map(|mistake| ReportedMistake {
                        span: mistake.span,
                        message: &mistake.message,
                        help: mistake.help.as_deref(),
                    })
                    .collect();
                self.say(&mistakes::render(sources, &shown, self.errors));
            }
        }
    }
}

/// Prints to standard error, from any thread.
pub(super) fn say(text: &str) {
    // If this fails, there is no stream left to report it on.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// All of standard input, as text.
pub(super) fn standard_input() -> Result<String, CliError> {
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .read_to_end(&mut bytes)
        .map_err(|error| CliError::new(format!("standard input: {error}")))?;
    String::from_utf8(bytes).map_err(|_| CliError::new("standard input is not valid UTF-8"))
}

/// A name that a person chose may hold characters that drive a terminal.
pub(super) fn visible(text: &str) -> String {
    report::visible(text)
}

/// The flag decides, then NO_COLOR (no-color.org), then CLICOLOR_FORCE, then the terminal.
fn color(when: ColorChoice, terminal: bool, env: impl Fn(&str) -> Option<String>) -> Color {
    let is_set = |name: &str| env(name).is_some_and(|value| !value.is_empty());
    let forced = env("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0");
    let dumb = env("TERM").is_some_and(|term| term == "dumb");
    let on = match when {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => !is_set("NO_COLOR") && (forced || (terminal && !dumb)),
    };
    if on { Color::Always } else { Color::Never }
}

/// COLUMNS decides for a terminal, then what the terminal says of itself.
fn width(terminal: bool) -> usize {
    if !terminal {
        return WIDTH;
    }
    let from_environment = env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    let columns = from_environment.or_else(measure_width);
    columns
        .filter(|columns| *columns >= NARROWEST)
        .unwrap_or(WIDTH)
}

fn measure_width() -> Option<usize> {
    let (columns, _) = terminal_size::terminal_size()?;
    Some(usize::from(columns.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_follows_the_flag_then_the_environment_then_the_terminal() {
        let with = |name: &'static str| move |asked: &str| (asked == name).then(|| "1".to_owned());
        let none = |_: &str| None;
        assert_eq!(color(ColorChoice::Auto, true, none), Color::Always);
        assert_eq!(color(ColorChoice::Auto, false, none), Color::Never);
        assert_eq!(
            color(ColorChoice::Auto, true, with("NO_COLOR")),
            Color::Never
        );
        assert_eq!(
            color(ColorChoice::Always, false, with("NO_COLOR")),
            Color::Always
        );
        assert_eq!(
            color(ColorChoice::Auto, false, with("CLICOLOR_FORCE")),
            Color::Always
        );
        assert_eq!(
            color(ColorChoice::Never, true, with("CLICOLOR_FORCE")),
            Color::Never
        );
    }
}

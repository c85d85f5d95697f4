//! Progress for a person at a terminal: one line of standard error that is removed at the end. Short
//! runs print none.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use super::console::{self, CommandConsole};

/// How long nothing is said, and how often the line is written anew.
const PATIENCE: Duration = Duration::from_secs(1);

/// Back to the line's start, and nothing on it.
const CLEAR: &str = "\r\u{1b}[K";

/// A line that goes away when this value does.
pub(super) struct ProgressLine {
    /// The step that is shown; none where standard error is no terminal.
    what: Option<Sender<String>>,
    teller: Option<JoinHandle<()>>,
}

impl ProgressLine {
    pub(super) fn start(console: &CommandConsole, what: &str) -> Self {
        if console.is_watched {
            Self::start_when_slow(what, PATIENCE, console::say)
        } else {
            Self {
                what: None,
                teller: None,
            }
        }
    }

    fn start_when_slow(
        what: &str,
        patience: Duration,
        say: impl Fn(&str) + Send + 'static,
    ) -> Self {
        let (sender, receiver) = mpsc::channel::<String>();
        let mut what = what.to_owned();
        let teller = std::thread::spawn(move || {
            let mut rounds: u64 = 0;
            loop {
                match receiver.recv_timeout(patience) {
                    Ok(next) => what = next,
                    Err(RecvTimeoutError::Timeout) => {
                        rounds += 1;
                        say(&format!("{CLEAR}{what} ({rounds} s)"));
                    }
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            }
            if rounds > 0 {
                say(CLEAR);
            }
        });
        Self {
            what: Some(sender),
            teller: Some(teller),
        }
    }

    /// Something else is done from now on.
    pub(super) fn now(&self, what: &str) {
        if let Some(sender) = &self.what {
            // Who does not listen any more need not know.
            let _ = sender.send(what.to_owned());
        }
    }

    /// All is done; the line is gone when this returns.
    pub(super) fn end(self) {
        drop(self);
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.what = None;
        if let Some(teller) = self.teller.take() {
            let _ = teller.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_tells_what_is_done_and_goes_away() {
        let (sender, written_texts) = mpsc::channel();
        let say = move |text: &str| drop(sender.send(text.to_owned()));
        let progress = ProgressLine::start_when_slow("reading", Duration::from_millis(1), say);
        assert_eq!(
            written_texts.recv().unwrap(),
            format!("{CLEAR}reading (1 s)")
        );
        progress.now("checking");
        let next = written_texts.iter().find(|text| text.contains("checking"));
        assert!(next.unwrap().starts_with(CLEAR));
        progress.end();
        assert_eq!(written_texts.iter().last().unwrap(), CLEAR);
    }

    #[test]
    fn a_short_run_says_nothing() {
        let (sender, written_texts) = mpsc::channel();
        let say = move |text: &str| drop(sender.send(text.to_owned()));
        ProgressLine::start_when_slow("reading", Duration::from_secs(3600), say).end();
        assert_eq!(written_texts.iter().count(), 0);
    }
}

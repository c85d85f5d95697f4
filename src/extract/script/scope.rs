//! What a start script knows at one point: its variables and its arguments, and what its own commands
//! do to them.

use std::ops::Range;

use crate::extract::interpolate::FillBudget;
use crate::extract::process_environment::{self, ProcessEnvironment};
use crate::extract::script::ShellCommand;
use crate::facts::Cause;
use crate::facts::raw::ArgWord;
use crate::syntax::shell;

/// Variables and arguments.
pub(super) struct ShellScope {
    pub(super) environment: ProcessEnvironment,
    pub(super) budget: FillBudget,
    /// `$1` and the others; or why they are not known.
    pub(super) arguments: Result<Vec<ArgWord>, Cause>,
}

/// A part of a text: what stands for itself, or what an expansion comes to.
pub(super) type TextPart = (Range<usize>, Option<Result<String, Cause>>);

impl ShellScope {
    /// Gives a variable a value; one that is not certain to be given is not known from there on.
    pub(super) fn assign(&mut self, name: &str, value: Result<String, Cause>, conditional: bool) {
        if conditional {
            return self.forget(name);
        }
        self.environment.insert(name.to_owned(), value);
    }

    pub(super) fn forget(&mut self, name: &str) {
        let why = Cause::ScriptDecides(name.to_owned());
        self.environment.insert(name.to_owned(), Err(why));
    }

    /// What the shell's own commands do to variables and arguments.
    pub(super) fn run_builtin(&mut self, command: &ShellCommand) {
        let Some((first, rest)) = command.words.split_first() else {
            return;
        };
        match first.text.as_str() {
            "export" | "readonly" | "local" | "declare" | "typeset" => {
                for word in rest {
                    let Some((name, value)) = word.text.split_once('=') else {
                        continue;
                    };
                    let value = match &word.unresolved {
                        Some(reason) => Err(reason.clone()),
                        None => Ok(value.to_owned()),
                    };
                    self.assign(name, value, command.conditional);
                }
            }
            "unset" | "read" | "getopts" | "mapfile" => {
                let names: Vec<String> = rest.iter().map(|word| word.text.clone()).collect();
                names.iter().for_each(|name| self.forget(name));
            }
            "." | "source" | "eval" => {
                let why = Cause::StartScript("reads variables from elsewhere");
                for value in self.environment.values_mut() {
                    *value = Err(why.clone());
                }
                self.environment
                    .insert(process_environment::ANY_OTHER.to_owned(), Err(why));
            }
            "set" => self.set(rest, command.conditional),
            "shift" => {
                let count = rest
                    .first()
                    .map_or(Ok(1), |word| word.text.parse::<usize>());
                self.arguments = match (&self.arguments, count) {
                    (Ok(words), Ok(count)) if !command.conditional => {
                        Ok(words.get(count..).unwrap_or_default().to_vec())
                    }
                    _ => Err(Cause::StartScript("shifts its arguments")),
                };
            }
            _ => {}
        }
    }

    /// `set -- words` gives the script new arguments.
    fn set(&mut self, rest: &[ArgWord], conditional: bool) {
        let plain = |word: &&ArgWord| word.text.starts_with(['-', '+']) && word.text != "--";
        let options = rest.iter().take_while(plain).count();
        let words = match rest.get(options) {
            Some(mark) if mark.text == "--" => &rest[options + 1..],
            Some(_) => &rest[options..],
            None => return,
        };
        self.arguments = if conditional {
            Err(Cause::StartScript("decides its arguments"))
        } else {
            Ok(words.to_vec())
        };
    }

    /// A text taken apart: what stands for itself, and what each expansion comes to.
    pub(super) fn parts(&self, text: &str) -> Vec<TextPart> {
        let mut parts = Vec::new();
        let (mut at, mut literal) = (0, 0);
        while at < text.len() {
            let rest = &text[at..];
            let length = shell::expansion_length(rest, true);
            if length < 2 {
                at += rest.chars().next().map_or(1, char::len_utf8);
                continue;
            }
            if literal < at {
                parts.push((literal..at, None));
            }
            parts.push((at..at + length, Some(self.value(&rest[..length]))));
            at += length;
            literal = at;
        }
        if literal < text.len() {
            parts.push((literal..text.len(), None));
        }
        parts
    }

    /// What an expansion comes to.
    fn value(&self, expansion: &str) -> Result<String, Cause> {
        let number = expansion[1..].trim_matches(['{', '}']).parse::<usize>();
        if let Ok(number) = number
            && number > 0
        {
            let words = self.arguments.as_ref().map_err(Clone::clone)?;
            let word = words.get(number - 1);
            let word = word.ok_or(Cause::MissingArgument(number))?;
            return match &word.unresolved {
                Some(reason) => Err(reason.clone()),
                None => self
                    .budget
                    .admit(word.text.len())
                    .map(|()| word.text.clone()),
            };
        }
        process_environment::shell_value(expansion, &self.environment, &self.budget).unwrap_or_else(
            || {
                Err(Cause::Text {
                    text: expansion.to_owned(),
                    fact: "is known only when it runs",
                })
            },
        )
    }
}

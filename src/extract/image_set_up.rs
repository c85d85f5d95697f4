//! What the start script of an image makes of the variables of its container: lines of configuration, and
//! options of the server. Which script writes what is knowledge; here the variables are looked up.

use std::collections::BTreeMap;

use crate::extract::process_environment::ProcessEnvironment;
use crate::facts::Cause;
use crate::facts::EditTarget;
use crate::facts::raw::ArgWord;
use crate::knowledge::shapes::{ImageSetUp, SetUpLine};
use crate::source::Span;

/// What a start script writes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WrittenSetUp {
    /// Lines that no variable of the container decides, or whose words cannot be known.
    pub lines: Vec<(String, Option<Vec<String>>)>,
    /// What variables of the container decide, as options.
    pub options: Vec<ArgWord>,
    /// Why there may be more options.
    pub gap: Option<Cause>,
}

/// Any text but none.
const ANY: &str = "?*";

/// Reads the variables as the script does; `at` is the place of all that they decide.
pub fn read_set_up(
    set_up: &ImageSetUp,
    environment: &ProcessEnvironment,
    at: Span,
) -> WrittenSetUp {
    let lookup = VariableLookup {
        set_up,
        environment,
    };
    let mut written = WrittenSetUp::default();
    let word = |text: String| ArgWord {
        text,
        span: at,
        unresolved: None,
        slot: EditTarget::None,
    };
    for line in &set_up.lines {
        let Some(directive) = line.line.first().cloned().flatten() else {
            continue;
        };
        let Ok(is_written) = lookup.is_written(line) else {
            written.lines.push((directive, None));
            continue;
        };
        if !is_written {
            continue;
        }
        let words: Option<Vec<String>> = line.line[1..]
            .iter()
            .map(|word| lookup.word(word.as_deref()?).ok())
            .collect();
        match words {
            Some(words) if lookup.is_given(line) => {
                written.options.push(word(format!("--{directive}")));
                written.options.extend(words.into_iter().map(word));
            }
            words => written.lines.push((directive, words)),
        }
    }
    match environment.get(&set_up.flags) {
        None => {}
        Some(Ok(flags)) => {
            let flags = flags.split_ascii_whitespace();
            written
                .options
                .extend(flags.map(|flag| word(flag.to_owned())));
        }
        Some(Err(reason)) => {
            written.gap = Some(Cause::ImageOptions {
                variable: set_up.flags.clone(),
                cause: Box::new(reason.clone()),
            });
        }
    }
    written
}

struct VariableLookup<'a> {
    set_up: &'a ImageSetUp,
    environment: &'a ProcessEnvironment,
}

impl VariableLookup<'_> {
    /// A variable as the script sees it; one that nobody sets is empty.
    fn value(&self, name: &str) -> Result<&str, Cause> {
        let default = || self.set_up.defaults.get(name).map_or("", String::as_str);
        match self.environment.get(name) {
            Some(Ok(text)) if text.is_empty() => Ok(default()),
            Some(Ok(text)) => Ok(text),
            Some(Err(reason)) => Err(reason.clone()),
            None => Ok(default()),
        }
    }

    fn word(&self, word: &str) -> Result<String, Cause> {
        match word.strip_prefix('$') {
            Some(name) => self.value(name).map(str::to_owned),
            None => Ok(word.to_owned()),
        }
    }

    fn is_written(&self, line: &SetUpLine) -> Result<bool, Cause> {
        for (name, texts) in &line.when {
            if !self.holds(name, texts)? {
                return Ok(false);
            }
        }
        for (name, texts) in &line.unless {
            if self.holds(name, texts)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn holds(&self, name: &str, texts: &[String]) -> Result<bool, Cause> {
        let is_any = texts.iter().any(|text| text == ANY);
        match self.value(name) {
            // What is given from a secret is there, whatever it is.
            Err(_) if is_any => Ok(true),
            Err(reason) => Err(reason),
            Ok(value) => {
                let is_it = |text: &String| text.eq_ignore_ascii_case(value);
                Ok(is_any && !value.is_empty() || texts.iter().any(is_it))
            }
        }
    }

    /// Whether a variable of the container has a part in a line.
    fn is_given(&self, line: &SetUpLine) -> bool {
        let words = line.line.iter().flatten();
        let in_words = words.filter_map(|word| word.strip_prefix('$'));
        let conditions: [&BTreeMap<String, Vec<String>>; 2] = [&line.when, &line.unless];
        let mut named = in_words.chain(
            conditions
                .into_iter()
                .flatten()
                .map(|(name, _)| name.as_str()),
        );
        named.any(|name| self.environment.contains_key(name))
    }
}

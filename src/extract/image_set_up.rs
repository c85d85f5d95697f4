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

/// Where variables are written, as far as that is known.
pub type VariablePlaces = BTreeMap<String, Span>;

/// Reads the variables as the script does. What a variable decides stands where it is written, in
/// `places`; elsewhere `at` is its place.
pub fn read_set_up(
    set_up: &ImageSetUp,
    environment: &ProcessEnvironment,
    places: &VariablePlaces,
    at: Span,
) -> WrittenSetUp {
    let lookup = VariableLookup {
        set_up,
        environment,
        places,
        at,
    };
    let mut written = WrittenSetUp::default();
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
        let words = line.line[1..].iter();
        if lookup.is_given(line) {
            // A person gives it, also where the script makes its own text of what is given.
            let deciding = lookup.find_deciding(line);
            let name = place_word(format!("--{directive}"), lookup.place(deciding));
            written.options.push(name);
            let words = words.map(|word| lookup.option_word(word.as_deref(), deciding));
            written.options.extend(words);
            continue;
        }
        let words = words.map(|word| lookup.word(word.as_deref()?).ok());
        written.lines.push((directive, words.collect()));
    }
    match environment.get(&set_up.flags) {
        None => {}
        Some(Ok(flags)) => {
            let span = lookup.place(&set_up.flags);
            let flags = flags.split_ascii_whitespace();
            let words = flags.map(|flag| place_word(flag.to_owned(), span));
            written.options.extend(words);
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

fn place_word(text: String, span: Span) -> ArgWord {
    ArgWord {
        text,
        span,
        unresolved: None,
        slot: EditTarget::None,
    }
}

struct VariableLookup<'a> {
    set_up: &'a ImageSetUp,
    environment: &'a ProcessEnvironment,
    places: &'a VariablePlaces,
    at: Span,
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

    /// Where a variable is written.
    fn place(&self, name: &str) -> Span {
        self.places.get(name).copied().unwrap_or(self.at)
    }

    /// The variable of the container that decides a line: one that its words take, else one that may
    /// hold any text, else any that a condition asks for.
    fn find_deciding<'l>(&self, line: &'l SetUpLine) -> &'l str {
        let in_words = line.line.iter().flatten();
        let in_words = in_words.filter_map(|word| word.strip_prefix('$'));
        let asked = |any: bool| {
            let all = line.when.iter();
            let of_kind = all.filter(move |(_, texts)| texts.iter().any(|text| text == ANY) == any);
            of_kind.map(|(name, _)| name.as_str())
        };
        let excluded = line.unless.keys().map(String::as_str);
        let mut named = in_words
            .chain(asked(true))
            .chain(asked(false))
            .chain(excluded);
        let given = named.find(|name| self.environment.contains_key(*name));
        given.unwrap_or_default()
    }

    /// A word of an option; one that is not to be known stands for what the deciding variable holds.
    fn option_word(&self, word: Option<&str>, deciding: &str) -> ArgWord {
        let unknown = || Cause::Variable {
            name: deciding.to_owned(),
            fact: "decides it",
        };
        let text = word.ok_or_else(unknown).and_then(|word| self.word(word));
        let of_word = word.and_then(|word| word.strip_prefix('$'));
        let (text, unresolved) = match text {
            Ok(text) => (text, None),
            Err(reason) => (format!("${{{deciding}}}"), Some(reason)),
        };
        ArgWord {
            unresolved,
            ..place_word(text, self.place(of_word.unwrap_or(deciding)))
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
        !self.find_deciding(line).is_empty()
    }
}

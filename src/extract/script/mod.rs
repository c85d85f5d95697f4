//! Start scripts, followed without running them: a script and an environment in, its simple commands
//! out, each with its variables filled in, its redirections and what is fed to it.
//!
//! Assignments are followed where they are certain to happen; in a branch, a loop or a function they
//! make the variable unknown. What only a running shell knows (`$(command)`, `$?`, a pattern) stays as
//! it is written and is marked. What the commands mean is left to `launch` and `recipe`.

mod scope;

use crate::extract::interpolate::{FillBudget, InterpolatedText};
use crate::extract::process_environment::ProcessEnvironment;
use crate::facts::raw::ArgWord;
use crate::facts::{Cause, EditTarget};
use crate::source::Excerpt;
use crate::syntax::shell::{self, HereText, ShellWord};
use scope::ShellScope;

/// A simple command: a program and its words.
#[derive(Clone, Debug, Default)]
pub struct ShellCommand {
    pub words: Vec<ArgWord>,
    /// Where its output goes.
    pub outputs: Vec<RedirectedOutput>,
    /// The file that it reads from.
    pub input: Option<ArgWord>,
    /// The text that is fed to it.
    pub document: Option<Excerpt>,
    /// It may be left out, or run more than once.
    pub conditional: bool,
    /// Another command feeds it or reads its output.
    pub piped: bool,
    /// Nothing is run after it.
    pub last: bool,
}

impl ShellCommand {
    /// The name of the program that it starts; empty where it starts none.
    pub fn program(&self) -> &str {
        self.words
            .first()
            .map_or("", |word| program_name(&word.text))
    }

    /// Whether its output goes to a file whose path holds this text.
    pub fn writes_to(&self, name: &str) -> bool {
        self.outputs
            .iter()
            .any(|output| output.to.text.contains(name))
    }
}

/// A program without the folder that it stands in.
pub fn program_name(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// Whether a word names a shell.
pub fn is_shell(word: &str) -> bool {
    matches!(program_name(word), "sh" | "bash" | "ash" | "dash")
}

/// A file that a command's output goes to.
#[derive(Clone, Debug)]
pub struct RedirectedOutput {
    pub to: ArgWord,
    pub appends: bool,
}

/// The commands of a script of whose surroundings nothing is known.
pub fn plain_commands(script: &Excerpt) -> Vec<ShellCommand> {
    let script = InterpolatedText::plain(script.clone());
    commands(&script, &ProcessEnvironment::new(), &[])
}

/// The commands of a script that is given these arguments, in order.
pub fn commands(
    script: &InterpolatedText,
    environment: &ProcessEnvironment,
    arguments: &[ArgWord],
) -> Vec<ShellCommand> {
    let (words, documents) = shell::script(script.excerpt());
    let mut reader = ScriptReader {
        script,
        words: &words,
        documents: &documents,
        scope: ShellScope {
            environment: environment.clone(),
            budget: FillBudget::of_file(),
            arguments: Ok(arguments.to_vec()),
        },
        open: Vec::new(),
        chain: CommandChain::default(),
        found: Vec::new(),
    };
    reader.read();
    reader.found
}

/// What is open around a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OpenConstruct {
    /// `if`, a loop, braces.
    Block,
    Parenthesis,
    /// `case`; a pattern is being read or not.
    Case {
        pattern: bool,
    },
}

/// The commands that `&&`, `||` and `|` join.
#[derive(Clone, Copy, Debug, Default)]
struct CommandChain {
    /// What follows depends on the outcome of a question.
    asks: bool,
    /// The command before hands its output on.
    piped: bool,
}

/// Programs that answer a question: what `&&` puts behind them may not be run.
const QUESTIONS: [&str; 7] = ["[", "[[", "test", "!", "command", "which", "grep"];

struct ScriptReader<'a> {
    script: &'a InterpolatedText,
    words: &'a [ShellWord],
    documents: &'a [HereText],
    scope: ShellScope,
    open: Vec<OpenConstruct>,
    chain: CommandChain,
    found: Vec<ShellCommand>,
}

/// A command that is being read: its words' places among all words.
#[derive(Default)]
struct CommandDraft {
    words: Vec<usize>,
    outputs: Vec<(usize, bool)>,
    input: Option<usize>,
    document: Option<usize>,
}

impl ScriptReader<'_> {
    fn read(&mut self) {
        let mut draft = CommandDraft::default();
        let mut at = 0;
        while let Some(word) = self.words.get(at) {
            at += 1;
            if !word.operator {
                draft.words.push(at - 1);
                continue;
            }
            let sign = word.text.trim_start_matches(|c: char| c.is_ascii_digit());
            if sign.starts_with(['<', '>']) || sign.starts_with("&>") {
                at += usize::from(redirect(&mut draft, &word.text, at, self.words));
                continue;
            }
            if sign == "(" && self.opens_array(at - 1) {
                at = self.skip_array(&mut draft, at);
                continue;
            }
            self.end(&mut draft, sign);
        }
        self.end(&mut draft, "\n");
    }

    /// Whether a parenthesis stands right behind `NAME=` or `NAME+=`: what it holds are the items of an array,
    /// and no command.
    fn opens_array(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1).and_then(|before| self.words.get(before)) else {
            return false;
        };
        let touches = self
            .words
            .get(at)
            .is_some_and(|sign| sign.range.start == before.range.end);
        touches && !before.operator && before.text.ends_with('=')
    }

    /// Takes the items of an array off; what its variable holds is not followed. The place behind it.
    fn skip_array(&mut self, draft: &mut CommandDraft, from: usize) -> usize {
        if let Some(name) = draft.words.pop() {
            let name = self.words[name]
                .text
                .trim_end_matches(['=', '+'])
                .to_owned();
            self.scope.forget(&name);
        }
        let mut depth = 1;
        let rest = self.words.get(from..).unwrap_or_default();
        let end = rest.iter().position(|word| {
            depth += match word.text.as_str() {
                "(" if word.operator => 1,
                ")" if word.operator => -1,
                _ => 0,
            };
            depth == 0
        });
        end.map_or(self.words.len(), |end| from + end + 1)
    }

    /// A command ends at an operator.
    fn end(&mut self, draft: &mut CommandDraft, sign: &str) {
        let draft = std::mem::take(draft);
        let pipes = matches!(sign, "|" | "|&");
        if matches!(
            self.open.last(),
            Some(OpenConstruct::Case { pattern: true })
        ) {
            let closes = draft
                .words
                .first()
                .is_some_and(|w| self.words[*w].text == "esac");
            if closes {
                self.open.pop();
            } else if sign == ")"
                && let Some(last) = self.open.last_mut()
            {
                *last = OpenConstruct::Case { pattern: false };
            }
            return;
        }
        self.command(draft, pipes);
        self.chain.piped = pipes;
        match sign {
            "||" => self.chain.asks = true,
            "&&" | "|" | "|&" => {}
            _ => self.chain = CommandChain::default(),
        }
        match (sign, self.open.last_mut()) {
            ("(", _) => self.open.push(OpenConstruct::Parenthesis),
            (")", Some(OpenConstruct::Parenthesis)) => {
                self.open.pop();
            }
            // The first pattern may stand on the line of its `case`.
            (")", Some(OpenConstruct::Case { pattern })) => *pattern = false,
            (";;", Some(OpenConstruct::Case { pattern })) => *pattern = true,
            _ => {}
        }
    }

    fn command(&mut self, mut draft: CommandDraft, pipes: bool) {
        if !self.keywords(&mut draft) {
            return;
        }
        let piped = self.chain.piped || pipes;
        let conditional = self.chain.asks || !self.open.is_empty();
        let words = self.assignments(&draft, conditional);
        let words: Vec<ArgWord> = words.iter().flat_map(|at| self.expand_word(*at)).collect();
        let is_exec = words.first().is_some_and(|first| first.text == "exec");
        let words = words[usize::from(is_exec)..].to_vec();
        if words.is_empty() && draft.outputs.is_empty() {
            return;
        }
        let word = |at: usize| self.expand_word(at).into_iter().next();
        let outputs = draft.outputs.iter().filter_map(|(at, appends)| {
            Some(RedirectedOutput {
                to: word(*at)?,
                appends: *appends,
            })
        });
        let command = ShellCommand {
            outputs: outputs.collect(),
            input: draft.input.and_then(word),
            document: draft.document.and_then(|at| self.document(at)),
            conditional,
            piped,
            last: is_exec && !words.is_empty(),
            words,
        };
        if command.words.first().is_some_and(|first| first.text == ":") {
            draft.words.iter().for_each(|at| self.assign_defaults(*at));
        }
        self.scope.run_builtin(&command);
        self.chain.asks |= asks(&command);
        self.found.push(command);
    }

    /// Takes the words of control flow off the front. `false` where nothing is left to run.
    fn keywords(&mut self, draft: &mut CommandDraft) -> bool {
        while let Some(first) = draft.words.first() {
            match self.words[*first].text.as_str() {
                "if" | "while" | "until" | "{" => self.open.push(OpenConstruct::Block),
                "then" | "else" | "elif" | "do" | "!" | "time" => {}
                "function" | "for" | "select" => {
                    let opens = self.words[*first].text != "function";
                    if opens {
                        self.open.push(OpenConstruct::Block);
                    }
                    if let Some(name) = draft.words.get(1) {
                        let name = self.words[*name].text.clone();
                        self.scope.forget(&name);
                    }
                    return false;
                }
                "case" => {
                    self.open.push(OpenConstruct::Case { pattern: true });
                    return false;
                }
                "fi" | "done" | "esac" | "}" => {
                    self.open.pop();
                    // What is redirected here is redirected for all of it.
                    return !draft.outputs.is_empty();
                }
                _ => return true,
            }
            draft.words.remove(0);
        }
        !draft.outputs.is_empty()
    }

    /// Takes in the assignments before a command; the words that are left.
    fn assignments(&mut self, draft: &CommandDraft, conditional: bool) -> Vec<usize> {
        let is_assignment = |at: &&usize| self.parse_assignment(**at).is_some();
        let count = draft.words.iter().take_while(is_assignment).count();
        let (before, rest) = draft.words.split_at(count);
        if rest.is_empty() {
            for at in before {
                self.assign(*at, conditional);
            }
        }
        rest.to_vec()
    }

    /// The name and the length of `NAME=` at the start of a word.
    fn parse_assignment(&self, at: usize) -> Option<(String, usize)> {
        let word = &self.words[at];
        let spelled = self.script.text().get(word.range.clone())?;
        let (name, _) = spelled.split_once('=')?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let starts = !name.starts_with(|c: char| c.is_ascii_digit());
        let fits = !name.is_empty() && starts && name.chars().all(is_name);
        fits.then(|| (name.to_owned(), name.len() + 1))
    }

    fn assign(&mut self, at: usize, conditional: bool) {
        let Some((name, length)) = self.parse_assignment(at) else {
            return;
        };
        let value = self
            .text_of(at)
            .map(|text| text[length.min(text.len())..].to_owned());
        self.scope.assign(&name, value, conditional);
    }

    /// `${NAME:=default}` gives the variable its default.
    fn assign_defaults(&mut self, at: usize) {
        let text = self.words[at].text.clone();
        for (range, value) in self.scope.parts(&text) {
            let inner = text[range].strip_prefix("${");
            let name = inner.and_then(|inner| inner.split_once('='));
            let Some((name, value)) = name.zip(value) else {
                continue;
            };
            let name = name.0.trim_end_matches(':');
            if !name.contains([':', '-', '+', '?']) {
                self.scope.assign(name, value, false);
            }
        }
    }

    /// A word with its variables filled in: several where it is split or stands for several.
    fn expand_word(&self, at: usize) -> Vec<ArgWord> {
        let word = &self.words[at];
        if matches!(word.text.as_str(), "$@" | "$*") && word.variable {
            return match &self.scope.arguments {
                Ok(words) if self.admits_all(words) => words.clone(),
                Ok(_) => vec![self.word(word, word.text.clone(), Some(Cause::FilledTooLong))],
                Err(reason) => vec![self.word(word, word.text.clone(), Some(reason.clone()))],
            };
        }
        match self.text_of(at) {
            Err(reason) => vec![self.word(word, word.text.clone(), Some(reason))],
            Ok(text) => {
                let spelled = self.script.text().get(word.range.clone());
                let quoted = spelled.is_none_or(|spelled| spelled.contains(['"', '\'']));
                if quoted || !word.variable {
                    return vec![self.word(word, text, None)];
                }
                let parts = text.split_ascii_whitespace();
                parts
                    .map(|part| self.word(word, part.to_owned(), None))
                    .collect()
            }
        }
    }

    /// A word counts for more than its text: an empty one takes room, too.
    fn admits_all(&self, words: &[ArgWord]) -> bool {
        let size = words
            .iter()
            .map(|word| word.text.len() + size_of::<ArgWord>());
        self.scope.budget.admit(size.sum()).is_ok()
    }

    fn word(&self, word: &ShellWord, text: String, placeholder: Option<Cause>) -> ArgWord {
        ArgWord {
            text,
            span: word.span,
            unresolved: placeholder,
            slot: EditTarget::None,
        }
    }

    /// A word as one text.
    fn text_of(&self, at: usize) -> Result<String, Cause> {
        let word = &self.words[at];
        if let Some(reason) = self.script.placeholder(&word.range) {
            return Err(reason.clone());
        }
        if !word.variable {
            return Ok(word.text.clone());
        }
        let mut text = String::new();
        for (range, value) in self.scope.parts(&word.text) {
            match value {
                None => text.push_str(&word.text[range]),
                Some(value) => text.push_str(&value?),
            }
        }
        Ok(text)
    }

    /// The text of a here-document, its variables filled in unless its delimiter is quoted.
    fn document(&self, delimiter: usize) -> Option<Excerpt> {
        let document = self.documents.iter().find(|d| d.delimiter == delimiter)?;
        let word = &self.words[delimiter];
        let spelled = self.script.text().get(word.range.clone())?;
        let body = &self.script.text()[document.body.clone()];
        let mut builder = self.script.excerpt().builder();
        let mut at = document.body.start;
        for line in body.split_inclusive('\n') {
            let tabs = line.len() - line.trim_start_matches('\t').len();
            let skipped = if document.strips_tabs { tabs } else { 0 };
            let (line, start) = (&line[skipped..], at + skipped);
            at = start + line.len();
            if spelled != word.text {
                builder.push(start..at);
                continue;
            }
            for (range, value) in self.scope.parts(line) {
                let place = start + range.start..start + range.end;
                match value {
                    None => builder.push(place),
                    Some(Ok(value)) => builder.push_as(&value, place),
                    // In the words of a configuration text only braces say that it is one.
                    Some(Err(_)) => builder.push_as(&brace(&line[range]), place),
                }
            }
        }
        Some(builder.finish_at(document.body.start))
    }
}

/// What `&&` puts behind the command may not be run.
fn asks(command: &ShellCommand) -> bool {
    let first = command.words.first().map(|word| word.text.as_str());
    first.is_some_and(|first| QUESTIONS.contains(&first))
}

/// `$NAME` as `${NAME}`.
fn brace(expansion: &str) -> String {
    match expansion.strip_prefix('$') {
        Some(name) if !name.starts_with(['{', '(']) => format!("${{{name}}}"),
        Some(_) => expansion.to_owned(),
        None => format!("$({})", expansion.trim_matches('`')),
    }
}

/// Takes in a redirection; whether the next word belongs to it.
fn redirect(draft: &mut CommandDraft, operator: &str, next: usize, words: &[ShellWord]) -> bool {
    if words.get(next).is_none_or(|word| word.operator) {
        return false;
    }
    let sign = operator.trim_start_matches(|c: char| c.is_ascii_digit());
    let of_errors = operator.starts_with('2');
    match sign {
        "<<" | "<<-" => draft.document = Some(next),
        "<" => draft.input = Some(next),
        ">" | ">|" | "&>" if !of_errors => draft.outputs.push((next, false)),
        ">>" | "&>>" if !of_errors => draft.outputs.push((next, true)),
        _ => {}
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use proptest::prelude::*;

    fn followed(text: &str) -> Vec<ShellCommand> {
        let script = InterpolatedText::plain(Excerpt::whole(FileId(0), text.into()));
        let environment = ProcessEnvironment::from([("A".to_owned(), Ok("one two".to_owned()))]);
        commands(&script, &environment, &[])
    }

    /// The words of each command, `?` before one that is not known, `~` before a conditional command.
    fn shown(text: &str) -> Vec<String> {
        let word = |word: &ArgWord| match word.unresolved {
            Some(_) => format!("?{}", word.text),
            None => word.text.clone(),
        };
        followed(text)
            .iter()
            .map(|command| {
                let words: Vec<String> = command.words.iter().map(word).collect();
                let mark = if command.conditional { "~" } else { "" };
                format!("{mark}{}", words.join("|"))
            })
            .collect()
    }

    #[test]
    fn words_are_filled_in_and_split() {
        for (script, expected) in [
            ("x $A \"$A\" '$A' $B", vec!["x|one|two|one two|$A|?$B"]),
            ("B=1 C=${B}2; x $C", vec!["x|12"]),
            (
                "set -- a b; shift; x \"$@\" $1 $2",
                vec!["set|--|a|b", "shift", "x|b|b|?$2"],
            ),
            (
                "x `date` $(date) ${A%one} $?",
                vec!["x|?`date`|?$(date)|?${A%one}|?$?"],
            ),
            (
                "export B=2; exec x ${B:-3} ${C:-4}",
                vec!["export|B=2", "x|2|4"],
            ),
            ("B=1 x; y $B", vec!["x", "y|?$B"]),
        ] {
            assert_eq!(shown(script), expected, "{script}");
        }
    }

    #[test]
    fn branches_make_a_variable_unknown() {
        for (script, expected) in [
            ("B=1; if a; then B=2; fi; x $B", vec!["~a", "x|?$B"]),
            ("B=1; [ a ] && B=2; x $B", vec!["[|a|]", "x|?$B"]),
            ("B=1; a || B=2; x $B", vec!["a", "x|?$B"]),
            (
                "case $A in a|b) B=1;; *) y;; esac; x $B",
                vec!["~y", "x|?$B"],
            ),
            ("f() { B=1; y; }; x $B", vec!["f", "~y", "x|?$B"]),
            ("for B in 1 2; do y $B; done; x", vec!["~y|?$B", "x"]),
            ("mkdir a && x", vec!["mkdir|a", "x"]),
            (". /env; x $A $B", vec![".|/env", "x|?$A|?$B"]),
        ] {
            assert_eq!(shown(script), expected, "{script}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_script_can_be_followed(text in "[aA \\\\'\"$(){}`<>|&;=:#\n0-9é-]{0,60}") {
            for command in followed(&text) {
                for word in &command.words {
                    prop_assert!(text.get(word.span.range()).is_some());
                }
            }
        }
    }
}

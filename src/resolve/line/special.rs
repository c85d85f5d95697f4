//! Directives with a parser of their own: save points, buffer limits, addresses, classes of events.

use crate::facts::Datum;
use crate::knowledge::servers::SpecialParser;
use crate::knowledge::servers::language::StopStage;

use super::number::{bounds, leading_number, whole_number};
use super::word::quote_list;
use super::{DirectiveReading, LineOutcome, LineProblem, LineReader, WRONG_COUNT};

/// The letter that stands for all classes of events, and those that choose the channel of an event.
const ALL_EVENTS: char = 'A';
const EVENT_CHANNELS: &str = "KEm";

pub(super) fn words(args: &[&str]) -> Datum {
    Datum::List(
        args.iter()
            .map(|word| Datum::Text((*word).to_owned()))
            .collect(),
    )
}

/// One group of a client class's limits as the server keeps it.
pub(super) struct BufferLimits {
    pub(super) hard: u64,
    pub(super) soft: u64,
    pub(super) seconds: i32,
}

impl BufferLimits {
    fn group(&self, class: &str) -> String {
        format!("{class} {} {} {}", self.hard, self.soft, self.seconds)
    }
}

impl LineReader<'_> {
    pub(super) fn special(&self, args: &[&str]) -> DirectiveReading {
        let word = args.first().copied().unwrap_or_default();
        match self.directive.form {
            Some(SpecialParser::SavePoints) if self.series.language.loose_numbers => {
                self.loose_save_points(args)
            }
            Some(SpecialParser::SavePoints) => self.save_points(args),
            Some(SpecialParser::BufferLimits) => self.buffer_limits(args),
            Some(SpecialParser::HostPort) => self.host_port(args),
            Some(SpecialParser::Integers) => self.integers(args),
            Some(SpecialParser::Percentiles) => self.percentiles(args),
            Some(SpecialParser::EventFlags) => self.event_flags(word),
            Some(SpecialParser::Folder) if word.is_empty() => self.no_folder(),
            Some(SpecialParser::Folder) => DirectiveReading::good(Datum::Text(word.to_owned())),
            Some(SpecialParser::Addresses) => self.addresses(args),
            Some(SpecialParser::Rename) => self.rename(args),
            Some(SpecialParser::AclUser) => self.acl_user(args),
            Some(SpecialParser::Foreign) if !args.is_empty() => DirectiveReading::invalid(
                format!(
                    "{} directive while not in sentinel mode",
                    self.directive.name
                ),
                "such lines in the file of a sentinel",
            ),
            _ => DirectiveReading::good(words(args)),
        }
    }

    /// No folder has an empty name: the server cannot enter it on any machine.
    fn no_folder(&self) -> DirectiveReading {
        const MISSING: &str = "No such file or directory";
        const FORM: &str = "a folder that exists";
        if let Some((error, _)) = self.check_word("") {
            return DirectiveReading::invalid(error, FORM);
        }
        if self.series.language.missing_folder_exits {
            return DirectiveReading {
                outcome: LineOutcome::Refused(StopStage::Startup),
                ..DirectiveReading::invalid(format!("Can't chdir to '': {MISSING}"), FORM)
            };
        }
        DirectiveReading::invalid(MISSING, FORM)
    }

    fn save_points(&self, args: &[&str]) -> DirectiveReading {
        let error = "Invalid save parameters";
        if args == [""] {
            return clear_value();
        }
        if !args.len().is_multiple_of(2) {
            return self.wrong_count(error);
        }
        let mut points = Vec::new();
        for pair in args.chunks(2) {
            let numbers: Vec<_> = pair.iter().filter_map(|w| whole_number(w)).collect();
            match numbers[..] {
                [seconds, changes] if seconds >= 1 && changes >= 0 => {
                    points.push(point(seconds, changes as i32));
                }
                _ => return DirectiveReading::invalid(error, SAVE_FORM),
            }
        }
        DirectiveReading::good(Datum::List(points))
    }

    /// Two words are read as far as they are digits; any other number of words says nothing, and
    /// drops the built-in points all the same.
    fn loose_save_points(&self, args: &[&str]) -> DirectiveReading {
        if args == [""] {
            return clear_value();
        }
        let [seconds, changes] = args else {
            let reading = DirectiveReading::good(Datum::List(Vec::new()));
            return match args {
                [] => reading,
                _ => DirectiveReading {
                    accepted: Some(SAVE_FORM.to_owned()),
                    ..reading.with(LineProblem::WrongArity)
                },
            };
        };
        let (seconds, rest) = leading_number(seconds, 10);
        let (changes, more) = leading_number(changes, 10);
        let (seconds, changes) = (seconds as i32, changes as i32);
        if seconds < 1 || changes < 0 {
            return DirectiveReading::invalid("Invalid save parameters", SAVE_FORM);
        }
        let reading = DirectiveReading::good(Datum::List(vec![point(i64::from(seconds), changes)]));
        if rest.is_empty() && more.is_empty() {
            return reading;
        }
        reading.misread(SAVE_FORM.to_owned())
    }

    fn buffer_limits(&self, args: &[&str]) -> DirectiveReading {
        const FORM: &str = "groups `class hard-limit soft-limit soft-seconds`";
        let loose = self.series.language.loose_numbers;
        if !args.len().is_multiple_of(4) {
            return self.wrong_count("Wrong number of arguments in buffer limit configuration.");
        }
        let mut groups = Vec::new();
        let mut misread = false;
        for group in args.chunks(4) {
            let classes = &self.directive.enum_values;
            if !classes.iter().any(|v| v.eq_ignore_ascii_case(group[0])) {
                return DirectiveReading::invalid(
                    &self.series.language.messages.client_class,
                    format!("a class of {}", quote_list(classes)),
                );
            }
            match self.limits(&group[1..]) {
                Some(limits) if loose && limits.seconds < 0 => {
                    let error = "Negative number of seconds in soft limit is invalid";
                    return DirectiveReading::invalid(error, FORM);
                }
                Some(_) => {}
                None => {
                    let error = "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
                    return DirectiveReading::invalid(error, FORM);
                }
            }
            misread |= loose && !self.is_plain_group(&group[1..]);
            if let Some(limits) = self.limits(&group[1..]) {
                groups.push(Datum::Text(limits.group(group[0])));
            }
        }
        let reading = DirectiveReading::good(Datum::List(groups));
        if misread {
            return reading.misread(FORM.to_owned());
        }
        reading
    }

    /// The limits that a group's figures come to; `None` where they are refused.
    pub(super) fn limits(&self, figures: &[&str]) -> Option<BufferLimits> {
        let [hard, soft, seconds] = figures else {
            return None;
        };
        if self.series.language.loose_numbers {
            return Some(BufferLimits {
                hard: self.raw_size(hard).map_or(0, |size| size.bytes),
                soft: self.raw_size(soft).map_or(0, |size| size.bytes),
                seconds: leading_number(seconds, 10).0 as i32,
            });
        }
        Some(BufferLimits {
            hard: self.size(hard)?.bytes,
            soft: self.size(soft)?.bytes,
            seconds: Some(whole_number(seconds)? as i32).filter(|seconds| *seconds >= 0)?,
        })
    }

    fn is_plain_group(&self, figures: &[&str]) -> bool {
        let sizes = figures.iter().take(2).all(|word| self.size(word).is_some());
        sizes
            && figures
                .last()
                .is_some_and(|word| whole_number(word).is_some())
    }

    fn host_port(&self, args: &[&str]) -> DirectiveReading {
        let [host, port] = args else {
            return self.wrong_count(WRONG_COUNT);
        };
        if host.eq_ignore_ascii_case("no") && port.eq_ignore_ascii_case("one") {
            return DirectiveReading::good(Datum::List(Vec::new()));
        }
        match whole_number(port) {
            Some(number) if (0..=65535).contains(&number) => {
                DirectiveReading::good(words(&[host, &number.to_string()]))
            }
            _ => DirectiveReading::invalid(
                &self.series.language.messages.port,
                "a host and a port from 0 to 65535",
            ),
        }
    }

    fn integers(&self, args: &[&str]) -> DirectiveReading {
        let (min, max) = bounds(self.directive);
        if !self.count_fits(args.len()) {
            return self.wrong_count(WRONG_COUNT);
        }
        let numbers: Option<Vec<String>> = args
            .iter()
            .map(|word| {
                let number = whole_number(word)?;
                let fits = (min..=max).contains(&i128::from(number));
                fits.then(|| number.to_string())
            })
            .collect();
        match numbers {
            Some(numbers) => {
                DirectiveReading::good(Datum::List(numbers.into_iter().map(Datum::Text).collect()))
            }
            None => DirectiveReading::invalid(
                format!(
                    "Invalid {}, elements must be between {min} and {max}.",
                    self.directive.name
                ),
                format!("integers from {min} to {max}"),
            ),
        }
    }

    fn percentiles(&self, args: &[&str]) -> DirectiveReading {
        const FORM: &str = "figures from 0 to 100, such as `50 99 99.9`";
        let name = &self.directive.name;
        if args == [""] {
            return DirectiveReading::good(Datum::List(Vec::new()));
        }
        for word in args {
            let hexadecimal = self.series.language.hexadecimal_figures;
            let Some(figure) = percentile(word).filter(|_| hexadecimal || !is_hexadecimal(word))
            else {
                return DirectiveReading::invalid(format!("Invalid {name} parameters"), FORM);
            };
            if !(0.0..=100.0).contains(&figure) {
                let error = format!("{name} parameters should sit between [0.0,100.0]");
                return DirectiveReading::invalid(error, FORM);
            }
        }
        DirectiveReading::good(words(args))
    }

    fn event_flags(&self, word: &str) -> DirectiveReading {
        let language = &self.series.language;
        let classes = &language.event_classes;
        let apart = &language.event_classes_apart;
        let known = |c: char| {
            c == ALL_EVENTS
                || EVENT_CHANNELS.contains(c)
                || classes.contains(c)
                || apart.contains(c)
        };
        if !word.chars().all(known) {
            return DirectiveReading::invalid(
                &language.messages.events,
                format!("letters of `{ALL_EVENTS}{classes}{apart}{EVENT_CHANNELS}`"),
            );
        }
        let all = word.contains(ALL_EVENTS) || classes.chars().all(|c| word.contains(c));
        let given = |letters: &str| {
            letters
                .chars()
                .filter(|c| word.contains(*c))
                .collect::<String>()
        };
        // Where all are given, those apart are not shown.
        let mut shown = if all {
            ALL_EVENTS.to_string()
        } else {
            given(classes) + &given(apart)
        };
        shown.push_str(&given(EVENT_CHANNELS));
        DirectiveReading::good(Datum::Text(shown))
    }

    fn addresses(&self, args: &[&str]) -> DirectiveReading {
        if self.directive.args.max.is_some_and(|max| args.len() > max) {
            return self.wrong_count(&self.series.language.messages.addresses);
        }
        if args == [""] {
            return DirectiveReading::good(Datum::List(Vec::new()));
        }
        DirectiveReading::good(words(args))
    }

    /// Which commands were renamed before is not known here.
    fn rename(&self, args: &[&str]) -> DirectiveReading {
        let commands = &self.series.commands;
        let name = args.first().copied().unwrap_or_default();
        if !commands.knows(name) {
            return DirectiveReading::invalid(
                no_such_command(&self.directive.name),
                "the name of a command of this version",
            );
        }
        if name.contains('|') {
            return DirectiveReading {
                outcome: LineOutcome::Refused(StopStage::Crash),
                ..DirectiveReading::invalid(
                    "ASSERTION FAILED",
                    "a whole command; sub-commands cannot be renamed",
                )
            };
        }
        DirectiveReading::good(words(args))
    }
}

const SAVE_FORM: &str = "pairs `seconds changes`, such as `900 1`, or `\"\"` for none";

/// What a server prints for a command that it does not have.
pub(in crate::resolve) fn no_such_command(directive: &str) -> String {
    format!("No such command in {directive}")
}

fn clear_value() -> DirectiveReading {
    DirectiveReading {
        clears: true,
        ..DirectiveReading::good(Datum::List(Vec::new()))
    }
}

fn point(seconds: i64, changes: i32) -> Datum {
    Datum::Text(format!("{seconds} {changes}"))
}

/// A figure as C's `strtod` reads a whole word; one that does not fit is none.
pub(super) fn percentile(word: &str) -> Option<f64> {
    let plain = !word.is_empty() && !word.starts_with([' ', '\t', '\n', '\r', '\u{b}', '\u{c}']);
    if is_hexadecimal(word) {
        return hexadecimal(word);
    }
    let figure: f64 = word.parse().ok().filter(|_| plain)?;
    let digits = word.split(['e', 'E']).next().unwrap_or_default();
    let lost = figure == 0.0 && digits.bytes().any(|b| (b'1'..=b'9').contains(&b));
    let overflows = figure.is_infinite() && word.bytes().any(|b| b.is_ascii_digit());
    (!figure.is_nan() && !lost && !overflows).then_some(figure)
}

fn is_hexadecimal(word: &str) -> bool {
    let word = word.strip_prefix(['-', '+']).unwrap_or(word);
    word.starts_with("0x") || word.starts_with("0X")
}

/// `0x10`, `0x1.8p3`.
fn hexadecimal(word: &str) -> Option<f64> {
    let negative = word.starts_with('-');
    let body = word.strip_prefix(['-', '+']).unwrap_or(word).get(2..)?;
    let (digits, exponent) = body.split_once(['p', 'P']).unwrap_or((body, "0"));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let mut figure = 0.0;
    for digit in whole.chars().chain(part.chars()) {
        figure = figure * 16.0 + f64::from(digit.to_digit(16)?);
    }
    let exponent = exponent.parse::<i32>().ok()?;
    let shift = exponent.checked_sub(i32::try_from(part.len()).ok()?.checked_mul(4)?)?;
    let figure = figure * f64::from(shift).exp2();
    let any = !(whole.is_empty() && part.is_empty());
    (any && figure.is_finite()).then_some(if negative { -figure } else { figure })
}

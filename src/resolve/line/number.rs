//! Numbers and sizes, as the servers' own functions read them (`string2ll`, `strtoll`, `memtoull`).

use crate::facts::Datum;
use crate::knowledge::servers::language::{LargeSizes, StopStage};
use crate::knowledge::servers::{DirectiveSpec, ParsedBy, ValueUnit};

use super::{DirectiveReading, LineOutcome, LineProblem, LineReader};

/// Digits with an optional `-`; no leading zero, sign, blank, unit or exponent.
pub(super) fn plain_integer(word: &str) -> Option<i64> {
    let digits = word.strip_prefix('-').unwrap_or(word);
    let plain = !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit())
        && (digits == "0" && word == "0" || !digits.starts_with('0'));
    if plain { word.parse().ok() } else { None }
}

/// The number that a word begins with, as C's `strtoll` reads it, and what is left of the word.
/// No digits at all are 0.
pub(super) fn leading_number(word: &str, radix: u32) -> (i64, &str) {
    let body = word.trim_start_matches([' ', '\t', '\n', '\r', '\u{b}', '\u{c}']);
    let negative = body.starts_with('-');
    let digits = body.strip_prefix(['-', '+']).unwrap_or(body);
    let end = digits
        .find(|c: char| !c.is_digit(radix))
        .unwrap_or(digits.len());
    if end == 0 {
        return (0, word);
    }
    let magnitude = i128::from_str_radix(&digits[..end], radix).unwrap_or(i128::MAX);
    let signed = if negative { -magnitude } else { magnitude };
    let number = i64::try_from(signed).unwrap_or(if negative { i64::MIN } else { i64::MAX });
    (number, &digits[end..])
}

/// The number that the whole word is, as C's `strtoll` reads it; an empty word is 0.
pub(super) fn whole_number(word: &str) -> Option<i64> {
    match leading_number(word, 10) {
        (number, "") => Some(number),
        _ => None,
    }
}

pub(super) fn bounds(directive: &DirectiveSpec) -> (i128, i128) {
    let number = |n: &Option<serde_json::Number>| {
        n.as_ref()
            .and_then(|n| n.as_i128().or_else(|| n.as_u64().map(i128::from)))
    };
    (
        number(&directive.min).unwrap_or(i128::from(i64::MIN)),
        number(&directive.max).unwrap_or(i128::from(i64::MAX)),
    )
}

/// What a memory word comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MemorySize {
    /// The number of bytes that the server is left with.
    pub(super) bytes: u64,
    /// It is not what the word says: no digits, or more than fits.
    pub(super) misread: bool,
}

impl LineReader<'_> {
    pub(super) fn integer(&self, word: &str) -> DirectiveReading {
        let (min, max) = bounds(self.directive);
        let form = self.integer_form(min, max);
        if self.directive.octal {
            return self.octal(word, form);
        }
        let Some(number) = plain_integer(word) else {
            return DirectiveReading::invalid("argument couldn't be parsed into an integer", form);
        };
        if let Some(error) = self.out_of_bounds(number) {
            return DirectiveReading::invalid(error, form);
        }
        if self.directive.crashes_at == Some(number) {
            let error = "the server breaks off as soon as it runs";
            return DirectiveReading {
                outcome: LineOutcome::Refused(StopStage::Crash),
                ..DirectiveReading::invalid(error, form)
            };
        }
        self.clamp_number(number, form)
    }

    /// Bounds hold for the number as the server's type keeps it: a negative one is huge without a
    /// sign.
    fn within(&self, number: i64) -> bool {
        let (min, max) = bounds(self.directive);
        let seen = if self.directive.is_unsigned() {
            i128::from(number as u64)
        } else {
            i128::from(number)
        };
        (min..=max).contains(&seen)
    }

    /// What the server says of a number that the directive does not take.
    fn out_of_bounds(&self, number: i64) -> Option<String> {
        let negative = &self.series.language.messages.negative;
        if let (true, Some(error)) = (self.directive.is_unsigned() && number < 0, negative) {
            return Some(error.clone());
        }
        let (min, max) = bounds(self.directive);
        (!self.within(number))
            .then(|| format!("argument must be between {min} and {max} inclusive"))
    }

    fn clamp_number(&self, number: i64, form: String) -> DirectiveReading {
        let low = self.directive.effective_min.unwrap_or(i64::MIN);
        let high = self.directive.effective_max.unwrap_or(i64::MAX);
        let effective = number.clamp(low, high);
        let reading = DirectiveReading::good(figure(self.directive, effective));
        if effective == number {
            return reading;
        }
        DirectiveReading {
            accepted: Some(form),
            ..reading.with(LineProblem::ClampedValue)
        }
    }

    fn octal(&self, word: &str, form: String) -> DirectiveReading {
        let (min, max) = bounds(self.directive);
        let (number, rest) = leading_number(word, 8);
        let fits = (min..=max).contains(&i128::from(number));
        if self.directive.parsed_by == Some(ParsedBy::Loader) {
            return match (fits, rest) {
                (false, _) => DirectiveReading::invalid("Invalid socket file permissions", form),
                (true, "") if !word.is_empty() => DirectiveReading::good(Datum::Int(number)),
                (true, _) => DirectiveReading::good(Datum::Int(number)).misread(form),
            };
        }
        if !rest.is_empty() {
            return DirectiveReading::invalid(
                "argument couldn't be parsed as an octal number",
                form,
            );
        }
        if !fits {
            let error = format!("argument must be between {min:o} and {max:o} inclusive");
            return DirectiveReading::invalid(error, form);
        }
        DirectiveReading::good(Datum::Int(number))
    }

    fn integer_form(&self, min: i128, max: i128) -> String {
        let unit = match self.directive.unit {
            Some(ValueUnit::Seconds) => " of seconds",
            Some(ValueUnit::Milliseconds) => " of milliseconds",
            Some(ValueUnit::Microseconds) => " of microseconds",
            Some(ValueUnit::Minutes) => " of minutes",
            Some(ValueUnit::Percent) => " of percent, without a sign",
            Some(ValueUnit::PerSecond) | None => "",
        };
        if self.directive.octal {
            return format!("an octal number from {min:o} to {max:o}");
        }
        let low = self.directive.effective_min.map_or(min, i128::from);
        let high = self.directive.effective_max.map_or(max, i128::from);
        if high >= i128::from(i32::MAX) {
            return format!("an integer{unit}, at least {low}, without a unit");
        }
        format!("an integer{unit} from {low} to {high}, without a unit")
    }

    pub(super) fn memory(&self, word: &str) -> DirectiveReading {
        let Some(size) = self.size(word) else {
            return match plain_integer(word) {
                Some(number) if self.directive.plain_negative_allowed && self.within(number) => {
                    DirectiveReading::good(Datum::Int(number))
                }
                _ => {
                    DirectiveReading::invalid("argument must be a memory value", memory_form(word))
                }
            };
        };
        if let Some(error) = self.out_of_bounds(size.bytes as i64) {
            let (min, max) = bounds(self.directive);
            let form = format!("{MEMORY_FORM}, from {min} to {max} bytes");
            return DirectiveReading::invalid(error, form);
        }
        let reading = DirectiveReading::good(Datum::Size(size.bytes));
        if size.misread {
            return reading.misread(memory_form(word));
        }
        match binary_unit(word) {
            Some(meant) => reading.misread(meant),
            None => reading,
        }
    }

    /// The bytes that a word stands for; `None` where it is refused.
    pub(super) fn size(&self, word: &str) -> Option<MemorySize> {
        let size = self.raw_size(word)?;
        // The older functions return a signed number, and none below zero is a size.
        let signed = self.series.language.large_sizes == LargeSizes::SaturateSigned;
        (!signed || size.bytes as i64 >= 0).then_some(size)
    }

    /// The same, where a number below zero is a very large one without its sign.
    pub(super) fn raw_size(&self, word: &str) -> Option<MemorySize> {
        let mode = self.series.language.large_sizes;
        let signed = mode == LargeSizes::SaturateSigned;
        let body = word.strip_prefix('-').filter(|_| signed).unwrap_or(word);
        let split = body
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(body.len());
        let (digits, unit) = body.split_at(split);
        let factor = unit_factor(unit)?;
        let negative = body.len() < word.len();
        if digits.len() >= MAX_DIGITS || negative && digits.is_empty() {
            return None;
        }
        let number = digits.parse::<u64>();
        let fits = match &number {
            Ok(number) => !signed || i64::try_from(*number).is_ok(),
            Err(_) => digits.is_empty(),
        };
        if !fits && mode == LargeSizes::Refuse {
            return None;
        }
        let number = match number {
            Ok(number) if fits => number,
            _ if digits.is_empty() => 0,
            _ if signed => i64::MAX as u64,
            _ => u64::MAX,
        };
        let bytes = number.wrapping_mul(factor);
        let bytes = if negative {
            bytes.wrapping_neg()
        } else {
            bytes
        };
        let misread = digits.is_empty() || !fits || number.checked_mul(factor).is_none();
        Some(MemorySize { bytes, misread })
    }

    pub(super) fn percent_or_memory(&self, word: &str) -> DirectiveReading {
        const FORM: &str = "bytes with or without a unit, or a percentage such as `5%`";
        const REFUSED: &str = "argument must be a memory or percent value";
        let most = self.directive.max_percent.unwrap_or(100);
        let too_much = || {
            DirectiveReading::invalid(
                format!("percentage argument must be less or equal to {most}"),
                FORM,
            )
        };
        if let Some(size) = self.size(word) {
            // What does not fit in the signed type is negative there, and that is a percentage.
            let kept = size.bytes as i64;
            return match kept.checked_neg() {
                Some(percent) if kept < 0 && percent <= most => {
                    DirectiveReading::good(Datum::Text(format!("{percent}%")))
                        .misread(FORM.to_owned())
                }
                _ if kept < 0 => too_much(),
                _ => self.memory(word),
            };
        }
        let percent = word.strip_suffix('%').and_then(plain_integer);
        match percent {
            Some(n) if n >= 0 && n <= most => DirectiveReading::good(Datum::Text(if n == 0 {
                "0".into()
            } else {
                word.to_owned()
            })),
            Some(n) if n >= 0 => too_much(),
            _ => DirectiveReading::invalid(REFUSED, FORM),
        }
    }
}

/// The server copies the digits into a buffer of this size.
const MAX_DIGITS: usize = 128;

fn unit_factor(unit: &str) -> Option<u64> {
    Some(match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" => 1000,
        "kb" => 1 << 10,
        "m" => 1_000_000,
        "mb" => 1 << 20,
        "g" => 1_000_000_000,
        "gb" => 1 << 30,
        _ => return None,
    })
}

pub(super) fn figure(directive: &DirectiveSpec, number: i64) -> Datum {
    match directive.unit {
        Some(ValueUnit::Seconds) => Datum::Duration(number as f64),
        _ => Datum::Int(number),
    }
}

const MEMORY_FORM: &str =
    "bytes, or an integer with `kb`, `mb`, `gb` (binary) or `k`, `m`, `g` (decimal)";

/// The form to write where a word has a decimal unit.
fn binary_unit(word: &str) -> Option<String> {
    let last = word.chars().last()?;
    let digits = &word[..word.len() - last.len_utf8()];
    let decimal = matches!(last, 'k' | 'm' | 'g' | 'K' | 'M' | 'G');
    decimal.then(|| {
        let unit = last.to_ascii_lowercase();
        format!("`{digits}{unit}b`, or the number of bytes where a decimal size is meant")
    })
}

/// The accepted form, with the word translated where it is written as Kubernetes writes sizes.
fn memory_form(word: &str) -> String {
    let translated = ["Ki", "Mi", "Gi"]
        .into_iter()
        .zip(["kb", "mb", "gb"])
        .find_map(|(theirs, ours)| {
            let number = word
                .strip_suffix(theirs)
                .or_else(|| word.strip_suffix(&format!("{theirs}B")))?;
            number
                .bytes()
                .all(|b| b.is_ascii_digit())
                .then(|| format!("{number}{ours}"))
        });
    match translated {
        Some(text) => format!("{MEMORY_FORM}: `{text}`"),
        None => MEMORY_FORM.to_owned(),
    }
}

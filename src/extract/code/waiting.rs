//! How long a call waits at the server at most, from the figures that it is given.

use super::fold;
use crate::facts::cause::Cause;
use crate::facts::raw::{ConstValue, LongestWait};
use crate::knowledge::clients::usage::{BlockingModel, WaitModel};
use crate::knowledge::servers::waiting::{self, TimeoutWord, WaitingCommand};

/// `XREAD STREAMS key id`: a shorter list of words may hold more than is seen.
const WORDS_OF_A_READ: usize = 3;

/// How long a typed call waits that is given this figure, or none.
pub(in crate::extract) fn longest_of_call(
    row: &BlockingModel,
    figure: Option<&ConstValue>,
) -> LongestWait {
    let seconds = match (figure, row.unit) {
        (None | Some(ConstValue::Nil), _) => return of_model(row.unset.or(row.zero)),
        (Some(ConstValue::Unknown(reason)), _) => return LongestWait::Unknown(reason.clone()),
        (Some(ConstValue::Fallback(fallback)), _) => {
            return LongestWait::Unknown(fallback.reason());
        }
        (Some(ConstValue::Int(n)), Some(unit)) => unit.in_seconds(*n as f64),
        (Some(ConstValue::Float(n)), Some(unit)) => unit.in_seconds(*n),
        (Some(other), _) => match fold::to_duration(other.clone()) {
            ConstValue::Duration(n) => n as f64 / 1e9,
            _ => return LongestWait::Unknown(Cause::Code("an argument")),
        },
    };
    match seconds {
        0.0 => of_model(row.zero),
        seconds if seconds > 0.0 => LongestWait::Seconds(seconds),
        _ => match row.negative {
            Some(wait) => of_model(Some(wait)),
            None => LongestWait::Unknown(Cause::Code("a negative value")),
        },
    }
}

/// How long a command waits that is sent by its name, from the words behind that.
pub(in crate::extract) fn longest_of_command(
    command: &WaitingCommand,
    words: &[ConstValue],
) -> LongestWait {
    let at = match command.timeout {
        TimeoutWord::AfterBlock => {
            let is_block = |word: &ConstValue| matches!(word, ConstValue::Text(text) if text.eq_ignore_ascii_case(waiting::BLOCK));
            let mut unseen = words.iter();
            let unseen = unseen.any(|word| matches!(word, ConstValue::Unknown(_)));
            match words.iter().position(is_block) {
                Some(at) => Some(at + 1),
                // A word that is not seen may hold several, the one before the figure among them.
                None if unseen && words.len() < WORDS_OF_A_READ => None,
                None => return LongestWait::AtOnce,
            }
        }
        other => other.position(words.len()),
    };
    let figure = match at.and_then(|at| words.get(at)) {
        Some(ConstValue::Int(n)) => Some(*n as f64),
        Some(ConstValue::Float(n)) => Some(*n),
        Some(ConstValue::Text(text)) => text.parse().ok(),
        Some(ConstValue::Unknown(reason)) => return LongestWait::Unknown(reason.clone()),
        Some(ConstValue::Fallback(fallback)) => return LongestWait::Unknown(fallback.reason()),
        _ => None,
    };
    match figure {
        Some(0.0) => LongestWait::ForEver,
        Some(figure) if figure > 0.0 => LongestWait::Seconds(command.unit.in_seconds(figure)),
        _ => LongestWait::Unknown(Cause::Code("an argument")),
    }
}

fn of_model(wait: Option<WaitModel>) -> LongestWait {
    match wait {
        Some(WaitModel::ForEver) => LongestWait::ForEver,
        Some(WaitModel::AtOnce) => LongestWait::AtOnce,
        None => LongestWait::Unknown(Cause::Code("a value of 0")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_of(words: &[ConstValue]) -> LongestWait {
        longest_of_command(waiting::command("XREAD").unwrap(), words)
    }

    #[test]
    fn a_read_waits_as_the_word_behind_block_says() {
        let text = |text: &str| ConstValue::Text(text.to_owned());
        let open = || ConstValue::Unknown(Cause::Expression("keys".to_owned()));
        let words = [
            text("block"),
            ConstValue::Int(2000),
            text("STREAMS"),
            open(),
            open(),
        ];
        assert_eq!(read_of(&words), LongestWait::Seconds(2.0));
        let words = [text("BLOCK"), text("0"), text("STREAMS"), open()];
        assert_eq!(read_of(&words), LongestWait::ForEver);
        assert_eq!(
            read_of(&[text("STREAMS"), open(), open()]),
            LongestWait::AtOnce
        );
        assert!(matches!(read_of(&[open()]), LongestWait::Unknown(_)));
    }
}

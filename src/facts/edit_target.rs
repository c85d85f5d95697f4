//! Slots: where and how a value could be written. Every fact carries one, absent facts too, so that
//! no extractor grows an editor of its own; `edit` is the only reader.

use crate::source::Span;

/// A place where a value can be written. Closed.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum EditTarget {
    /// Nowhere that redvet could write to.
    #[default]
    None,
    /// Replace these bytes.
    Replace { span: Span, encoding: TextEncoding },
    /// Insert a line `NAME VALUE` of configuration text; `at` is empty and stands at the start of
    /// a line (or at the end of the text).
    InsertLine {
        at: Span,
        /// Blanks that every line of this text starts with in the file.
        indent: String,
        /// The file's own line break.
        newline: &'static str,
        /// A line break must come first: the text does not end in one.
        break_before: bool,
        name: String,
    },
    /// Insert a field into a composite literal of a programming language. `at` is empty. Where
    /// fields stand on lines of their own it is the end of the line after which the new line comes
    /// (line break, indentation, field, comma); else it follows the last field, its comma, or the
    /// opening brace.
    InsertField {
        at: Span,
        encoding: TextEncoding,
        ident: String,
        style: FieldStyle,
    },
    /// Insert a statement `RECEIVER.IDENT = VALUE` on a line of its own after `at`'s line; `at` is
    /// empty and stands at the end of that line, before its line break.
    InsertAssignment {
        at: Span,
        encoding: TextEncoding,
        receiver: String,
        ident: String,
        indent: String,
        newline: &'static str,
    },
    /// Insert a call `.IDENT(VALUE)` into a chain of them. `at` is empty and stands behind the
    /// expression that the call is added to.
    InsertCall {
        at: Span,
        encoding: TextEncoding,
        ident: String,
        /// Each call of the chain stands on a line of its own: the line break and indentation.
        own_line: Option<String>,
    },
}

/// How a field is inserted into a literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldStyle {
    /// Each field stands on a line of its own, with this indentation.
    pub own_line: Option<String>,
    /// The literal has fields already.
    pub follows: bool,
    /// The last field is followed by a comma.
    pub comma_before: bool,
    pub newline: &'static str,
    /// What stands between name and value.
    pub assigns: &'static str,
}

/// How text is written at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextEncoding {
    /// Words of configuration text: quoted where a blank or an empty word needs it.
    ConfWords,
    /// A plain, single- or double-quoted YAML scalar; the quotes are part of the span.
    YamlScalar,
    /// A Go expression; durations through this name of the `time` package, if it is imported.
    Go { time: Option<String> },
    /// A Rust expression; durations through this path of the type, if it is in scope.
    Rust {
        duration: Option<String>,
        /// The place takes `Some(value)`.
        wrapped: bool,
        /// The place takes a bare number of milliseconds.
        milliseconds: bool,
    },
    /// A Python expression; durations as numbers of seconds.
    Python,
}

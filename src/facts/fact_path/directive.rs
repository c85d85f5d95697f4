//! The facts of lines of configuration, and those of the check itself, with their types.

use super::{FactEntry, FactPath, Type, fact_table};
use crate::facts::words::Problem;

fact_table! {
    /// A fact of a line of configuration.
    DirectiveFact in Directive {
        Name = "name": Text, "the directive's name as it is written";
        Canonical = "canonical": Text,
            "the name that the server calls it by; aliases resolve to it";
        Args = "args": List, "the words after the name";
        Value = "value": Text,
            "the words after the name, as one text, without a trailing comment; masked where secret";
        Problem = "problem": Text of Problem::WORDS,
            "what is wrong with the line: `none`, or one of the kinds behind the `conf/*` rules";
        Error = "error": Text, "what the server would print for this line";
        Accepted = "accepted": Text, "the accepted form, for a value of the wrong form";
        Suggestion = "suggestion": Text, "the one known name at edit distance 1";
        Candidates = "candidates": Text, "known names near the unknown one";
        Consequence = "consequence": Text,
            "what the server does with the line: `refuses to start`, or what it takes the words for";
        KnownSince = "known_since": Text, "the first version of this flavor that knows the name";
        RemovedIn = "removed_in": Text,
            "the first version of this flavor that knows the name no more";
        Replacement = "replacement": Text, "the name that replaced it";
        KnownTo = "known_to": Text,
            "the flavors and versions that know the name, for one that this version does not know";
        Effective = "effective": Text,
            "what the value comes to, as `CONFIG GET` shows it, where that is not what is written";
        IdleBecause = "idle_because": Text,
            "why the line has no effect beside other settings, or `none`";
        Conflict = "conflict": Text,
            "what the server prints because of this line and another one, or `none`";
        ConflictWith = "conflict_with": Text, "the other line, where it is written";
        ConflictConsequence = "conflict_consequence": Text, "what the server does then";
        Settable = "settable": Bool,
            "whether a running server takes the directive by CONFIG SET, for a field that an operator applies so";
        OverriddenBy = "overridden_by": Text,
            "the value that counts instead, where another part of the configuration (arguments, a field) replaces this line in every server that reads it";
        NotRead = "not_read": Text,
            "why nothing reads the field or key, for configuration that its deployment never reads";
        DisclosesSecret = "discloses_secret": Bool,
            "the line holds a password that whoever reads the file can read: no reference, no placeholder, no hash";
        TrailingComment = "trailing_comment": Text, "the `#` comment after the value";
        First = "first": Text, "the value of the earlier line that this one silently replaces";
        ServerVersion = "server_version": Text, "flavor and version that the line was judged by";
    }
}

fact_table! {
    /// A fact of the check itself.
    MetaFact in Meta {
        What = "what": Text of &[
            "unused-suppression", "suppression-without-reason", "unreadable-input", "expired-waiver"
        ],
            "what is wrong: `unused-suppression`, `suppression-without-reason`, `unreadable-input`, `expired-waiver`";
        Detail = "detail": Text, "the particulars";
    }
}

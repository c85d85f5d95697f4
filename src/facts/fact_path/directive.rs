//! The facts of lines of configuration, and those of the check itself, with their types.

use super::{FactEntry, FactPath, FactType, fact_table};
use crate::facts::words::{LineConsequence, LineProblem};

fact_table! {
    /// A fact of a line of configuration.
    DirectiveFact in Directive {
        Name = "name": Text, "the directive name as written";
        Canonical = "canonical": Text,
            "the canonical name; aliases resolve to it";
        Args = "args": List, "the arguments";
        Value = "value": Text,
            "the arguments as one string, without a trailing comment; masked if secret";
        Problem = "problem": Text of LineProblem::WORDS,
            "what is wrong with the line: `none`, or one of the kinds behind the `conf/*` rules";
        Error = "error": Text, "the error the server prints for this line";
        Accepted = "accepted": Text, "the accepted format, for a value with the wrong format";
        Swallowed = "swallowed": Text,
            "a file or an option of the command line that the server takes for a value of this option";
        Suggestion = "suggestion": Text, "the only known name at edit distance 1";
        Candidates = "candidates": Text, "known names similar to the unknown one";
        Consequence = "consequence": Text,
            "what the server does with the line: `refuses to start`, or how it interprets the arguments";
        Outcome = "outcome": Text of LineConsequence::WORDS,
            "what becomes of the server at a line with a problem: it starts and takes the line (`taken`) or ignores it (`ignored`), it keeps its value (`not-set`), or it does not start (`no-start`)";
        KnownSince = "known_since": Text, "the first version of this flavor that supports the directive";
        RemovedIn = "removed_in": Text,
            "the first version of this flavor that no longer supports the directive";
        Replacement = "replacement": Text, "the directive that replaced it";
        KnownTo = "known_to": Text,
            "the flavors and versions that support the directive, if this version does not";
        Effective = "effective": Text,
            "the effective value as shown by `CONFIG GET`, if it differs from the written value";
        IdleBecause = "idle_because": Text,
            "why the line has no effect because of other settings, or `none`";
        Conflict = "conflict": Text,
            "the error caused by this line together with another one, or `none`";
        ConflictWith = "conflict_with": Text, "the other line";
        ConflictConsequence = "conflict_consequence": Text, "what the server does in that case";
        Settable = "settable": Bool,
            "whether the directive can be changed with CONFIG SET, for a field that an operator applies that way";
        OverriddenBy = "overridden_by": Text,
            "the value in effect, if arguments or another field override this line in every server that reads it";
        NotRead = "not_read": Text,
            "why the field or key is never read";
        MissingPath = "missing_path": Text,
            "the file or folder that the server needs for this line at start and that its container does not have, or `none`";
        DisclosesSecret = "discloses_secret": Bool,
            "the line contains a password in plain text (not a reference, placeholder or hash)";
        TrailingComment = "trailing_comment": Text, "the `#` comment after the value";
        First = "first": Text, "the value of the earlier line that this one overrides";
        ServerVersion = "server_version": Text, "flavor and version the line was checked against";
    }
}

fact_table! {
    /// A fact of the check itself.
    MetaFact in Meta {
        What = "what": Text of &[
            "unused-suppression", "suppression-without-reason", "unreadable-input", "expired-waiver"
        ],
            "the problem: `unused-suppression`, `suppression-without-reason`, `unreadable-input`, `expired-waiver`";
        Detail = "detail": Text, "details";
    }
}

//! The kinds of nodes of a grammar as an enum: each spelled once and looked up in the grammar at first
//! use, so that a misspelt one fails a test instead of matching nothing. Which kinds matter is left to
//! the reader of each language.

/// `node_kinds! { GoNode of Go: Assignment = "assignment_statement", … }` makes the enum, `of` for the
/// kind of a node, and the test that the grammar knows every kind.
macro_rules! node_kinds {
    ($enum:ident of $grammar:ident: $($name:ident = $text:literal),* $(,)?) => {
        /// A kind of node; `Unread` stands for all that is looked through.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum $enum { $($name,)* Unread }

        const KINDS: &[($enum, &str)] = &[$(($enum::$name, $text)),*];

        /// The kinds by the grammar's own numbers.
        static BY_NUMBER: std::sync::LazyLock<Vec<$enum>> = std::sync::LazyLock::new(|| {
            let mut table = Vec::new();
            for (kind, text) in KINDS {
                let number = $crate::syntax::code::CodeGrammar::$grammar.kind_number(text);
                let number = usize::from(number.unwrap_or(0));
                if table.len() <= number {
                    table.resize(number + 1, $enum::Unread);
                }
                table[number] = *kind;
            }
            table
        });

        impl $enum {
            pub(super) fn of(node: tree_sitter::Node<'_>) -> Self {
                let kind = BY_NUMBER.get(usize::from(node.kind_id()));
                kind.copied().unwrap_or(Self::Unread)
            }
        }

        #[cfg(test)]
        mod tests {
            #[test]
            fn every_kind_is_one_of_the_grammar() {
                let grammar = $crate::syntax::code::CodeGrammar::$grammar;
                let unknown: Vec<&str> = super::KINDS
                    .iter()
                    .filter(|(_, text)| grammar.kind_number(text).is_none())
                    .map(|(_, text)| *text)
                    .collect();
                assert!(unknown.is_empty(), "{unknown:?}");
            }
        }
    };
}

pub(crate) use node_kinds;

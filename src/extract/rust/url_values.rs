//! Values that stand for a connection URL: an address, what is said to the server first, and both
//! together. They become the URL that says the same, so that whatever is known of URLs holds for them.

use tree_sitter::Node;

use crate::extract::code::fold;
use crate::extract::rust::names;
use crate::extract::rust::package::{NameMeaning, RustPath};
use crate::extract::rust::reader::RustFileReader;
use crate::extract::rust::state::RustExprValue;
use crate::extract::rust::url_parts::UrlParts;
use crate::knowledge::clients::rust::UrlValueModel;
use crate::syntax::code;

/// A field or a position, what it holds, and where that is written.
pub(super) struct UrlField<'t> {
    pub(super) name: String,
    pub(super) value: RustExprValue<'t>,
    pub(super) at: Node<'t>,
}

impl<'t, 'm> RustFileReader<'t, 'm, '_> {
    /// The model of the value that a path makes, where it stands for a URL.
    pub(super) fn url_model(&self, path: &RustPath) -> Option<&'m UrlValueModel> {
        match self.meaning(path)? {
            NameMeaning::Other(path) => self.index.url_value(&path),
            NameMeaning::Own(..) => None,
        }
    }

    /// The value that stands for a URL, of its fields.
    pub(super) fn url_value(
        &mut self,
        model: &UrlValueModel,
        base: Option<RustExprValue<'t>>,
        fields: Vec<UrlField<'t>>,
    ) -> RustExprValue<'t> {
        let mut parts = UrlParts {
            scheme: model.scheme.clone(),
            ..UrlParts::default()
        };
        match base {
            None | Some(RustExprValue::Default) => {}
            Some(RustExprValue::Url(base)) => parts.take(*base),
            // What it takes over may be any of it.
            Some(_) => parts.host = Some(fold::unknown("an address")),
        }
        for field in fields {
            let is = |name: &Option<String>| name.as_deref() == Some(field.name.as_str());
            if model.parts.contains(&field.name) {
                match field.value {
                    RustExprValue::Url(inner) => parts.take(*inner),
                    RustExprValue::Default => {}
                    _ => parts.host = Some(fold::unknown("an address")),
                }
                continue;
            }
            let quoted = names::quote_code(self.tree(), field.at);
            let slot = if is(&model.host) {
                &mut parts.host
            } else if is(&model.port) {
                &mut parts.port
            } else if is(&model.database) {
                &mut parts.database
            } else if is(&model.user) {
                &mut parts.user
            } else if is(&model.password) {
                self.hide_texts(field.at);
                &mut parts.password
            } else if is(&model.insecure) {
                &mut parts.insecure
            } else {
                continue;
            };
            *slot = Some(field.value.fold(quoted).0);
        }
        RustExprValue::Url(Box::new(parts))
    }

    /// Every text in an expression is a secret.
    fn hide_texts(&mut self, expression: Node<'t>) {
        let tree = self.tree();
        let mut found = Vec::new();
        code::visit(expression, |node| {
            if node.kind().ends_with("string_literal") {
                found.push(tree.span(node));
            }
        });
        self.secrets.extend(found);
    }
}

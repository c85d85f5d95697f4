//! Values that stand for a connection URL: an address, what is said to the server first, and both
//! together. They become the URL that says the same, so that whatever is known of URLs holds for them.

use std::rc::Rc;

use crate::extract::code::fold;
use crate::extract::code::form::ExpressionId;
use crate::extract::code::url_parts::UrlParts;
use crate::extract::code::value::CodeValue;
use crate::extract::rust::package::{NameMeaning, RustPath};
use crate::extract::rust::values::{RustRun, RustValues, fold_value};
use crate::knowledge::clients::rust::UrlValueModel;

/// A field or a position, what it holds, and where that is written.
pub(super) struct UrlField {
    pub(super) name: String,
    pub(super) value: CodeValue,
    pub(super) at: ExpressionId,
}

impl<'p, 'm> RustValues<'p, 'm> {
    /// The model of the value that a path makes, where it stands for a URL.
    pub(super) fn url_model(
        &self,
        run: &RustRun<'p, 'm>,
        path: &RustPath,
    ) -> Option<&'m UrlValueModel> {
        match self.meaning(run, path)? {
            NameMeaning::Other(path) => self.index.url_value(&path),
            NameMeaning::Own(..) => None,
        }
    }

    /// The value that stands for a URL, of its fields.
    pub(super) fn url_value(
        &self,
        run: &mut RustRun<'p, 'm>,
        model: &UrlValueModel,
        base: Option<CodeValue>,
        fields: Vec<UrlField>,
    ) -> CodeValue {
        let mut parts = UrlParts {
            scheme: model.scheme.clone(),
            ..UrlParts::default()
        };
        match base {
            None | Some(CodeValue::Default) => {}
            Some(CodeValue::Url(base)) => parts.take((*base).clone()),
            // What it takes over may be any of it.
            Some(_) => parts.host = Some(fold::unknown("an address")),
        }
        for field in fields {
            let is = |name: &Option<String>| name.as_deref() == Some(field.name.as_str());
            if model.parts.contains(&field.name) {
                match field.value {
                    CodeValue::Url(inner) => parts.take((*inner).clone()),
                    CodeValue::Default => {}
                    _ => parts.host = Some(fold::unknown("an address")),
                }
                continue;
            }
            let slot = if is(&model.host) {
                &mut parts.host
            } else if is(&model.port) {
                &mut parts.port
            } else if is(&model.database) {
                &mut parts.database
            } else if is(&model.user) {
                &mut parts.user
            } else if is(&model.password) {
                self.hide_texts(run, field.at);
                &mut parts.password
            } else if is(&model.insecure) {
                &mut parts.insecure
            } else {
                continue;
            };
            *slot = Some(fold_value(field.value, run.quote(field.at)).0);
        }
        CodeValue::Url(Rc::new(parts))
    }
}

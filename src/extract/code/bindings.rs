//! What a value that is used at a place was bound to where it was made: the variable or the field,
//! followed through the parameters of functions to all their callers.

use super::form::{CodeExpressionForm, ExpressionId};
use super::seen::{self, SeenCode};
use super::value::FileAt;
use crate::facts::raw::ClientBinding;

/// Through how many functions a value is followed.
const MAX_PASSES: usize = 4;

/// The variables and fields that an expression of a file may be; nothing where a caller is not seen.
pub(in crate::extract) fn find_bindings<'c>(
    seen: &dyn SeenCode<'c>,
    place: (FileAt, ExpressionId),
) -> Option<Vec<ClientBinding>> {
    follow_value(seen, place, 0)
}

fn follow_value<'c>(
    seen: &dyn SeenCode<'c>,
    (file, id): (FileAt, ExpressionId),
    passes: usize,
) -> Option<Vec<ClientBinding>> {
    let outline = seen.outline(file);
    let name = match outline.form(outline.bare(id)) {
        CodeExpressionForm::Member(_, name) => {
            return Some(vec![ClientBinding::Field(name.clone())]);
        }
        CodeExpressionForm::Name(name) if passes <= MAX_PASSES => name,
        _ => return None,
    };
    let function = outline.function(outline.named_function_of(id)?);
    let mut parameters = function.parameters.iter();
    let Some(position) = parameters.position(|parameter| parameter.name == *name) else {
        let body = outline.extent(&function.body).unwrap_or_default();
        let local = !outline.declared_within(name, &body).is_empty();
        let within = local.then(|| function.full_name(outline.file));
        return Some(vec![ClientBinding::Variable(within, name.clone())]);
    };
    let mut all = Vec::new();
    for site in seen::find_sites_of(seen, function)? {
        let call = site.outline.as_call(site.call()?)?;
        let argument = call.arguments.get(position)?;
        for bound in follow_value(seen, (site.file, argument.value), passes + 1)? {
            if !all.contains(&bound) {
                all.push(bound);
            }
        }
    }
    Some(all)
}

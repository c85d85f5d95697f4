//! The code that a file sees: which files name a function, and where they call it or hand it on. A
//! front end says which files there are; the analyses ask by name.

use std::rc::Rc;

use super::form::{ExpressionId, FunctionForm};
use super::outline::CodeOutline;
use super::value::FileAt;

/// The files whose code belongs together.
pub(in crate::extract) trait SeenCode<'c> {
    /// The files that hold a name, tests left out; nothing where they are too many to be read.
    fn naming(&self, name: &str) -> Option<Vec<FileAt>>;
    fn outline(&self, file: FileAt) -> Rc<CodeOutline<'c>>;
    /// Whether nothing but this code can use a function of this name.
    fn is_private(&self, name: &str) -> bool;
    /// Files may have functions of the same name, which are told apart by paths.
    fn shares_names(&self) -> bool {
        false
    }
}

/// A place that names a function.
#[derive(Clone)]
pub(in crate::extract) struct CodeSite<'c> {
    pub(in crate::extract) file: FileAt,
    pub(in crate::extract) outline: Rc<CodeOutline<'c>>,
    /// The name, or the member that it is of.
    pub(in crate::extract) at: ExpressionId,
    /// Behind a dot: a method, or a function of another file.
    pub(in crate::extract) selected: bool,
}

/// Where a function is called or handed on as an argument, by its name.
pub(in crate::extract) fn find_sites<'c>(
    seen: &dyn SeenCode<'c>,
    name: &str,
) -> Option<Vec<CodeSite<'c>>> {
    let mut found = Vec::new();
    for file in seen.naming(name)? {
        let outline = seen.outline(file);
        let alone = outline.mentions(name).iter().map(|id| (*id, false));
        let selected = outline.members(name).iter().map(|id| (*id, true));
        let all: Vec<_> = alone.chain(selected).collect();
        for (at, selected) in all {
            if outline.call_of(at).is_some() || outline.given_to(at).is_some() {
                found.push(CodeSite {
                    file,
                    outline: Rc::clone(&outline),
                    at,
                    selected,
                });
            }
        }
    }
    Some(found)
}

/// Where this function is called or handed on, and no other one of its name is; a name behind a dot may
/// be that of any function where names are told apart by paths.
pub(in crate::extract) fn find_sites_of<'c>(
    seen: &dyn SeenCode<'c>,
    function: &FunctionForm,
) -> Option<Vec<CodeSite<'c>>> {
    let mut sites = find_sites(seen, &function.name)?;
    sites.retain(|site| seen.shares_names() || site.selected == function.is_method());
    Some(sites)
}

/// Whether a name means this function alone: no type has another method of the name, and no file
/// another function where files may share their names.
pub(in crate::extract) fn is_only_one(seen: &dyn SeenCode<'_>, function: &FunctionForm) -> bool {
    if !function.is_method() && !seen.shares_names() {
        return true;
    }
    let files = seen.naming(&function.name).unwrap_or_default().into_iter();
    let same = files.map(|file| match seen.shares_names() {
        true => seen.outline(file).function_count(&function.name),
        false => seen.outline(file).method_count(&function.name),
    });
    same.sum::<usize>() == 1
}

impl CodeSite<'_> {
    /// The call of the function, where it is called.
    pub(in crate::extract) fn call(&self) -> Option<ExpressionId> {
        self.outline.call_of(self.at)
    }
}

//! The code that a file sees: which files name a function, and where they call it or hand it on. A
//! front end says which files there are; the analyses ask by name.

use std::rc::Rc;

use super::form::ExpressionId;
use super::outline::CodeOutline;
use super::value::FileAt;

/// The files whose code belongs together.
pub(in crate::extract) trait SeenCode<'c> {
    /// The files that hold a name, tests left out; nothing where they are too many to be read.
    fn naming(&self, name: &str) -> Option<Vec<FileAt>>;
    fn outline(&self, file: FileAt) -> Rc<CodeOutline<'c>>;
    /// Whether nothing but this code can use a function of this name.
    fn is_private(&self, name: &str) -> bool;
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

/// Whether one type alone has a method of this name.
pub(in crate::extract) fn is_only_method(seen: &dyn SeenCode<'_>, name: &str) -> bool {
    let files = seen.naming(name).unwrap_or_default().into_iter();
    let methods = files.map(|file| seen.outline(file).method_count(name));
    methods.sum::<usize>() == 1
}

impl CodeSite<'_> {
    /// The call of the function, where it is called.
    pub(in crate::extract) fn call(&self) -> Option<ExpressionId> {
        self.outline.call_of(self.at)
    }
}

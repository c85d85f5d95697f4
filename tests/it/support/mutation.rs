//! The last part of a rule's page: how its fault is put into an estate that follows every
//! recommendation. It stands in a comment, so that a reader of the page does not see it.

const OPEN: &str = "\n<!-- mutation\n";
const CLOSE: &str = "-->\n";

/// A page without its mutation, and the mutation.
pub(crate) fn split(page: &str) -> (&str, Option<&str>) {
    let Some((text, mutation)) = page.split_once(OPEN) else {
        return (page, None);
    };
    (text, mutation.strip_suffix(CLOSE))
}

//! The outputs: a [`Report`](crate::finding::Report) or an [`EstateView`](crate::finding::EstateView)
//! becomes text, one file a format.
//!
//! Every function here returns a `String` that ends with one line break and has no trailing blanks.
//! None prints, reads the environment or looks at the terminal: colour and width are the caller's
//! decision. Nothing here knows a rule or a fact.

pub mod concise;
pub mod effective;
pub mod full;
pub mod json;
pub mod mistakes;
mod paint;
mod shown;
mod snippet;
mod summary;
pub mod upgrade;

pub use paint::Color;

/// How a format for people is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    pub color: Color,
    /// Columns of the terminal; snippets are clipped and help is wrapped to it.
    pub width: usize,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            color: Color::Never,
            width: 100,
        }
    }
}

/// The text without blanks at the ends of its lines, ending with exactly one line break.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 1);
    for line in text.trim_end().lines() {
        out.push_str(line.trim_end());
        out.push('\n');
    }
    if out.is_empty() {
        out.push('\n');
    }
    out
}

//! Text made safe for HTML, and the small pieces that all parts of the page use.

use super::shown;

/// Text of other people, on one line, in an element or a quoted attribute.
pub(super) fn text(text: &str) -> String {
    shown::escaped(&shown::one_line(text))
}

/// Text that may have several lines.
pub(super) fn lines(text: &str) -> String {
    shown::escaped(&shown::lines(text))
}

/// A link to a rule's page where it has an address that a browser may open, else its text.
pub(super) fn link(url: Option<&str>, label: &str) -> String {
    match url.filter(|url| url.starts_with("https://")) {
        Some(url) => format!(
            "<a href=\"{}\" rel=\"noopener noreferrer\">{}</a>",
            text(url),
            text(label)
        ),
        None => text(label),
    }
}

/// A long name with its middle left out; its ends tell most.
pub(super) fn clipped(name: &str, most: usize) -> String {
    let name: Vec<char> = shown::one_line(name).chars().collect();
    if name.len() <= most {
        return name.into_iter().collect();
    }
    let end = (most - 1) / 2;
    let start = most - 1 - end;
    let parts = [&name[..start], &['…'], &name[name.len() - end..]];
    parts.concat().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_opens_a_tag_or_ends_an_attribute() {
        assert_eq!(text("<b>\"&'\u{1b}\n"), "&lt;b&gt;&quot;&amp;&#39;␛");
        assert_eq!(link(Some("javascript:alert(1)"), "x"), "x");
        let address = link(Some("https://a/\" onclick=\"b"), "<x>");
        assert!(
            address.contains("https://a/&quot; onclick=&quot;b"),
            "{address}"
        );
    }

    #[test]
    fn a_long_name_keeps_its_ends() {
        assert_eq!(clipped("abcdefghij", 5), "ab…ij");
        assert_eq!(clipped("né 日本", 5), "né 日本");
    }
}

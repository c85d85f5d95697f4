//! Base64 as used in Secrets and in binary data: decodes a text to the text it stands for.
//!
//! Line breaks and blanks are skipped. Input that is not Base64, or does not decode to UTF-8,
//! yields nothing.

/// The text that stands behind an encoded one.
pub fn decode(encoded: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(encoded.len() / 4 * 3);
    let (mut bits, mut held) = (0u32, 0u32);
    let signs = encoded.bytes().filter(|byte| !byte.is_ascii_whitespace());
    let mut padding = 0;
    let mut count = 0usize;
    for sign in signs {
        count += 1;
        if sign == b'=' {
            padding += 1;
            continue;
        }
        if padding > 0 {
            return None;
        }
        bits = (bits << 6) | value(sign)?;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xff).ok()?);
            bits &= (1 << held) - 1;
        }
    }
    let whole = count.is_multiple_of(4) && padding <= 2;
    whole.then(|| String::from_utf8(bytes).ok())?
}

fn value(sign: u8) -> Option<u32> {
    let value = match sign {
        b'A'..=b'Z' => sign - b'A',
        b'a'..=b'z' => sign - b'a' + 26,
        b'0'..=b'9' => sign - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_are_decoded() {
        for (encoded, text) in [
            ("", Some("")),
            ("bWF4bWVtb3J5IDFnYgo=", Some("maxmemory 1gb\n")),
            ("bWF4\nbWVt b3J5IDFnYgo=", Some("maxmemory 1gb\n")),
            ("w6k=", Some("é")),
            ("aGVsbG8", None),
            ("aGVs=bG8", None),
            ("not base64!", None),
            ("/w==", None),
        ] {
            assert_eq!(decode(encoded).as_deref(), text, "{encoded}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_text_can_be_tried(text in "\\PC{0,40}") {
            let _ = decode(&text);
        }
    }
}

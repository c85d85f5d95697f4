//! Quantities as people write them: Kubernetes quantities, sizes with the server's units, durations.
//! Pure text to number; which of them a field accepts is left to the caller.

/// A Kubernetes quantity in its base unit: bytes for memory, cores for CPU.
///
/// `Ki Mi Gi Ti Pi Ei` are powers of 1024, `n u m k M G T P E` powers of 1000, an exponent is
/// accepted (apimachinery `pkg/api/resource/quantity.go`).
pub fn kubernetes(text: &str) -> Option<f64> {
    let text = text.trim();
    let split = text
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '+' | '-')))
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at(split);
    let factor = match suffix {
        "" => 1.0,
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024.0,
        "Mi" => 1024f64.powi(2),
        "Gi" => 1024f64.powi(3),
        "Ti" => 1024f64.powi(4),
        "Pi" => 1024f64.powi(5),
        "Ei" => 1024f64.powi(6),
        _ => return exponent(text),
    };
    number.parse::<f64>().ok().map(|n| n * factor)
}

fn exponent(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['e', 'E'])?;
    let mantissa: f64 = mantissa.parse().ok()?;
    let exponent: i32 = exponent.parse().ok()?;
    Some(mantissa * 10f64.powi(exponent))
}

/// A size as container tools write it: `512m`, `1.5g`, `2GB`, `64 MiB`; every unit is a power of 1024
/// (docker/go-units `RAMInBytes`).
pub fn docker(text: &str) -> Option<u64> {
    let text = text.trim();
    let split = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let number: f64 = text[..split].parse().ok()?;
    let unit = text[split..].trim_start().to_ascii_lowercase();
    let letter = unit.strip_suffix('b').unwrap_or(&unit);
    let power = match letter.strip_suffix('i').unwrap_or(letter) {
        "" if letter.is_empty() => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        "p" => 5,
        _ => return None,
    };
    let bytes = number * 1024f64.powi(power);
    (bytes <= u64::MAX as f64).then_some(bytes as u64)
}

/// A size with the units of the server's configuration: `k m g` decimal, `kb mb gb` binary, any case.
pub fn size(text: &str) -> Option<u64> {
    let split = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" => 1000,
        "kb" => 1024,
        "m" => 1_000_000,
        "mb" => 1 << 20,
        "g" => 1_000_000_000,
        "gb" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

/// A size as people may write it in redvet's own settings and flags: the server's units or
/// Kubernetes'.
pub fn any_size(text: &str) -> Option<u64> {
    size(text).or_else(|| {
        let bytes = kubernetes(text)?;
        (bytes >= 0.0 && bytes <= u64::MAX as f64).then_some(bytes as u64)
    })
}

/// A duration in seconds: a bare figure is seconds, units `ns us ms s m h d`, and sums (`1h30m`).
pub fn duration(text: &str) -> Option<f64> {
    if let Ok(seconds) = text.parse::<f64>() {
        return Some(seconds);
    }
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text),
    };
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let (number, tail) = rest.split_at(digits);
        let end = tail
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let factor = match unit {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86400.0,
            _ => return None,
        };
        total += number.parse::<f64>().ok()? * factor;
        rest = tail;
    }
    (!text.is_empty()).then_some(sign * total)
}

/// A size as people read it: the largest binary unit that divides it into at most two decimals.
pub fn show_size(bytes: f64) -> String {
    if !bytes.is_finite() {
        return "unlimited".to_owned();
    }
    const UNITS: [(&str, f64); 4] = [
        ("TiB", 1_099_511_627_776.0),
        ("GiB", 1_073_741_824.0),
        ("MiB", 1_048_576.0),
        ("KiB", 1024.0),
    ];
    for (unit, factor) in UNITS {
        if bytes >= factor {
            return format!("{} {unit}", show_number(bytes / factor));
        }
    }
    format!("{} bytes", show_number(bytes))
}

/// A duration as people read it: `5m`, `1h 30m`, `250ms`.
pub fn show_duration(seconds: f64) -> String {
    if !seconds.is_finite() {
        return "unlimited".to_owned();
    }
    if seconds == 0.0 {
        return "0s".to_owned();
    }
    if seconds.abs() < 1e-3 {
        return format!("{}ns", show_number(seconds * 1e9));
    }
    if seconds.abs() < 1.0 {
        return format!("{}ms", show_number(seconds * 1e3));
    }
    let (sign, mut left) = if seconds < 0.0 {
        ("-", -seconds)
    } else {
        ("", seconds)
    };
    let mut parts = Vec::new();
    for (unit, factor) in [("h", 3600.0), ("m", 60.0)] {
        let whole = (left / factor).floor();
        if whole >= 1.0 {
            parts.push(format!("{}{unit}", show_number(whole)));
            left -= whole * factor;
        }
    }
    if left > 0.0 {
        parts.push(format!("{}s", show_number(left)));
    }
    format!("{sign}{}", parts.join(" "))
}

/// A figure with at most two decimals and no trailing zeros.
pub fn show_number(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        return format!("{number:.0}");
    }
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn sizes_of_container_tools_are_binary() {
        for (text, bytes) in [
            ("1073741824", Some(1 << 30)),
            ("1g", Some(1 << 30)),
            ("1GB", Some(1 << 30)),
            ("1.5 GiB", Some(3 << 29)),
            ("512M", Some(512 << 20)),
            ("64kb", Some(64 << 10)),
            ("10b", Some(10)),
            ("1gx", None),
            ("i", None),
            ("5i", None),
            ("", None),
        ] {
            assert_eq!(super::docker(text), bytes, "{text}");
        }
    }

    use super::*;

    #[test]
    fn kubernetes_quantities() {
        assert_eq!(kubernetes("32Gi"), Some(34_359_738_368.0));
        assert_eq!(kubernetes("1.5Gi"), Some(1_610_612_736.0));
        assert_eq!(kubernetes("500m"), Some(0.5));
        assert_eq!(kubernetes("1e9"), Some(1e9));
        assert_eq!(kubernetes("2"), Some(2.0));
        assert_eq!(kubernetes("1gb"), None);
        assert_eq!(kubernetes(""), None);
    }

    #[test]
    fn durations_in_every_unit() {
        assert_eq!(duration("5m"), Some(300.0));
        assert_eq!(duration("1h30m"), Some(5400.0));
        assert_eq!(duration("250ms"), Some(0.25));
        assert_eq!(duration("600"), Some(600.0));
        assert_eq!(duration("-1s"), Some(-1.0));
        assert_eq!(duration("x"), None);
    }

    #[test]
    fn what_people_read() {
        assert_eq!(show_size(34_359_738_368.0), "32 GiB");
        assert_eq!(show_size(30_236_569_763.0), "28.16 GiB");
        assert_eq!(show_duration(5400.0), "1h 30m");
        assert_eq!(show_duration(4e-9), "4ns");
    }
}

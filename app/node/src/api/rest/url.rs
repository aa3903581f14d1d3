//! Paths and query strings: percent-encoding, and the one spelling a path may have.

/// The path with doubled slashes and dot segments removed, if that changes it.
pub(super) fn cleaned(path: &str) -> Option<String> {
    let dirty = path.contains("//") || path.split('/').any(|segment| segment == "." || segment == "..");
    if !dirty {
        return None;
    }
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            other => kept.push(other),
        }
    }
    let mut clean = format!("/{}", kept.join("/"));
    if path.ends_with('/') && !clean.ends_with('/') {
        clean.push('/');
    }
    (clean != path).then_some(clean)
}

/// Undoes percent-encoding; in a query (`plus`) a `+` is a blank.
///
/// # Errors
/// A `%` without two hex digits, or bytes that are not UTF-8.
pub(super) fn unescape(text: &str, plus: bool) -> Result<String, String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = match (byte, tail) {
            (b'%', [high, low, tail @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                out.push((nibble(*high) << 4) | nibble(*low));
                tail
            }
            (b'%', _) => {
                let shown = rest.get(..3).unwrap_or(rest);
                return Err(format!("invalid URL escape \"{}\"", String::from_utf8_lossy(shown)));
            }
            (b'+', tail) if plus => {
                out.push(b' ');
                tail
            }
            (other, tail) => {
                out.push(other);
                tail
            }
        };
    }
    String::from_utf8(out).map_err(|_| format!("{text:?} is not UTF-8 once its escapes are undone"))
}

fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        b'A'..=b'F' => digit - b'A' + 10,
        _ => 0,
    }
}

/// The parameters of a query string, each name once, with its values in order.
///
/// # Errors
/// Those of [`unescape`], and a semicolon, which is no separator.
pub(super) fn parameters(query: &str) -> Result<Vec<(String, Vec<String>)>, String> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        if part.contains(';') {
            return Err("invalid semicolon separator in query".to_owned());
        }
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let (name, value) = (unescape(name, true)?, unescape(value, true)?);
        match found.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value),
            None => found.push((name, vec![value])),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubled_slashes_and_dots_are_cleaned() {
        assert_eq!(cleaned("/cosmos//bank/v1").as_deref(), Some("/cosmos/bank/v1"));
        assert_eq!(cleaned("//evil.example/x").as_deref(), Some("/evil.example/x"));
        assert_eq!(cleaned("/a/./b/../c/").as_deref(), Some("/a/c/"));
        assert_eq!(cleaned("/../..").as_deref(), Some("/"));
        assert_eq!(cleaned("/a/b/"), None);
        assert_eq!(cleaned("/"), None);
    }

    #[test]
    fn escapes_are_undone_or_refused() {
        assert_eq!(unescape("factory%2Fx+y", false).as_deref(), Ok("factory/x+y"));
        assert_eq!(unescape("a%20b+c", true).as_deref(), Ok("a b c"));
        assert_eq!(unescape("%%%", true), Err("invalid URL escape \"%%%\"".to_owned()));
        assert_eq!(unescape("x%2", true), Err("invalid URL escape \"%2\"".to_owned()));
        assert!(unescape("%ff", true).is_err());
    }

    #[test]
    fn parameters_keep_order_and_repetition() {
        let found = parameters("b=1&a=2&b=3&flag&=x").unwrap();
        let names: Vec<_> = found.iter().map(|(n, v)| (n.as_str(), v.len())).collect();
        assert_eq!(names, [("b", 2), ("a", 1), ("flag", 1), ("", 1)]);
        assert!(parameters("a=1;b=2").is_err());
    }
}

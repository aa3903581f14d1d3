//! Says what is wrong with a text that is not JSON, in the words CometBFT's clients know.

/// The deepest nesting that is looked into.
const MAX_DEPTH: usize = 10_000;

/// The first syntax error of `text`; `None` if it is JSON.
pub(crate) fn error(text: &[u8]) -> Option<String> {
    Scanner { text, at: 0 }.document().err()
}

struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Container {
    Array,
    Object,
}

type Checked = Result<(), String>;

impl Scanner<'_> {
    fn document(&mut self) -> Checked {
        let mut open: Vec<Container> = Vec::new();
        loop {
            // A value begins here; an opening bracket goes one level down and comes round again.
            self.space();
            match self.peek() {
                Some(b'{') => {
                    self.at += 1;
                    self.space();
                    if self.peek() == Some(b'}') {
                        self.at += 1;
                    } else {
                        open.push(Container::Object);
                        self.key()?;
                        self.within(&open)?;
                        continue;
                    }
                }
                Some(b'[') => {
                    self.at += 1;
                    self.space();
                    if self.peek() == Some(b']') {
                        self.at += 1;
                    } else {
                        open.push(Container::Array);
                        self.within(&open)?;
                        continue;
                    }
                }
                _ => self.scalar()?,
            }
            if !self.next_value(&mut open)? {
                return Ok(());
            }
        }
    }

    /// After a value: closes what ends here; false at the end of the text.
    fn next_value(&mut self, open: &mut Vec<Container>) -> Result<bool, String> {
        loop {
            self.space();
            let Some(container) = open.last().copied() else {
                return match self.peek() {
                    None => Ok(false),
                    Some(_) => self.unexpected("after top-level value").map(|()| false),
                };
            };
            match (container, self.peek()) {
                (_, Some(b',')) => {
                    self.at += 1;
                    if container == Container::Object {
                        self.space();
                        self.key()?;
                    }
                    return Ok(true);
                }
                (Container::Array, Some(b']')) | (Container::Object, Some(b'}')) => {
                    self.at += 1;
                    open.pop();
                }
                (Container::Array, _) => self.unexpected("after array element")?,
                (Container::Object, _) => self.unexpected("after object key:value pair")?,
            }
        }
    }

    fn within(&self, open: &[Container]) -> Checked {
        if open.len() > MAX_DEPTH { Err("exceeded max depth".to_owned()) } else { Ok(()) }
    }

    fn key(&mut self) -> Checked {
        if self.peek() != Some(b'"') {
            return self.unexpected("looking for beginning of object key string");
        }
        self.string()?;
        self.space();
        if self.peek() != Some(b':') {
            return self.unexpected("after object key");
        }
        self.at += 1;
        Ok(())
    }

    fn scalar(&mut self) -> Checked {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal("true"),
            Some(b'f') => self.literal("false"),
            Some(b'n') => self.literal("null"),
            _ => self.unexpected("looking for beginning of value"),
        }
    }

    fn literal(&mut self, word: &str) -> Checked {
        for expected in word.bytes() {
            if self.peek() != Some(expected) {
                return self.unexpected(&format!("in literal {word} (expecting '{}')", char::from(expected)));
            }
            self.at += 1;
        }
        Ok(())
    }

    fn string(&mut self) -> Checked {
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape()?;
                }
                Some(c) if c >= 0x20 => self.at += 1,
                _ => return self.unexpected("in string literal"),
            }
        }
    }

    fn escape(&mut self) -> Checked {
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 1;
                Ok(())
            }
            Some(b'u') => {
                self.at += 1;
                for _ in 0..4 {
                    if !self.peek().is_some_and(|c| c.is_ascii_hexdigit()) {
                        return self.unexpected("in \\u hexadecimal character escape");
                    }
                    self.at += 1;
                }
                Ok(())
            }
            _ => self.unexpected("in string escape code"),
        }
    }

    fn number(&mut self) -> Checked {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits(),
            _ => return self.unexpected("in numeric literal"),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.some_digits("after decimal point in numeric literal")?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.some_digits("in exponent of numeric literal")?;
        }
        Ok(())
    }

    fn some_digits(&mut self, place: &str) -> Checked {
        if !self.peek().is_some_and(|c| c.is_ascii_digit()) {
            return self.unexpected(place);
        }
        self.digits();
        Ok(())
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn unexpected(&self, place: &str) -> Checked {
        Err(match self.peek() {
            None => "unexpected end of JSON input".to_owned(),
            Some(b'\'') => format!("invalid character '\\'' {place}"),
            Some(b'"') => format!("invalid character '\"' {place}"),
            Some(c) if c < 0x80 => format!("invalid character '{}' {place}", char::from(c).escape_default()),
            Some(c) => format!("invalid character '{}' {place}", char::from(c)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::error;

    #[test]
    fn valid_texts_have_no_error() {
        for text in ["{}", " [1, -2.5e+3, \"a\\u00e9\", {\"k\": [null, true, false]}] ", "\"x\"", "0"] {
            assert_eq!(error(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn errors_name_the_character_and_the_place() {
        let cases = [
            ("hello", "invalid character 'h' looking for beginning of value"),
            ("tx.height=65", "invalid character 'x' in literal true (expecting 'r')"),
            ("38D67A", "invalid character 'D' after top-level value"),
            ("{a:1}", "invalid character 'a' looking for beginning of object key string"),
            ("{\"a\" 1}", "invalid character '1' after object key"),
            ("{\"a\":1 2}", "invalid character '2' after object key:value pair"),
            ("[1 2]", "invalid character '2' after array element"),
            ("\"a\nb\"", "invalid character '\\n' in string literal"),
            ("\"\\x\"", "invalid character 'x' in string escape code"),
            ("1.", "unexpected end of JSON input"),
            ("", "unexpected end of JSON input"),
            ("[", "unexpected end of JSON input"),
            ("[1,]", "invalid character ']' looking for beginning of value"),
        ];
        for (text, expected) in cases {
            assert_eq!(error(text.as_bytes()).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn deep_nesting_is_an_error_and_not_a_stack_overflow() {
        assert_eq!(error("[".repeat(1_000_000).as_bytes()).as_deref(), Some("exceeded max depth"));
    }
}

//! Cuts a query into tokens.

use time::{Date, OffsetDateTime};

use super::{Number, Operator, parse_date, parse_time};

/// A token of the query language.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Tag(String),
    Text(String),
    Number(Number, String),
    Time(OffsetDateTime, String),
    Date(Date, String),
    And,
    Operator(Operator),
    End,
}

impl Token {
    /// What messages call it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Tag(_) => "tag",
            Self::Text(_) => "string",
            Self::Number(..) => "number",
            Self::Time(..) => "timestamp",
            Self::Date(..) => "datestamp",
            Self::And => "AND operator",
            Self::Operator(Operator::Contains) => "CONTAINS operator",
            Self::Operator(Operator::Exists) => "EXISTS operator",
            Self::Operator(Operator::Equal) => "= operator",
            Self::Operator(Operator::Less) => "< operator",
            Self::Operator(Operator::LessOrEqual) => "<= operator",
            Self::Operator(Operator::Greater) => "> operator",
            Self::Operator(Operator::GreaterOrEqual) => ">= operator",
            Self::End => "EOF",
        }
    }
}

/// Reads tokens from left to right.
pub(super) struct Scanner<'a> {
    text: &'a str,
    /// Where the token last read begins.
    start: usize,
    /// Where the rest begins.
    end: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, start: 0, end: 0 }
    }

    /// The byte offset of the token last read.
    pub(super) fn offset(&self) -> usize {
        self.start
    }

    /// The next token, `End` after the last one.
    pub(super) fn next(&mut self) -> Result<Token, String> {
        self.take_while(char::is_whitespace);
        self.start = self.end;
        let Some(first) = self.peek() else { return Ok(Token::End) };
        match first {
            '0'..='9' => Ok(self.number()),
            '\'' => self.quoted(),
            '=' | '<' | '>' => Ok(self.comparison(first)),
            c if c == '_' || c.is_alphanumeric() => self.word(),
            other => {
                self.end += other.len_utf8();
                Err(format!("invalid input {other} at offset {}", self.end))
            }
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.end..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let taken = rest.split_at(rest.find(|c| !keep(c)).unwrap_or(rest.len())).0;
        self.end += taken.len();
        taken
    }

    fn number(&mut self) -> Token {
        let from = self.end;
        self.take_while(|c| c.is_ascii_digit());
        if self.peek() == Some('.') {
            self.end += 1;
            self.take_while(|c| c.is_ascii_digit());
        }
        let text = self.text.get(from..self.end).unwrap_or_default();
        match Number::prefix_of(text) {
            Some(number) => Token::Number(number, text.to_owned()),
            None => Token::End,
        }
    }

    fn quoted(&mut self) -> Result<Token, String> {
        self.end += 1;
        let text = self.take_while(|c| c != '\'');
        if self.peek().is_none() {
            return Err("EOF".to_owned());
        }
        self.end += 1;
        Ok(Token::Text(text.to_owned()))
    }

    fn comparison(&mut self, first: char) -> Token {
        self.end += 1;
        let or_equal = first != '=' && self.peek() == Some('=');
        self.end += usize::from(or_equal);
        Token::Operator(match (first, or_equal) {
            ('<', false) => Operator::Less,
            ('<', true) => Operator::LessOrEqual,
            ('>', false) => Operator::Greater,
            ('>', true) => Operator::GreaterOrEqual,
            _ => Operator::Equal,
        })
    }

    fn word(&mut self) -> Result<Token, String> {
        let word = self.take_while(|c| matches!(c, '.' | '_' | '-') || c.is_alphanumeric());
        // TIME and DATE are words like any other unless a space follows.
        match word {
            "AND" => Ok(Token::And),
            "EXISTS" => Ok(Token::Operator(Operator::Exists)),
            "CONTAINS" => Ok(Token::Operator(Operator::Contains)),
            "TIME" if self.peek() == Some(' ') => {
                self.end += 1;
                let text =
                    self.take_while(|c| matches!(c, '-' | 'T' | ':' | '+' | 'Z') || c.is_ascii_digit());
                let at = parse_time(text).ok_or_else(|| {
                    format!("invalid TIME value: cannot parse \"{text}\" as 2006-01-02T15:04:05Z07:00")
                })?;
                in_range("timestamp", at.year())?;
                Ok(Token::Time(at, text.to_owned()))
            }
            "DATE" if self.peek() == Some(' ') => {
                self.end += 1;
                let text = self.take_while(|c| c == '-' || c.is_ascii_digit());
                let date = parse_date(text)
                    .ok_or_else(|| format!("invalid DATE value: cannot parse \"{text}\" as 2006-01-02"))?;
                in_range("datestamp", date.year())?;
                Ok(Token::Date(date, text.to_owned()))
            }
            tag => Ok(Token::Tag(tag.to_owned())),
        }
    }
}

fn in_range(what: &str, year: i32) -> Result<(), String> {
    match year {
        1900..=2999 => Ok(()),
        _ => Err(format!("{what} year {year} out of range")),
    }
}

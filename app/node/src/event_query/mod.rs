//! CometBFT's query language over events: `tm.event='Tx' AND transfer.amount>5 AND message.action CONTAINS
//! 'Send'`.
//!
//! Conditions are joined by `AND` only. Operators: `=`, `<`, `<=`, `>`, `>=`, `CONTAINS`, `EXISTS`. Operands:
//! text in single quotes, bare numbers, `DATE 2013-05-03`, `TIME 2013-05-03T14:45:00Z`. Errors name the byte
//! offset in the words clients of CometBFT know.

mod number;
mod scan;

use std::collections::BTreeMap;

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

pub use number::Number;
use scan::{Scanner, Token};

/// How an attribute is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Equal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `CONTAINS`: the value has the text in it.
    Contains,
    /// `EXISTS`: there is such an attribute.
    Exists,
}

/// What an attribute is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    /// Nothing: the operand of `EXISTS`.
    None,
    /// Text, given in single quotes.
    Text(String),
    /// A number without sign, with its spelling.
    Number(Number, String),
    /// A day, with its spelling.
    Date(Date, String),
    /// A point in time, with its spelling.
    Time(OffsetDateTime, String),
}

/// One comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The attribute: `type.key`.
    pub tag: String,
    /// The comparison.
    pub operator: Operator,
    /// The operand.
    pub operand: Operand,
}

/// A parsed query: conditions that must all hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    conditions: Vec<Condition>,
}

/// Why a query was not understood; the text names the byte offset.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct QueryError(String);

impl Query {
    /// Parses a query.
    ///
    /// # Errors
    /// Bad syntax, with its offset. The caller limits the length (CometBFT: 512 bytes).
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let mut scanner = Scanner::new(text);
        let mut conditions = vec![condition(&mut scanner)?];
        loop {
            match scanner.next() {
                Ok(Token::End) => return Ok(Self { conditions }),
                Ok(Token::And) => conditions.push(condition(&mut scanner)?),
                // CometBFT prints the operator's number here; clients compare texts.
                Ok(other) => {
                    return Err(QueryError(format!(
                        "offset {}: got {}, want 6",
                        scanner.offset(),
                        other.name()
                    )));
                }
                Err(_) => {
                    return Err(QueryError(format!(
                        "offset {}: got invalid token, want 6",
                        scanner.offset()
                    )));
                }
            }
        }
    }

    /// The conditions, in the order written.
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// Whether every condition holds for at least one value of its attribute. `events` maps `type.key` to the
    /// values it has in any event, `tm.event`, `tx.hash`, `tx.height` or `block.height` included.
    pub fn matches(&self, events: &BTreeMap<String, Vec<String>>) -> bool {
        !events.is_empty()
            && self.conditions.iter().all(|condition| match events.get(&condition.tag) {
                Some(values) => values.iter().any(|value| condition.matches(value)),
                None => condition.matches_type(events),
            })
    }
}

impl Condition {
    /// Whether `value` satisfies the condition. A number is compared with the number the value begins with,
    /// so that `8atom` is 8.
    pub fn matches(&self, value: &str) -> bool {
        match &self.operand {
            Operand::None => true,
            Operand::Text(text) if self.operator == Operator::Contains => value.contains(text.as_str()),
            Operand::Text(text) => value == text,
            Operand::Number(number, _) => {
                Number::prefix_of(value).is_some_and(|found| self.operator.holds(&found, number))
            }
            Operand::Date(date, _) => {
                parse_date(value).is_some_and(|found| self.operator.holds(&found, date))
            }
            Operand::Time(at, _) => parse_time(value).is_some_and(|found| self.operator.holds(&found, at)),
        }
    }

    /// A condition may name an event type alone (`transfer EXISTS`): it is held against the empty text.
    fn matches_type(&self, events: &BTreeMap<String, Vec<String>>) -> bool {
        let is_type = events.keys().any(|key| key.rsplit_once('.').is_some_and(|(kind, _)| kind == self.tag));
        is_type && self.matches("")
    }
}

impl Operator {
    /// Whether `left operator right` holds, for the operators that order.
    pub fn holds<T: Ord>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Equal => left == right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
            Self::Contains | Self::Exists => false,
        }
    }
}

fn condition(scanner: &mut Scanner<'_>) -> Result<Condition, QueryError> {
    const OPERATORS: &str = "<= operator, >= operator, < operator, > operator, = operator, CONTAINS operator \
                             or EXISTS operator";
    let tag = match next(scanner)? {
        Token::Tag(tag) => tag,
        other => return Err(wanted(scanner, &other, "tag")),
    };
    let operator = match next(scanner)? {
        Token::Operator(operator) => operator,
        other => return Err(wanted(scanner, &other, OPERATORS)),
    };
    if operator == Operator::Exists {
        return Ok(Condition { tag, operator, operand: Operand::None });
    }
    let operand = match (operator, next(scanner)?) {
        (Operator::Contains | Operator::Equal, Token::Text(text)) => Operand::Text(text),
        (Operator::Contains, other) => return Err(wanted(scanner, &other, "string")),
        (_, Token::Number(number, text)) => Operand::Number(number, text),
        (_, Token::Date(date, text)) => Operand::Date(date, text),
        (_, Token::Time(at, text)) => Operand::Time(at, text),
        (Operator::Equal, other) => {
            return Err(wanted(scanner, &other, "number, timestamp, datestamp or string"));
        }
        (_, other) => return Err(wanted(scanner, &other, "number, timestamp or datestamp")),
    };
    Ok(Condition { tag, operator, operand })
}

fn next(scanner: &mut Scanner<'_>) -> Result<Token, QueryError> {
    match scanner.next() {
        Ok(Token::End) => Err(QueryError(format!("offset {}: EOF", scanner.offset()))),
        Ok(token) => Ok(token),
        Err(reason) => Err(QueryError(format!("offset {}: {reason}", scanner.offset()))),
    }
}

fn wanted(scanner: &Scanner<'_>, got: &Token, wanted: &str) -> QueryError {
    QueryError(format!("offset {}: got {}, wanted {wanted}", scanner.offset(), got.name()))
}

fn parse_date(text: &str) -> Option<Date> {
    Date::parse(text, format_description!("[year]-[month]-[day]")).ok()
}

fn parse_time(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok()
}

#[cfg(test)]
mod tests;

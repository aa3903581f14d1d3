//! Conditions on the height, as a range.

use std::ops::RangeInclusive;

use crate::event_query::{Condition, Operator};

use super::operand_text;

/// The heights that also satisfy `condition`.
pub(super) fn narrow(heights: RangeInclusive<u64>, condition: &Condition) -> RangeInclusive<u64> {
    let nothing = RangeInclusive::new(1, 0);
    let (start, end) = heights.into_inner();
    if condition.operator == Operator::Exists {
        return start..=end;
    }
    let text = operand_text(condition);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_whole = fraction.bytes().all(|b| b == b'0');
    if whole.is_empty() || !text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return nothing;
    }
    let number = whole.parse::<u64>().unwrap_or(u64::MAX);
    match condition.operator {
        Operator::Equal if is_whole => start.max(number)..=end.min(number),
        Operator::Less if is_whole => match number.checked_sub(1) {
            Some(below) => start..=end.min(below),
            None => nothing,
        },
        Operator::Less | Operator::LessOrEqual => start..=end.min(number),
        Operator::GreaterOrEqual if is_whole => start.max(number)..=end,
        Operator::Greater | Operator::GreaterOrEqual => start.max(number.saturating_add(1))..=end,
        _ => nothing,
    }
}

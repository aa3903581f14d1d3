//! Answers of the exchange with prices and values, which its definitions alone cannot show.

mod chart;
mod views;

pub(super) use chart::EXTRA as CHART;
pub(super) use views::{flags, show};

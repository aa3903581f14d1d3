//! Gas: a function of a transaction's own logical operations.

use std::cell::Cell;

use crate::errors::{AppError, sdk};

/// What each access costs. The Cosmos SDK's figures, so that wallets' habits fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GasSchedule {
    /// A read, whatever it finds.
    pub read_flat: u64,
    /// Each byte read, key included.
    pub read_byte: u64,
    /// A write.
    pub write_flat: u64,
    /// Each byte written, key included.
    pub write_byte: u64,
    /// A deletion.
    pub delete_flat: u64,
    /// An addition to a sum: flat, because the sum's bytes are not known when it commutes.
    pub add_flat: u64,
    /// Each entry a scan returns.
    pub range_entry: u64,
}

impl GasSchedule {
    /// The schedule in force.
    pub const CURRENT: Self = Self {
        read_flat: 1000,
        read_byte: 3,
        write_flat: 2000,
        write_byte: 30,
        delete_flat: 1000,
        add_flat: 3000,
        range_entry: 30,
    };
}

/// Counts gas against a limit. Once the limit is passed every further charge fails.
#[derive(Debug)]
pub struct GasMeter {
    limit: u64,
    used: Cell<u64>,
    exhausted: Cell<Option<&'static str>>,
}

impl GasMeter {
    /// A meter with a limit.
    #[must_use]
    pub const fn new(limit: u64) -> Self {
        Self { limit, used: Cell::new(0), exhausted: Cell::new(None) }
    }

    /// Charges `amount` for `what`.
    ///
    /// # Errors
    /// Out of gas, now or before. The amount that went over is counted, as clients expect of `gas_used`.
    pub fn charge(&self, amount: u64, what: &'static str) -> Result<(), AppError> {
        if self.take(amount, what) { Ok(()) } else { Err(self.error()) }
    }

    /// [`GasMeter::charge`] without the words: false when the gas is used up.
    #[inline]
    pub(crate) fn take(&self, amount: u64, what: &'static str) -> bool {
        if self.exhausted.get().is_some() {
            return false;
        }
        let used = self.used.get().saturating_add(amount);
        self.used.set(used);
        if used > self.limit {
            self.exhausted.set(Some(what));
        }
        used <= self.limit
    }

    /// Gas used so far; more than the limit when it ran out.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.used.get()
    }

    /// The limit.
    #[must_use]
    pub const fn limit(&self) -> u64 {
        self.limit
    }

    /// The out-of-gas error, if it ran out. It decides the transaction, whatever a module made of it.
    #[must_use]
    pub fn exhausted(&self) -> Option<AppError> {
        self.exhausted.get().map(|_| self.error())
    }

    fn error(&self) -> AppError {
        sdk::OUT_OF_GAS.wrap(format_args!(
            "out of gas in location: {}; gasWanted: {}, gasUsed: {}",
            self.exhausted.get().unwrap_or("unknown"),
            self.limit,
            self.used.get()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_exhausted_a_meter_stays_exhausted() {
        let meter = GasMeter::new(10);
        meter.charge(10, "WriteFlat").unwrap();
        assert!(meter.exhausted().is_none());
        let error = meter.charge(1, "ReadFlat").unwrap_err();
        assert_eq!(error.log, "out of gas in location: ReadFlat; gasWanted: 10, gasUsed: 11: out of gas");
        assert!(meter.charge(0, "WriteFlat").is_err());
        assert_eq!(meter.used(), 11);
    }
}

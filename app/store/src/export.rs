//! Everything that is hashed, in order.

use agora_state::{Space, StateKey, Value};

use crate::backend::Cursor;
use crate::error::StoreError;
use crate::inner::{Committed, Inner};
use crate::keys;

/// The values under the application hash of one height, in key order. Unaffected by later blocks.
pub struct Export<'a> {
    inner: &'a Inner,
    cursor: Option<Box<dyn Cursor + 'a>>,
    committed: Committed,
}

impl<'a> Export<'a> {
    pub(crate) fn new(inner: &'a Inner, cursor: Box<dyn Cursor + 'a>, committed: Committed) -> Self {
        Self { inner, cursor: Some(cursor), committed }
    }

    /// The height exported and its application hash.
    #[must_use]
    pub const fn committed(&self) -> Committed {
        self.committed
    }

    fn step(&mut self) -> Result<Option<(StateKey, Value)>, StoreError> {
        let Some(cursor) = &mut self.cursor else { return Ok(None) };
        while let Some((key, value)) = cursor.entry() {
            let entry = (keys::parse_latest(&self.inner.stores, key)?, Value::from(value));
            cursor.next()?;
            if entry.0.space == Space::Tree {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }
}

impl std::fmt::Debug for Export<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Export").field("committed", &self.committed).finish_non_exhaustive()
    }
}

impl Iterator for Export<'_> {
    type Item = Result<(StateKey, Value), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let step = self.step().transpose();
        if !matches!(step, Some(Ok(_))) {
            self.cursor = None;
        }
        step
    }
}

//! Everything in memory: for tests and for chains that need not outlive the process.

use std::sync::Arc;

use agora_state::Value;
use parking_lot::RwLock;

use super::treap::Treap;
use super::{Backend, Batch, Column, Cursor, Durability};
use crate::error::StoreError;

/// A backend in memory. Clones share the data, so a store can be closed and opened again on the same bytes.
#[derive(Clone, Debug, Default)]
pub struct MemoryBackend {
    columns: Arc<RwLock<[Treap; 3]>>,
}

impl MemoryBackend {
    /// An empty backend.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A backend with the same content that no longer shares with this one.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self { columns: Arc::new(RwLock::new(self.columns.read().clone())) }
    }

    fn column(&self, column: Column) -> Treap {
        let [latest, history, meta] = &*self.columns.read();
        match column {
            Column::Latest => latest.clone(),
            Column::History => history.clone(),
            Column::Meta => meta.clone(),
        }
    }
}

impl Backend for MemoryBackend {
    fn get(&self, column: Column, key: &[u8]) -> Result<Option<Value>, StoreError> {
        Ok(self.column(column).get(key).cloned())
    }

    fn cursor(&self, column: Column) -> Box<dyn Cursor + '_> {
        Box::new(MemoryCursor { column: self.column(column), entry: None })
    }

    fn write(&self, mut batch: Batch, _: Durability) -> Result<(), StoreError> {
        let mut columns = self.columns.write();
        let [latest, history, meta] = &mut *columns;
        batch.in_order(|column, key, value| {
            let column = match column {
                Column::Latest => &mut *latest,
                Column::History => &mut *history,
                Column::Meta => &mut *meta,
            };
            match value {
                Some(value) => column.insert(key, Value::from(value)),
                None => column.remove(key),
            }
            Ok(())
        })
    }

    fn flush(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn size(&self) -> Result<u64, StoreError> {
        let mut size = 0_u64;
        for column in Column::ALL {
            let mut cursor = self.cursor(column);
            cursor.seek(&[])?;
            while let Some((key, value)) = cursor.entry() {
                size = size.saturating_add(key.len() as u64).saturating_add(value.len() as u64);
                cursor.next()?;
            }
        }
        Ok(size)
    }
}

struct MemoryCursor {
    column: Treap,
    entry: Option<(Arc<[u8]>, Value)>,
}

impl Cursor for MemoryCursor {
    fn seek(&mut self, key: &[u8]) -> Result<(), StoreError> {
        self.entry = self.column.at_or_after(key, true);
        Ok(())
    }

    fn seek_back(&mut self, key: &[u8]) -> Result<(), StoreError> {
        self.entry = self.column.at_or_before(key, true);
        Ok(())
    }

    fn next(&mut self) -> Result<(), StoreError> {
        self.entry = self.entry.take().and_then(|(key, _)| self.column.at_or_after(&key, false));
        Ok(())
    }

    fn prev(&mut self) -> Result<(), StoreError> {
        self.entry = self.entry.take().and_then(|(key, _)| self.column.at_or_before(&key, false));
        Ok(())
    }

    fn entry(&self) -> Option<(&[u8], &[u8])> {
        self.entry.as_ref().map(|(key, value)| (key.as_ref(), value.as_ref()))
    }
}

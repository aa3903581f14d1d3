//! Figures: what a run comes to, and the file in which other tools find it.

use std::path::Path;

use anyhow::Context;
use serde_json::{Map, Value, json};

/// One result: a ratio or a count, never a bare time.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// The name in the summary file.
    pub name: String,
    /// What it says, for readers.
    pub meaning: &'static str,
    /// The value.
    pub value: f64,
    /// Its unit: `x` for a ratio.
    pub unit: &'static str,
    /// What is aimed at, where something is. Beyond [`Figure::floor`], whichever direction that is.
    pub aim: Option<f64>,
    /// What must be reached at least, where something must.
    pub floor: Option<f64>,
}

impl Figure {
    /// A figure that is only watched.
    pub fn new(name: impl Into<String>, meaning: &'static str, value: f64, unit: &'static str) -> Self {
        Self { name: name.into(), meaning, value, unit, aim: None, floor: None }
    }

    /// With what is aimed at and what must be reached.
    #[must_use]
    pub fn bars(mut self, aim: f64, floor: f64) -> Self {
        (self.aim, self.floor) = (Some(aim), Some(floor));
        self
    }

    /// The figure of the quick form, which measures something smaller: another name and no bars.
    #[must_use]
    pub fn quick(mut self) -> Self {
        self.name.push_str("_quick");
        (self.aim, self.floor) = (None, None);
        self
    }

    /// Where the value stands: `aim met`, `above the floor`, `below the floor`, or nothing without bars.
    #[must_use]
    pub fn standing(&self) -> &'static str {
        let (Some(aim), Some(floor)) = (self.aim, self.floor) else { return "" };
        let reaches = |bar: f64| if aim >= floor { self.value >= bar } else { self.value <= bar };
        if reaches(aim) {
            "aim met"
        } else if reaches(floor) {
            "floor met"
        } else {
            "floor missed"
        }
    }

    /// The value with as many digits as mean something.
    #[must_use]
    pub fn shown(&self) -> String {
        shown(self.value)
    }
}

/// A number with three digits that mean something.
#[must_use]
pub fn shown(value: f64) -> String {
    match value.abs() {
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// The summary file, `{"name": {"value", "unit", "aim", "floor"}}`.
#[derive(Debug, Default)]
pub struct Summary {
    figures: Map<String, Value>,
}

impl Summary {
    /// Reads the file, if it is there.
    ///
    /// # Errors
    /// It cannot be read or is not an object.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        let figures = serde_json::from_str(&text).with_context(|| {
            format!("{} is not an object of figures; remove it and run again", path.display())
        })?;
        Ok(Self { figures })
    }

    /// Adds figures or replaces those of the same name.
    pub fn merge<'a>(&mut self, figures: impl IntoIterator<Item = &'a Figure>) {
        for figure in figures {
            let entry = json!({
                "value": figure.value, "unit": figure.unit, "aim": figure.aim, "floor": figure.floor,
            });
            self.figures.insert(figure.name.clone(), entry);
        }
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        let mut text = serde_json::to_string_pretty(&self.figures)?;
        text.push('\n');
        let unfinished = path.with_extension("json.new");
        std::fs::write(&unfinished, text)
            .and_then(|()| std::fs::rename(&unfinished, path))
            .with_context(|| format!("cannot write {}", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_can_lie_on_either_side() {
        let figure = |value| Figure::new("f", "", value, "x");
        assert_eq!(figure(13.0).bars(12.0, 8.0).standing(), "aim met");
        assert_eq!(figure(9.0).bars(12.0, 8.0).standing(), "floor met");
        assert_eq!(figure(7.0).bars(12.0, 8.0).standing(), "floor missed");
        assert_eq!(figure(1.9).bars(2.0, 3.0).standing(), "aim met");
        assert_eq!(figure(3.1).bars(2.0, 3.0).standing(), "floor missed");
        assert_eq!(figure(f64::NAN).bars(2.0, 3.0).standing(), "floor missed");
    }

    #[test]
    fn names_of_others_stay_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("summary.json");
        std::fs::write(&path, r#"{"theirs": {"value": 1, "unit": "x", "aim": 2, "floor": 3}, "ours": 4}"#)
            .unwrap();
        let mut summary = Summary::read(&path).unwrap();
        summary.merge([&Figure::new("ours", "", 2.5, "x").bars(2.0, 3.0)]);
        summary.write(&path).unwrap();
        let read: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(read["theirs"]["value"], 1);
        assert_eq!(read["ours"], json!({"value": 2.5, "unit": "x", "aim": 2.0, "floor": 3.0}));
        std::fs::write(&path, "[]").unwrap();
        assert!(Summary::read(&path).unwrap_err().to_string().contains("not an object"));
    }
}

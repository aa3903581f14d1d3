//! Edits of `config.toml` that leave everything else as its owner wrote it: comments, order and the other keys.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::{HomeError, write_atomic};

/// A key and the value it must have.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::comet) struct Setting {
    /// The table, empty for the keys above the first one.
    pub(in crate::comet) table: &'static str,
    /// The key.
    pub(in crate::comet) key: &'static str,
    /// Its value: a string, an integer, a boolean or an array of strings.
    pub(in crate::comet) value: Value,
}

impl Setting {
    pub(in crate::comet) fn new(table: &'static str, key: &'static str, value: impl Into<Value>) -> Self {
        Self { table, key, value: value.into() }
    }
}

/// `config.toml` as text.
#[derive(Debug)]
pub(in crate::comet) struct ConfigFile {
    path: PathBuf,
    text: String,
}

impl ConfigFile {
    pub(in crate::comet) fn read(path: &Path) -> Result<Self, HomeError> {
        let text = std::fs::read_to_string(path).map_err(|e| HomeError::io("read", path, e))?;
        Ok(Self { path: path.to_owned(), text })
    }

    /// Gives the settings their values, and writes the file if that changed anything.
    pub(in crate::comet) fn apply(&mut self, settings: &[Setting]) -> Result<(), HomeError> {
        let edited = edit(&self.text, settings).map_err(|problem| HomeError::file(&self.path, problem))?;
        if edited != self.text {
            write_atomic(&self.path, edited.as_bytes(), 0o644)?;
            self.text = edited;
        }
        Ok(())
    }

    /// A string of the file.
    pub(in crate::comet) fn string(&self, table: &str, key: &str) -> Option<String> {
        let document: Table = toml::from_str(&self.text).ok()?;
        document.get(table)?.get(key)?.as_str().map(str::to_owned)
    }
}

/// What a run of lines says.
struct Statement {
    lines: std::ops::Range<usize>,
    /// The table they are in.
    table: String,
    /// The key, dots included; `None` for the header of the table.
    key: Option<String>,
    value: Option<Value>,
}

fn edit(text: &str, settings: &[Setting]) -> Result<String, String> {
    let mut wanted: Table = toml::from_str(text).map_err(|e| format!("not TOML: {e}"))?;
    let mut edited = text.to_owned();
    for setting in settings {
        edited = set(&edited, setting)?;
        let table = match setting.table {
            "" => &mut wanted,
            name => wanted
                .entry(name)
                .or_insert_with(|| Value::Table(Table::new()))
                .as_table_mut()
                .ok_or_else(|| format!("{name} is not a table; remove it"))?,
        };
        table.insert(setting.key.to_owned(), setting.value.clone());
    }
    // The edits worked on lines: what they must not have done is checked on the document.
    let after: Table = toml::from_str(&edited).map_err(|e| format!("cannot be edited line by line: {e}"))?;
    if after != wanted {
        return Err("cannot be edited line by line; write one `key = value` per line under [table] headers"
            .to_owned());
    }
    Ok(edited)
}

fn set(text: &str, setting: &Setting) -> Result<String, String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let statements = statements(&lines)?;
    let full =
        |table: &str, key: &str| if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") };
    let path = full(setting.table, setting.key);
    let line = format!("{} = {}", setting.key, setting.value);
    let found = statements.iter().find(|s| s.key.as_ref().is_some_and(|key| full(&s.table, key) == path));
    if let Some(found) = found {
        if found.value.as_ref() == Some(&setting.value) {
            return Ok(text.to_owned());
        }
        let old = lines.get(found.lines.clone()).unwrap_or_default();
        let key = found.key.as_deref().unwrap_or(setting.key);
        let line = format!("{key} = {}{}\n", setting.value, trailing_comment(old));
        return Ok(splice(&lines, found.lines.clone(), &line));
    }
    let line = format!("{line}\n");
    match statements.iter().rfind(|s| s.table == setting.table) {
        Some(last) => Ok(splice(&lines, last.lines.end..last.lines.end, &line)),
        None if setting.table.is_empty() => Ok(format!("{line}{text}")),
        None => Ok(format!("{}\n[{}]\n{line}", with_newline(text), setting.table)),
    }
}

/// The lines with `range` replaced.
fn splice(lines: &[&str], range: std::ops::Range<usize>, new: &str) -> String {
    let before: String = lines.iter().take(range.start).copied().collect();
    let after: String = lines.iter().skip(range.end).copied().collect();
    format!("{}{new}{after}", with_newline(&before))
}

fn with_newline(text: &str) -> String {
    if text.is_empty() || text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") }
}

fn statements(lines: &[&str]) -> Result<Vec<Statement>, String> {
    let mut found = Vec::new();
    let mut table = String::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let trimmed = line.trim();
        let begin = at;
        at += 1;
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        if let Some(header) = trimmed.strip_prefix('[') {
            table = header.split(']').next().unwrap_or_default().trim_matches(['[', ' ', '"']).to_owned();
            found.push(Statement { lines: begin..at, table: table.clone(), key: None, value: None });
            continue;
        }
        let mut statement = (*line).to_owned();
        let parsed = loop {
            match toml::from_str::<Table>(&statement) {
                Ok(parsed) => break parsed,
                Err(error) => match lines.get(at) {
                    // An array or a string that goes on.
                    Some(next) => statement.push_str(next),
                    None => return Err(format!("line {}: {}", begin + 1, error.message())),
                },
            }
            at += 1;
        };
        if let Some((key, value)) = leaf(parsed) {
            found.push(Statement {
                lines: begin..at,
                table: table.clone(),
                key: Some(key),
                value: Some(value),
            });
        }
    }
    Ok(found)
}

/// The one key of a statement, with the dots of dotted keys, and its value.
fn leaf(table: Table) -> Option<(String, Value)> {
    let (key, value) = table.into_iter().next()?;
    match value {
        Value::Table(inner) if inner.len() == 1 => {
            let (rest, value) = leaf(inner)?;
            Some((format!("{key}.{rest}"), value))
        }
        value => Some((key, value)),
    }
}

/// The comment behind a statement of one line, with the space before it.
fn trailing_comment(lines: &[&str]) -> String {
    let [line] = lines else { return String::new() };
    let line = line.trim_end();
    line.match_indices('#')
        .filter_map(|(at, _)| Some((line.get(..at)?, line.get(at..)?)))
        // The first mark whose left side is whole is not inside a string.
        .find(|(statement, _)| toml::from_str::<Table>(statement).is_ok())
        .map(|(_, comment)| format!(" {comment}"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;

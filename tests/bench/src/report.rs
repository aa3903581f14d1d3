//! What a part hands back, and how it is printed.

use std::fmt::Write;

use comfy_table::{CellAlignment, ContentArrangement};

use crate::picture::Picture;
use crate::summary::Figure;

/// Rows under a title. Its cells are ratios, shares and counts.
#[derive(Clone, Debug)]
pub struct Table {
    title: String,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    #[must_use]
    pub fn new(title: &str, head: &[&str]) -> Self {
        Self {
            title: title.to_owned(),
            head: head.iter().map(|cell| (*cell).to_owned()).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// As people read it on a terminal.
    #[must_use]
    pub fn plain(&self) -> String {
        let mut table = comfy_table::Table::new();
        table.load_preset(comfy_table::presets::UTF8_BORDERS_ONLY);
        table.set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(&self.head);
        table.add_rows(&self.rows);
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        format!("{}\n{table}\n", self.title)
    }

    /// As the page of results has it.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = format!("**{}**\n\n", self.title);
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        text.push_str(&line(&self.head));
        let rules: Vec<String> =
            (0..self.head.len()).map(|i| if i == 0 { "---" } else { "---:" }.to_owned()).collect();
        text.push_str(&line(&rules));
        self.rows.iter().for_each(|row| text.push_str(&line(row)));
        text
    }
}

/// What a part found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The part, with its sizes.
    pub title: String,
    /// Ratios, shares and counts.
    pub tables: Vec<Table>,
    /// Curves, drawn beside the page.
    pub pictures: Vec<Picture>,
    /// Bare times: printed, not recorded.
    pub times: Vec<String>,
    /// The results.
    pub figures: Vec<Figure>,
}

impl Report {
    /// A report without contents.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// As people read it on a terminal.
    #[must_use]
    pub fn plain(&self) -> String {
        let mut text = format!("\n== {}\n\n", self.title);
        for table in &self.tables {
            let _ = writeln!(text, "{}", table.plain());
        }
        for line in &self.times {
            let _ = writeln!(text, "{line}");
        }
        if !self.figures.is_empty() {
            let _ = writeln!(text, "\n{}", self.figures().plain());
        }
        text
    }

    /// As the page of results has it; `origin` says of what it was measured, when and where.
    #[must_use]
    pub fn markdown(&self, origin: &str) -> String {
        let mut text = format!("### {}\n\n{origin}\n\n", self.title);
        for table in &self.tables {
            let _ = writeln!(text, "{}", table.markdown());
        }
        for picture in &self.pictures {
            let _ = writeln!(text, "![{}]({})\n", picture.title, picture.file);
        }
        if !self.figures.is_empty() {
            let _ = writeln!(text, "{}", self.figures().markdown());
        }
        text
    }

    fn figures(&self) -> Table {
        let mut table = Table::new("Figures", &["figure", "value", "aim", "floor", "", "what it is"]);
        let bar = |bar: Option<f64>| bar.map_or_else(String::new, |bar| bar.to_string());
        for figure in &self.figures {
            table.row([
                figure.name.clone(),
                format!("{} {}", figure.shown(), figure.unit),
                bar(figure.aim),
                bar(figure.floor),
                figure.standing().to_owned(),
                figure.meaning.to_owned(),
            ]);
        }
        table
    }
}

/// Says on stderr what takes long.
pub fn progress(what: impl std::fmt::Display) {
    eprintln!("... {what}");
}

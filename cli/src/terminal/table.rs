//! Tables: framed on a terminal, aligned plain columns in a pipe.

use comfy_table::{Attribute, Cell, CellAlignment, ContentArrangement, TableComponent, presets};

/// A table of text cells under a header.
#[derive(Clone, Debug, Default)]
pub struct Table {
    header: Vec<String>,
    right: Vec<bool>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these column titles.
    pub fn new<S: Into<String>>(header: impl IntoIterator<Item = S>) -> Self {
        let header: Vec<String> = header.into_iter().map(Into::into).collect();
        let right = vec![false; header.len()];
        Self { header, right, rows: Vec::new() }
    }

    /// A table of two columns without titles, for one object's fields.
    pub fn fields() -> Self {
        Self { header: Vec::new(), right: vec![false; 2], rows: Vec::new() }
    }

    /// Aligns a column to the right, as figures are; a column that does not exist is ignored.
    pub fn align_right(mut self, column: usize) -> Self {
        if let Some(flag) = self.right.get_mut(column) {
            *flag = true;
        }
        self
    }

    /// Adds a row; missing cells stay empty.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) -> &mut Self {
        self.rows.push(cells.into_iter().map(Into::into).collect());
        self
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The finished text, ending in a line end.
    ///
    /// `framed` draws a line below the titles; otherwise every row is exactly one line with columns two
    /// blanks apart, fit for `awk` and `cut`.
    pub fn render(&self, framed: bool, colour: bool) -> String {
        if framed { self.framed(colour) } else { self.plain() }
    }

    fn framed(&self, colour: bool) -> String {
        let mut table = comfy_table::Table::new();
        table.load_preset(presets::NOTHING);
        if !self.header.is_empty() {
            for part in [TableComponent::HeaderLines, TableComponent::MiddleHeaderIntersections] {
                table.set_style(part, '─');
            }
        }
        // Never wrapped: an address broken over two lines cannot be copied.
        table.set_content_arrangement(ContentArrangement::Disabled);
        if !colour {
            table.force_no_tty();
        } else {
            table.enforce_styling();
        }
        let cell = |index: usize, text: &str, title: bool| {
            let mut cell = Cell::new(text);
            if self.right.get(index).copied().unwrap_or(false) {
                cell = cell.set_alignment(CellAlignment::Right);
            }
            if title && colour { cell.add_attribute(Attribute::Bold) } else { cell }
        };
        if !self.header.is_empty() {
            table.set_header(self.header.iter().enumerate().map(|(i, text)| cell(i, text, true)));
        }
        for row in &self.rows {
            let titled = self.header.is_empty();
            table.add_row(row.iter().enumerate().map(|(i, text)| cell(i, text, titled && i == 0)));
        }
        let mut text: String =
            table.to_string().lines().map(|line| format!("{}\n", line.trim_end())).collect();
        if text.is_empty() {
            text.push('\n');
        }
        text
    }

    fn plain(&self) -> String {
        let lines = || self.header.first().map(|_| &self.header).into_iter().chain(&self.rows);
        let widths: Vec<usize> = (0..self.right.len())
            .map(|column| {
                lines()
                    .filter_map(|line| line.get(column))
                    .map(|cell| cell.chars().count())
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        let mut text = String::new();
        for line in lines() {
            let mut out = String::new();
            for (column, width) in widths.iter().enumerate() {
                let cell = line.get(column).map(|cell| cell.replace('\n', " ")).unwrap_or_default();
                if column > 0 {
                    out.push_str("  ");
                }
                if self.right.get(column).copied().unwrap_or(false) {
                    out.push_str(&format!("{cell:>width$}"));
                } else {
                    out.push_str(&format!("{cell:<width$}"));
                }
            }
            text.push_str(out.trim_end());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piped_table_has_one_plain_line_per_row() {
        let mut table = Table::new(["name", "amount"]).align_right(1);
        table.row(["alice", "1.5 AGO"]).row(["treasury", "1000 AGO"]);
        assert_eq!(
            table.render(false, false),
            "name        amount\nalice      1.5 AGO\ntreasury  1000 AGO\n"
        );
    }

    #[test]
    fn a_framed_table_without_colour_has_no_escapes() {
        let mut table = Table::new(["name"]);
        table.row(["alice"]);
        let text = table.render(true, false);
        assert_eq!(text, " name\n───────\n alice\n");
    }
}

//! The page of results.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::cli::Setting;
use crate::machine;
use crate::report::Report;

const BEGIN: &str = "<!-- results: begin -->";
const END: &str = "<!-- results: end -->";

/// The page in the sources. Asked when the program runs and not when it is built, because builds are kept between clones.
#[must_use]
pub fn page() -> PathBuf {
    let sources = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(PathBuf::new, |path| PathBuf::from(path).join("../.."));
    sources.join("app/docs/benchmarks.md")
}

/// Replaces what stands between the marks of the page.
///
/// # Errors
/// The page or its marks are missing.
pub fn write(page: &Path, reports: &[Report], setting: &Setting) -> anyhow::Result<()> {
    let folder = page.parent().unwrap_or(Path::new("."));
    for picture in reports.iter().flat_map(|report| &report.pictures) {
        picture.draw(folder)?;
    }
    let text = std::fs::read_to_string(page).with_context(|| format!("cannot read {}", page.display()))?;
    let text = replaced(&text, &results(page, reports, setting))
        .with_context(|| format!("{} lacks the lines {BEGIN} and {END}", page.display()))?;
    std::fs::write(page, text).with_context(|| format!("cannot write {}", page.display()))
}

fn replaced(text: &str, results: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{results}{END}{after}"))
}

fn results(page: &Path, reports: &[Report], setting: &Setting) -> String {
    let folder = page.parent().filter(|folder| folder.is_dir()).unwrap_or(Path::new("."));
    let form = if setting.quick { "quick form" } else { "full form" };
    let mut text = String::new();
    let _ = writeln!(
        text,
        "\nCommit `{}`, {}, {form}, seed {}.\n\n{}; {} of {} threads.\n",
        machine::commit(folder),
        machine::today(),
        setting.seed,
        machine::processor(),
        setting.threads,
        machine::cores(),
    );
    reports.iter().for_each(|report| text.push_str(&report.markdown()));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let page = format!("# Title\n{BEGIN}\nold\n{END}\nend\n");
        let once = replaced(&page, "new\n").unwrap();
        assert_eq!(once, format!("# Title\n{BEGIN}\nnew\n{END}\nend\n"));
        assert_eq!(replaced(&once, "new\n").unwrap(), once);
        assert_eq!(replaced("no marks", "new"), None);
    }
}

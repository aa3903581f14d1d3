//! The page of results.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Subcommand as _;

use crate::cli::Setting;
use crate::machine;
use crate::parts::Part;
use crate::report::Report;

const BEGIN: &str = "<!-- results: begin -->";
const END: &str = "<!-- results: end -->";

/// What a section begins with.
const HEADING: &str = "### ";

/// The page in the sources. Asked when the program runs and not when it is built, because builds are kept between clones.
#[must_use]
pub fn page() -> PathBuf {
    let sources = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(PathBuf::new, |path| PathBuf::from(path).join("../.."));
    sources.join("app/docs/benchmarks.md")
}

/// Replaces the sections of the parts that were run, between the marks of the page, and leaves those of the others.
///
/// # Errors
/// The page or its marks are missing.
pub fn write(page: &Path, reports: &[Report], setting: &Setting) -> anyhow::Result<()> {
    let folder = page.parent().unwrap_or(Path::new("."));
    for picture in reports.iter().flat_map(|report| &report.pictures) {
        picture.draw(folder)?;
    }
    let origin = origin(page, setting);
    let sections = reports.iter().map(|report| report.markdown(&origin)).collect();
    let text = std::fs::read_to_string(page).with_context(|| format!("cannot read {}", page.display()))?;
    let text = replaced(&text, sections)
        .with_context(|| format!("{} lacks the lines {BEGIN} and {END}", page.display()))?;
    std::fs::write(page, text).with_context(|| format!("cannot write {}", page.display()))
}

/// Puts sections in the place of those of the same parts; the order is that in which parts run.
fn replaced(text: &str, sections: Vec<String>) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (old, after) = rest.split_once(END)?;
    let mut all: Vec<String> =
        old.split(HEADING).skip(1).map(|section| format!("{HEADING}{}\n\n", section.trim_end())).collect();
    for section in sections {
        match all.iter_mut().find(|known| part(known) == part(&section)) {
            Some(known) => *known = section,
            None => all.push(section),
        }
    }
    let parts = Part::augment_subcommands(clap::Command::new("parts"));
    let order: Vec<&str> = parts.get_subcommands().map(clap::Command::get_name).collect();
    all.sort_by_key(|section| order.iter().position(|name| *name == part(section)));
    Some(format!("{before}{BEGIN}\n\n{}{END}{after}", all.concat()))
}

/// The part a section is of: its heading up to the colon.
fn part(section: &str) -> &str {
    let heading = section.trim_start_matches(HEADING).lines().next().unwrap_or_default();
    heading.split(':').next().unwrap_or_default()
}

/// Of what, when and where a section was measured.
fn origin(page: &Path, setting: &Setting) -> String {
    let folder = page.parent().filter(|folder| folder.is_dir()).unwrap_or(Path::new("."));
    let form = if setting.quick { "quick form" } else { "full form" };
    format!(
        "Commit `{}`, {}, {form}, seed {}; {}; {} of {} threads.",
        machine::commit(folder),
        machine::today(),
        setting.seed,
        machine::processor(),
        setting.threads,
        machine::cores(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_sections_of_the_parts_that_were_run_are_replaced() {
        let page = |inner: &str| format!("# Title\n{BEGIN}\n\n{inner}{END}\nend\n");
        let section = |part: &str, what: &str| format!("### {part}: size\n\n{what}\n\n");
        let (reads, swaps) = (section("state-reads", "old"), section("swaps", "old"));
        let known = page(&format!("{reads}{swaps}"));
        let new = section("state-reads", "new");
        assert_eq!(replaced(&known, vec![new.clone()]).unwrap(), page(&format!("{new}{swaps}")));
        // A part that had no section comes where it is run.
        let commit = section("state-commit", "new");
        assert_eq!(replaced(&known, vec![commit.clone()]).unwrap(), page(&format!("{commit}{reads}{swaps}")));
        assert_eq!(replaced(&known, vec![]).unwrap(), known);
        assert_eq!(replaced("no marks", vec![new]), None);
    }
}

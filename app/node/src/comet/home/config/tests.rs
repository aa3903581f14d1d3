//! What an edit changes, and what it must leave alone.

use toml::{Table, Value};

use super::{Setting, edit};

const FILE: &str = r##"# The owner's remark.
version = "0.38.25"
proxy_app = "tcp://127.0.0.1:26658" # to be replaced # twice
moniker = "a # b"

[rpc]
# laddr = "commented out"
laddr = "tcp://127.0.0.1:26657"
cors_allowed_origins = [
  "https://one", # first
  "https://two",
]
cors_allowed_methods = ["HEAD", "GET", "POST", ]

[mempool]
keep-invalid-txs-in-cache = false
note = """
[rpc]
laddr = "inside a string"
"""

[empty]"##;

#[track_caller]
fn edited(settings: &[Setting]) -> String {
    edit(FILE, settings).unwrap()
}

#[test]
fn a_value_is_replaced_in_its_line_and_everything_else_stays() {
    let text = edited(&[Setting::new("", "proxy_app", "unix:///h/abci.sock")]);
    let line = "proxy_app = \"tcp://127.0.0.1:26658\" # to be replaced # twice";
    assert_eq!(text, FILE.replace(line, "proxy_app = \"unix:///h/abci.sock\" # to be replaced # twice"));
}

#[test]
fn a_mark_inside_a_string_is_not_a_comment() {
    let text = edited(&[Setting::new("", "moniker", "c")]);
    assert_eq!(text, FILE.replace("moniker = \"a # b\"", "moniker = \"c\""));
}

#[test]
fn a_value_over_several_lines_is_replaced_as_a_whole() {
    let text = edited(&[Setting::new("rpc", "cors_allowed_origins", vec!["*"])]);
    assert!(text.contains("\ncors_allowed_origins = [\"*\"]\ncors_allowed_methods"), "{text}");
    assert!(!text.contains("https://one"));
}

#[test]
fn a_value_that_is_already_there_leaves_the_file_untouched() {
    let same = [
        Setting::new("rpc", "laddr", "tcp://127.0.0.1:26657"),
        Setting::new("rpc", "cors_allowed_origins", vec!["https://one", "https://two"]),
        Setting::new("mempool", "keep-invalid-txs-in-cache", false),
    ];
    assert_eq!(edited(&same), FILE);
}

#[test]
fn missing_keys_and_tables_are_added_where_they_belong() {
    let text = edited(&[
        Setting::new("", "db_backend", "goleveldb"),
        Setting::new("mempool", "size", 7_i64),
        Setting::new("empty", "filled", true),
        Setting::new("consensus", "timeout_commit", "500ms"),
    ]);
    let document: Table = toml::from_str(&text).unwrap();
    assert_eq!(document["db_backend"].as_str(), Some("goleveldb"));
    assert_eq!(document["mempool"]["size"].as_integer(), Some(7));
    assert_eq!(document["empty"]["filled"].as_bool(), Some(true));
    assert_eq!(document["consensus"]["timeout_commit"].as_str(), Some("500ms"));
    assert!(text.starts_with("# The owner's remark.\n"));
    assert_eq!(document["mempool"]["note"].as_str(), Some("[rpc]\nladdr = \"inside a string\"\n"));
}

#[test]
fn dotted_keys_are_recognised() {
    let text = edit("rpc.laddr = \"a\"\n", &[Setting::new("rpc", "laddr", "b")]).unwrap();
    assert_eq!(text, "rpc.laddr = \"b\"\n");
}

#[test]
fn what_cannot_be_edited_is_an_error_and_not_a_broken_file() {
    for text in ["x = ", "rpc = 5\n", "rpc = { laddr = \"a\", b = 1 }\n", "a = 1\na = 2\n"] {
        assert!(edit(text, &[Setting::new("rpc", "laddr", "b")]).is_err(), "{text}");
    }
}

#[test]
fn strings_of_any_content_survive() {
    for value in ["", "\"quoted\"", "back\\slash", "new\nline", "# mark", "'''", "ünï", "]"] {
        let text = edited(&[Setting::new("", "moniker", value), Setting::new("rpc", "laddr", value)]);
        let document: Table = toml::from_str(&text).unwrap();
        assert_eq!(document["moniker"], Value::from(value));
        let undone =
            [Setting::new("", "moniker", "a # b"), Setting::new("rpc", "laddr", "tcp://127.0.0.1:26657")];
        assert_eq!(edit(&text, &undone).unwrap(), FILE);
    }
}

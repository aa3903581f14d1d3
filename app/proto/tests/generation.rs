//! The generator: what is checked in is what the definitions say, and module crates can use it for their own.
#![cfg(feature = "codegen")]

use std::path::{Path, PathBuf};

use agora_proto::codegen::{DESCRIPTORS, MODULES, generate, generate_javascript, generate_standard};
use agora_proto::options::{amino_name, cli_command, http_rules, signer_fields};
use agora_proto::{file_descriptor_set, pool_with};

const MODULE: &str = r#"
syntax = "proto3";
package agora.sample.v1;
import "agora/cli/v1/cli.proto";
import "amino/amino.proto";
import "cosmos/base/v1beta1/coin.proto";
import "cosmos/msg/v1/msg.proto";
import "google/api/annotations.proto";
import "google/protobuf/any.proto";
import "google/protobuf/timestamp.proto";
service Msg {
  option (cosmos.msg.v1.service) = true;
  rpc Pay(MsgPay) returns (MsgPayResponse) {
    option (agora.cli.v1.command) = {name: "pay", positional: ["amount"]};
  }
}
service Query {
  rpc Paid(QueryPaidRequest) returns (MsgPay) {
    option (google.api.http).get = "/agora/sample/v1/paid/{id}";
  }
}
message MsgPay {
  option (cosmos.msg.v1.signer) = "payer";
  option (amino.name) = "agora/sample/MsgPay";
  string payer = 1;
  cosmos.base.v1beta1.Coin amount = 2;
  google.protobuf.Any extra = 3;
  google.protobuf.Timestamp at = 4;
}
message MsgPayResponse {}
message QueryPaidRequest { uint64 id = 1; }
"#;

fn write(dir: &Path, name: &str, text: &str) {
    let path = dir.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[test]
fn regenerating_changes_nothing() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap());
    let generated = generate_standard(&root.join("proto")).unwrap();
    let differences = generated.differences(&root.join("src/gen")).unwrap();
    assert!(differences.is_empty(), "run the generator (see README.md): {differences:?} differ");
}

#[test]
fn regenerating_the_javascript_package_changes_nothing() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap());
    let modules = std::fs::read_dir(root.join("../../modules")).unwrap();
    let mut own: Vec<PathBuf> = modules.map(|module| module.unwrap().path().join("proto")).collect();
    own.retain(|path| path.exists());
    own.sort();
    let generated = generate_javascript(&own).unwrap();
    let differences = generated.differences(&root.join("js/src/gen")).unwrap();
    assert!(differences.is_empty(), "run the generator (see js/README.md): {differences:?} differ");
}

#[test]
fn javascript_has_a_type_for_each_message_and_says_what_it_cannot_express() {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        "agora/sample/v1/sample.proto",
        &MODULE.replace("Any extra = 3", "Timestamp extra = 3"),
    );
    let generated = generate_javascript(&[dir.path().to_owned()]).unwrap();
    let text = |name: &str| String::from_utf8(generated.files()[name].clone()).unwrap();
    let code = text("agora.sample.v1.js");
    assert!(
        code.contains("MsgPay = message(\"agora.sample.v1.MsgPay\", \"agora/sample/MsgPay\", ["),
        "{code}"
    );
    assert!(code.contains("[2, \"amount\", () => cosmos_base_v1beta1.Coin],"), "{code}");
    assert!(
        text("agora.sample.v1.d.ts").contains("paid(request?: Partial<QueryPaidRequest>): Promise<MsgPay>;")
    );
    assert!(generated.files().contains_key("google.protobuf.js"));
    write(
        dir.path(),
        "agora/sample/v1/sample.proto",
        &MODULE.replace("Any extra = 3", "FloatValue extra = 3").replace("any.proto", "wrappers.proto"),
    );
    let error = generate_javascript(&[dir.path().to_owned()]).unwrap_err().to_string();
    assert!(error.contains("no JavaScript form"), "{error}");
}

#[test]
fn a_module_takes_standard_types_from_this_crate_and_describes_only_its_own_files() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "agora/sample/v1/sample.proto", MODULE);
    let generated = generate(&[dir.path().to_owned()], &[], &[]).unwrap();

    let names: Vec<&str> = generated.files().keys().map(String::as_str).collect();
    assert_eq!(names, ["agora.sample.v1.rs", DESCRIPTORS, MODULES]);
    let code = String::from_utf8(generated.files()["agora.sample.v1.rs"].clone()).unwrap();
    assert!(code.contains("::agora_proto::types::cosmos::base::v1beta1::Coin"), "{code}");
    assert!(code.contains("::prost_types::Any") && code.contains("::prost_types::Timestamp"), "{code}");

    let pool = pool_with(&[&generated.files()[DESCRIPTORS]]).unwrap();
    let pay = pool.get_message_by_name("agora.sample.v1.MsgPay").unwrap();
    assert_eq!(signer_fields(&pay), ["payer"]);
    assert_eq!(amino_name(&pay).as_deref(), Some("agora/sample/MsgPay"));
    let msg = pool.get_service_by_name("agora.sample.v1.Msg").unwrap();
    assert_eq!(cli_command(&msg.methods().next().unwrap()).positional, ["amount"]);
    let query = pool.get_service_by_name("agora.sample.v1.Query").unwrap();
    assert_eq!(http_rules(&query.methods().next().unwrap())[0].path, "/agora/sample/v1/paid/{id}");
}

#[test]
fn a_module_may_use_the_types_of_another() {
    let first = tempfile::tempdir().unwrap();
    write(first.path(), "agora/sample/v1/sample.proto", MODULE);
    let sample = generate(&[first.path().to_owned()], &[], &[]).unwrap();

    let second = tempfile::tempdir().unwrap();
    let text = "syntax = \"proto3\";\npackage agora.other.v1;\nimport \"agora/sample/v1/sample.proto\";\n\
                message Wrap { agora.sample.v1.MsgPay pay = 1; }\n";
    write(second.path(), "agora/other/v1/other.proto", text);
    let paths = [(".agora.sample.v1".to_owned(), "::agora_sample::proto::agora::sample::v1".to_owned())];
    let descriptors = &sample.files()[DESCRIPTORS];
    let other = generate(&[second.path().to_owned()], &paths, &[descriptors]).unwrap();
    let code = String::from_utf8(other.files()["agora.other.v1.rs"].clone()).unwrap();
    assert!(code.contains("::agora_sample::proto::agora::sample::v1::MsgPay"), "{code}");
    assert!(pool_with(&[descriptors, &other.files()[DESCRIPTORS]]).is_ok());
    assert!(pool_with(&[&other.files()[DESCRIPTORS]]).is_err(), "the import is missing");
}

#[test]
fn written_files_show_no_differences_and_stale_ones_are_removed() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "proto/agora/sample/v1/sample.proto", MODULE);
    let out = dir.path().join("gen");
    write(&out, "stale.rs", "// old");
    let generated = generate(&[dir.path().join("proto")], &[], &[]).unwrap();
    assert_eq!(generated.differences(&out).unwrap().len(), 4);
    generated.write(&out).unwrap();
    assert!(generated.differences(&out).unwrap().is_empty());
    write(&out, MODULES, "// edited");
    assert_eq!(generated.differences(&out).unwrap(), [MODULES]);
}

#[test]
fn bad_definitions_are_refused_with_the_place() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "bad.proto", "syntax = \"proto3\";\nmessage A { Missing x = 1; }\n");
    let error = generate(&[dir.path().to_owned()], &[], &[]).unwrap_err().to_string();
    assert!(error.contains("Missing") && error.contains("bad.proto"), "{error}");
    let empty = tempfile::tempdir().unwrap();
    assert!(generate(&[empty.path().to_owned()], &[], &[]).is_err());
}

#[test]
fn the_standard_set_added_again_is_skipped_and_garbage_is_refused() {
    assert!(pool_with(&[file_descriptor_set()]).is_ok());
    let error = pool_with(&[file_descriptor_set(), b"\xff\xff"]).unwrap_err();
    assert_eq!(error.index, 1);
}

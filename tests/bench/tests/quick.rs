//! The quick form runs through, so that the benchmarks cannot rot.

use std::process::Command;

use serde_json::Value;

#[test]
fn the_quick_form_measures_everything_and_leaves_no_data() {
    let target = tempfile::tempdir().unwrap();
    let page = target.path().join("page.md");
    std::fs::write(&page, "before\n<!-- results: begin -->\n<!-- results: end -->\nafter\n").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_agora-bench"))
        .env("CARGO_TARGET_DIR", target.path())
        .args(["--quick", "--seed", "3", "--record", "--page"])
        .arg(&page)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let text = std::fs::read_to_string(target.path().join("bench-summary.json")).unwrap();
    let summary: Value = serde_json::from_str(&text).unwrap();
    for name in [
        "root_commit_vs_jmt",
        "root_vs_sha_floor",
        "memory_bytes_per_key",
        "root_growth_vs_hashes",
        "disk_bytes_per_update",
        "open_rebuild_vs_hashing",
        "open_checkpoint_vs_hashing",
        "read_hot_vs_sha64",
        "read_cold_vs_hot",
        "read_past_vs_hot",
        "proof_vs_sha64",
        "block_share_verify",
        "block_sequential_vs_limit",
        "swaps_50_pools_x2",
        "swap_constant_product_per_transfer",
        "swap_weighted_per_transfer",
        "swap_stable_per_transfer",
        "swap_concentrated_per_transfer",
        "block_end_beside_much",
        "block_end_when_more_is_due",
        "block_end_idle",
        "end_to_end_devnet_vs_app",
        "flood_blocks_until_included",
    ] {
        let figure = &summary[format!("{name}_quick")];
        // Differences, of sizes or of times, may come out below nothing on a busy machine; a ratio of two times cannot.
        let difference = name.starts_with("block_share") || name.starts_with("disk");
        let sound = figure["value"].as_f64().is_some_and(|value| difference || value > 0.0);
        assert!(sound, "{name}: {figure}");
        assert!(figure["unit"].is_string() && figure["aim"].is_null(), "{name}: {figure}");
    }
    let page = std::fs::read_to_string(&page).unwrap();
    assert!(page.starts_with("before\n") && page.ends_with("after\n"), "{page}");
    assert!(page.contains("quick form, seed 3") && page.contains("root_commit_vs_jmt_quick"), "{page}");
    let left: Vec<_> = std::fs::read_dir(target.path().join("bench-data")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

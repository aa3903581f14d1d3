use super::*;

/// Heights and places found, with the total.
fn find(
    devnet: &Devnet<App>,
    query: &str,
    page: usize,
    per_page: usize,
    order: Order,
) -> (Vec<(u64, u32)>, usize) {
    let found = devnet.tx_search(query, page, per_page, order).expect(query);
    (found.items.iter().map(|tx| (tx.height, tx.index)).collect(), found.total)
}

fn count(devnet: &Devnet<App>, query: &str) -> usize {
    find(devnet, query, 1, 30, Order::Ascending).1
}

fn filled(home: &Path) -> Arc<Devnet<App>> {
    let devnet = start(home, &App::default());
    for block in [&["a=1", "b=22"][..], &["c=333"], &["a=4444", "fail=1"]] {
        for tx in block {
            devnet.broadcast(tx.as_bytes().to_vec()).expect("taken");
        }
        devnet.mine(1).expect("mined");
    }
    devnet
}

#[test]
fn transactions_are_found_by_hash_height_and_events() {
    let home = tempfile::tempdir().expect("a folder");
    let devnet = filled(home.path());
    let hash = hex::encode_upper(hashes::sha256(b"c=333"));
    assert_eq!(find(&devnet, &format!("tx.hash='{hash}'"), 1, 30, Order::Ascending), (vec![(3, 0)], 1));
    assert_eq!(count(&devnet, &format!("tx.hash='{}'", "00".repeat(32))), 0);
    assert_eq!(find(&devnet, "tx.height=2", 1, 30, Order::Ascending), (vec![(2, 0), (2, 1)], 2));
    assert_eq!(find(&devnet, "tx.height>=2 AND tx.height<=3", 1, 2, Order::Descending).0, [(3, 0), (2, 1)]);
    assert_eq!(count(&devnet, "tx.height>2 AND tx.height<4"), 1);
    assert_eq!(count(&devnet, "tx.height=99999999"), 0);
    assert_eq!(count(&devnet, "tx.height=2 AND tx.height=3"), 0);
    assert_eq!(find(&devnet, "kv.key='a'", 1, 30, Order::Ascending), (vec![(2, 0), (4, 0)], 2));
    assert_eq!(count(&devnet, "kv.key='a' AND tx.height>3"), 1);
    assert_eq!(count(&devnet, "kv.key='a' AND tx.height=3"), 0);
    assert_eq!(count(&devnet, "message.action CONTAINS 'Set'"), 4);
    assert_eq!(count(&devnet, "kv.key EXISTS"), 4);
    assert_eq!(count(&devnet, "kv.hidden EXISTS"), 0, "attributes without index are not searched");
    assert_eq!(count(&devnet, "kv.value>22"), 2);
    assert_eq!(count(&devnet, "kv.value>=22 AND kv.value<4444"), 2);
    assert_eq!(count(&devnet, "kv.value=22"), 1);
    assert_eq!(count(&devnet, "transfer.amount='3stake'"), 1);
    assert_eq!(count(&devnet, "transfer.amount>0"), 0, "an amount with a denom is no number");
}

#[test]
fn conditions_must_hold_within_one_event() {
    let home = tempfile::tempdir().expect("a folder");
    let devnet = filled(home.path());
    assert_eq!(count(&devnet, "message.sender='a' AND message.action='/kv.Set'"), 2);
    assert_eq!(count(&devnet, "kv.key='a' AND kv.value='1'"), 1);
    assert_eq!(count(&devnet, "kv.key='a' AND message.action='/kv.Set'"), 0);
}

#[test]
fn pages_follow_the_order_and_end_where_cometbft_ends_them() {
    let home = tempfile::tempdir().expect("a folder");
    let devnet = filled(home.path());
    assert_eq!(find(&devnet, "kv.key EXISTS", 1, 3, Order::Ascending), (vec![(2, 0), (2, 1), (3, 0)], 4));
    assert_eq!(find(&devnet, "kv.key EXISTS", 2, 3, Order::Ascending), (vec![(4, 0)], 4));
    assert_eq!(find(&devnet, "kv.key EXISTS", 1, 1, Order::Descending), (vec![(4, 0)], 4));
    let error = |query: &str, page| {
        devnet.tx_search(query, page, 30, Order::Ascending).expect_err("refused").to_string()
    };
    assert_eq!(error("kv.key EXISTS", 999), "page should be within [1, 1] range, given 999");
    assert_eq!(error("tx.height=99999999", 0), "page should be within [1, 1] range, given 0");
    assert_eq!(error("tx.height=1 OR tx.height=2", 1), "offset 12: got tag, want 6");
    assert!(error("tx.hash='xyz'", 1).starts_with("error during searching for a hash in the query"));
    assert_eq!(error("tx.hash=''", 1), "error while retrieving the result: transaction hash cannot be empty");
}

#[test]
fn blocks_are_found_by_height_and_events() {
    let home = tempfile::tempdir().expect("a folder");
    let devnet = filled(home.path());
    let heights = |query: &str, page, per_page, order| -> (Vec<i64>, usize) {
        let found = devnet.block_search(query, page, per_page, order).expect(query);
        let heights = found.items.iter().map(|b| b.block.header.as_ref().expect("a header").height);
        (heights.collect(), found.total)
    };
    assert_eq!(heights("block.height>=2 AND block.height<=3", 1, 1, Order::Descending), (vec![3], 2));
    assert_eq!(heights("block.parity='0'", 1, 30, Order::Ascending), (vec![2, 4], 2));
    assert_eq!(heights("block.parity=0 AND block.height>2", 1, 30, Order::Ascending), (vec![4], 1));
    assert_eq!(heights("block.height=99", 1, 30, Order::Ascending), (vec![], 0));
    assert_eq!(
        devnet.block_search("abc", 1, 30, Order::Ascending).expect_err("bad").to_string(),
        "offset 3: EOF"
    );
}

#[test]
fn a_transaction_in_two_blocks_is_the_one_that_succeeded() {
    let home = tempfile::tempdir().expect("a folder");
    let devnet = start(home.path(), &App::default());
    assert_eq!(include(&devnet, "fail=1"), 2);
    assert_eq!(include(&devnet, "fail=1"), 3);
    let place =
        |tx: &[u8]| devnet.tx(&hashes::sha256(tx)).expect("known").map(|tx| (tx.height, tx.result.code));
    assert_eq!(place(b"fail=1"), Some((3, 7)));
    assert_eq!(place(b"never"), None);
}

#[test]
fn values_with_odd_bytes_do_not_confuse_the_index() {
    let home = tempfile::tempdir().expect("a folder");
    let devnet = start(home.path(), &App::default());
    include(&devnet, "a=x\0y");
    include(&devnet, "a=x");
    include(&devnet, "b=\u{10ffff}/1/2");
    assert_eq!(find(&devnet, "kv.value='x'", 1, 30, Order::Ascending).0, [(3, 0)]);
    assert_eq!(count(&devnet, "kv.value CONTAINS 'x'"), 2);
    assert_eq!(count(&devnet, "kv.value='\u{10ffff}/1/2'"), 1);
    assert_eq!(count(&devnet, "kv.value EXISTS"), 3);
}

#[test]
fn the_index_on_disk_answers_like_the_one_in_memory_and_is_mended_when_damaged() {
    let answers = |devnet: &Devnet<App>| {
        let queries = [
            "kv.key='a'",
            "kv.key='a' AND tx.height>3",
            "kv.key EXISTS",
            "kv.value>22",
            "kv.value CONTAINS '3'",
            "tx.height>=2",
        ];
        let found = queries.map(|query| find(devnet, query, 1, 30, Order::Descending));
        let place = devnet.tx(&hashes::sha256(b"a=1")).expect("known").map(|tx| (tx.height, tx.index));
        let block = devnet.block(Some(2)).expect("known").block_id.hash.clone();
        (found, place, devnet.height_by_hash(&block).expect("known"))
    };
    let home = tempfile::tempdir().expect("a folder");
    let app = App::default();
    let config = |index_memory| DevnetConfig { index_memory, ..manual(home.path()) };
    let devnet = Devnet::start(config(700), app.clone(), Some(GENESIS)).expect("starts");
    for i in 0..40 {
        for tx in [format!("a={i}"), format!("k{i}={}", i * 3)] {
            devnet.broadcast(tx.into_bytes()).expect("taken");
        }
        devnet.mine(1).expect("mined");
    }
    let expected = answers(&devnet);
    assert_eq!(expected.0[0].1, 40);
    devnet.stop().expect("stops cleanly");
    let folder = home.path().join("data/index");
    let files = || {
        let mut files: Vec<_> =
            std::fs::read_dir(&folder).expect("there").map(|f| f.expect("a file").path()).collect();
        files.sort();
        files
    };
    assert!(files().len() > 5);
    let reopen = |memory: usize| {
        let devnet = Devnet::start(config(memory), app.restarted(), None).expect("starts");
        assert_eq!(answers(&devnet), expected);
        devnet.stop().expect("stops cleanly");
    };
    reopen(700);
    let victim = files()[2].clone();
    let bytes = std::fs::read(&victim).expect("there");
    std::fs::write(&victim, &bytes[..bytes.len() / 2]).expect("written");
    reopen(700);
    std::fs::copy(&files()[1], &victim).expect("copied");
    reopen(700);
    std::fs::remove_dir_all(&folder).expect("removed");
    reopen(MEMORY);
    assert!(files().is_empty());
}

const MEMORY: usize = 1 << 20;

#[test]
fn the_index_of_another_chain_is_not_believed() {
    let (home, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    for (folder, tx) in [(&home, "ours=1"), (&other, "theirs=1")] {
        let config = DevnetConfig { index_memory: 1, ..manual(folder.path()) };
        let devnet = Devnet::start(config, App::default(), Some(GENESIS)).expect("starts");
        include(&devnet, tx);
        devnet.stop().expect("stops cleanly");
    }
    for file in std::fs::read_dir(other.path().join("data/index")).expect("there") {
        let file = file.expect("a file");
        std::fs::copy(file.path(), home.path().join("data/index").join(file.file_name())).expect("copied");
    }
    let devnet = start(home.path(), &App::default());
    assert_eq!(count(&devnet, "kv.key='theirs'"), 0);
    assert_eq!(count(&devnet, "kv.key='ours'"), 1);
}

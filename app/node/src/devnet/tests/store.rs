use super::log::Log;
use super::*;

#[test]
fn a_log_cut_at_any_byte_opens_with_the_records_before_it() {
    let home = tempfile::tempdir().expect("a folder");
    let payloads: Vec<Vec<u8>> = (0_u8..5).map(|i| vec![i; usize::from(i) * 7]).collect();
    let mut ends = vec![0];
    {
        let (mut log, _) = Log::open(home.path()).expect("opens");
        for (height, payload) in (1..).zip(&payloads) {
            log.append(1, height, payload).expect("appends");
            ends.push(ends[ends.len() - 1] + 21 + payload.len());
        }
        log.handle().expect("a handle").sync().expect("syncs");
    }
    let path = home.path().join("000000.log");
    let whole = std::fs::read(&path).expect("there");
    assert_eq!(whole.len(), ends[5]);
    for length in 0..=whole.len() {
        for garbage in [&[][..], &[0xee; 30]] {
            std::fs::write(&path, [&whole[..length], garbage].concat()).expect("written");
            let (mut log, entries) = Log::open(home.path()).expect("opens");
            let kept = ends.iter().filter(|end| **end <= length).count() - 1;
            assert_eq!(entries.len(), kept, "cut at {length}");
            for (entry, payload) in entries.iter().zip(&payloads) {
                assert_eq!(&log.read(entry.location).expect("whole"), payload);
            }
            log.append(1, 99, b"next").expect("appends");
            drop(log);
            let (log, entries) = Log::open(home.path()).expect("opens");
            assert_eq!(log.read(entries[kept].location).expect("whole"), b"next");
        }
    }
}

#[test]
fn a_damaged_record_is_an_error_and_not_an_answer() {
    let home = tempfile::tempdir().expect("a folder");
    let (mut log, _) = Log::open(home.path()).expect("opens");
    let location = log.append(1, 1, b"payload").expect("appends");
    let path = home.path().join("000000.log");
    let mut bytes = std::fs::read(&path).expect("there");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&path, bytes).expect("written");
    assert!(log.read(location).expect_err("damaged").to_string().contains("damaged"));
}

#[test]
fn a_power_cut_that_tears_the_log_is_repaired_or_named() {
    let home = tempfile::tempdir().expect("a folder");
    let app = App::default();
    let devnet = start(home.path(), &app);
    include(&devnet, "a=1");
    devnet.mine(1).expect("mined");
    devnet.stop().expect("stops cleanly");
    let path = home.path().join("data/blocks/000000.log");
    let whole = std::fs::read(&path).expect("there");
    let mut outcomes = [0, 0];
    // The state after the last block is not flushed before the application commits: losing it is harmless.
    // Losing more leaves an application that is ahead, which is named.
    for cut in (0..whole.len().min(1_500)).step_by(37) {
        std::fs::write(&path, &whole[..whole.len() - cut]).expect("written");
        match Devnet::start(manual(home.path()), app.restarted(), None) {
            Ok(devnet) => {
                outcomes[0] += 1;
                assert_eq!(
                    devnet.status().expect("lives").latest,
                    Some(devnet.block(Some(3)).expect("known"))
                );
            }
            Err(DevnetError::Ahead { app: 3, store }) => {
                outcomes[1] += 1;
                assert!(store < 3);
            }
            Err(DevnetError::Store(reason)) => assert!(reason.contains("results of height 3"), "{reason}"),
            Err(other) => panic!("{other}"),
        }
    }
    assert!(outcomes.iter().all(|count| *count > 0), "{outcomes:?}");
}

//! The framing, in memory.

use std::io::{BufReader, Read};

use proptest::prelude::*;

use crate::abci::codec::{FrameError, frame_ready, read_frame};

/// Gives at most the next size at each read.
struct Dribble<'a> {
    bytes: &'a [u8],
    sizes: std::iter::Cycle<std::vec::IntoIter<usize>>,
}

impl Read for Dribble<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.sizes.next().unwrap().clamp(1, buffer.len().max(1)).min(self.bytes.len());
        let (now, later) = self.bytes.split_at(n);
        buffer[..n].copy_from_slice(now);
        self.bytes = later;
        Ok(n)
    }
}

fn encode(frames: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for frame in frames {
        prost::encode_length_delimiter(frame.len(), &mut bytes).unwrap();
        bytes.extend(frame);
    }
    bytes
}

fn all(mut reader: impl std::io::BufRead, max: usize) -> (Vec<Vec<u8>>, Option<FrameError>) {
    let mut frames = Vec::new();
    loop {
        match read_frame(&mut reader, max) {
            Ok(Some(frame)) => frames.push(frame.to_vec()),
            Ok(None) => return (frames, None),
            Err(error) => return (frames, Some(error)),
        }
    }
}

fn frames() -> impl Strategy<Value = Vec<Vec<u8>>> {
    proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..400), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn frames_come_out_as_they_went_in_however_reads_split_and_merge_them(
        frames in frames(),
        sizes in proptest::collection::vec(1_usize..600, 1..8),
        buffer in 1_usize..700,
    ) {
        let bytes = encode(&frames);
        let dribble = Dribble { bytes: &bytes, sizes: sizes.into_iter().cycle() };
        let (read, error) = all(BufReader::with_capacity(buffer, dribble), 400);
        prop_assert!(error.is_none());
        prop_assert_eq!(read, frames);
    }

    #[test]
    fn a_stream_cut_anywhere_gives_the_whole_frames_and_then_an_error(frames in frames(), cut in any::<prop::sample::Index>()) {
        let bytes = encode(&frames);
        let cut = if bytes.is_empty() { 0 } else { cut.index(bytes.len()) };
        let (read, error) = all(&bytes[..cut], 400);
        prop_assert!(frames.starts_with(&read));
        let at_boundary = encode(&frames[..read.len()]).len() == cut;
        match error {
            None => prop_assert!(at_boundary),
            Some(FrameError::Io(error)) => {
                prop_assert!(!at_boundary);
                prop_assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
            }
            Some(other) => prop_assert!(false, "{}", other),
        }
    }

    #[test]
    fn any_bytes_end_in_frames_or_an_error_and_lengths_are_read_as_protobuf_reads_them(
        bytes in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        let (read, _) = all(&bytes[..], 64);
        prop_assert!(read.iter().map(Vec::len).sum::<usize>() <= bytes.len());
        let expected = prost::decode_length_delimiter(&bytes[..]);
        match read_frame(&mut &bytes[..], 64) {
            Ok(Some(frame)) => prop_assert_eq!(frame.len(), expected.unwrap()),
            Err(FrameError::Length) => prop_assert!(expected.is_err()),
            Err(FrameError::TooLarge { size, .. }) => prop_assert_eq!(size, expected.unwrap() as u64),
            Ok(None) => prop_assert!(bytes.is_empty()),
            Err(FrameError::Io(_)) => {}
        }
    }

    #[test]
    fn a_frame_counts_as_ready_exactly_when_reading_it_needs_no_further_input(
        frame in proptest::collection::vec(any::<u8>(), 0..300), cut in any::<prop::sample::Index>(),
    ) {
        let bytes = encode(&[frame]);
        let cut = cut.index(bytes.len());
        prop_assert!(frame_ready(&bytes));
        prop_assert!(!frame_ready(&bytes[..cut]));
    }
}

#[test]
fn a_length_beyond_64_bits_is_refused() {
    for bytes in [[0xff; 10].to_vec(), [0x80; 11].to_vec(), [&[0xff; 9][..], &[2]].concat()] {
        assert!(matches!(read_frame(&mut &bytes[..], 100), Err(FrameError::Length)), "{bytes:?}");
        assert!(frame_ready(&bytes));
    }
}

#[test]
fn a_claimed_length_costs_no_memory_before_its_bytes_come() {
    let most = [&[0xff; 9][..], &[1]].concat();
    assert!(matches!(
        read_frame(&mut &most[..], usize::MAX - 1),
        Err(FrameError::TooLarge { size: u64::MAX, .. })
    ));
    // 100 GiB are claimed and ten bytes come: this would not return if room were made for the claim.
    let mut bytes = Vec::new();
    prost::encode_length_delimiter(100 << 30, &mut bytes).unwrap();
    bytes.extend([0; 10]);
    assert!(matches!(read_frame(&mut &bytes[..], usize::MAX), Err(FrameError::Io(_))));
}

//! The socket framing of ABCI: a protobuf message behind its length as an unsigned varint.

use std::io::{self, BufRead, Read};

use bytes::Bytes;

/// CometBFT closes the connection on an answer larger than this, in bytes.
pub const MAX_RESPONSE_BYTES: usize = 104_857_600;

/// Room given to a frame before its bytes have come: a length is only a claim.
const FIRST_ROOM: usize = 1 << 20;

/// Why no further request can be read from a connection.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The connection failed, or ended inside a frame.
    #[error("cannot read an abci request: {0}")]
    Io(#[from] io::Error),
    /// The length is not a varint of at most 64 bits.
    #[error("malformed length of an abci request; does the peer speak the abci socket protocol?")]
    Length,
    /// The frame is larger than this server takes.
    #[error(
        "an abci request of {size} bytes is larger than {max}; lower block.max_bytes of the consensus parameters"
    )]
    TooLarge {
        /// The claimed size in bytes.
        size: u64,
        /// The limit in bytes.
        max: usize,
    },
}

/// A varint at the head of `bytes`: its value and how many bytes it took; `None` while it is incomplete.
fn varint(bytes: &[u8]) -> Result<Option<(u64, usize)>, FrameError> {
    let mut value = 0_u64;
    for (i, byte) in bytes.iter().take(10).enumerate() {
        let part = u64::from(byte & 0x7f);
        // The tenth byte carries the last bit of 64.
        if i == 9 && part > 1 {
            return Err(FrameError::Length);
        }
        value |= part << (7 * i);
        if byte & 0x80 == 0 {
            return Ok(Some((value, i + 1)));
        }
    }
    if bytes.len() >= 10 { Err(FrameError::Length) } else { Ok(None) }
}

/// Whether `buffered` holds at least one whole frame, so that reading it will not wait. What is malformed counts as
/// whole: reading it ends at once, too.
pub(super) fn frame_ready(buffered: &[u8]) -> bool {
    match varint(buffered) {
        Ok(Some((length, head))) => {
            usize::try_from(length).is_ok_and(|length| buffered.len().saturating_sub(head) >= length)
        }
        Ok(None) => false,
        Err(_) => true,
    }
}

/// Reads one frame; `None` at the end of the stream. Every byte is copied once, whatever the sizes of the reads.
///
/// # Errors
/// A malformed or too large length, a stream that ends inside a frame, or a failing connection.
pub(super) fn read_frame(reader: &mut impl BufRead, max: usize) -> Result<Option<Bytes>, FrameError> {
    let Some(length) = read_length(reader)? else { return Ok(None) };
    let size = usize::try_from(length).ok().filter(|size| *size <= max);
    let Some(size) = size else { return Err(FrameError::TooLarge { size: length, max }) };
    let mut frame = Vec::with_capacity(size.min(FIRST_ROOM));
    reader.by_ref().take(length).read_to_end(&mut frame)?;
    if frame.len() < size {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    Ok(Some(frame.into()))
}

fn read_length(reader: &mut impl BufRead) -> Result<Option<u64>, FrameError> {
    let mut head = [0_u8; 10];
    for (filled, place) in head.iter_mut().enumerate() {
        match next_byte(reader)? {
            Some(byte) => *place = byte,
            None if filled == 0 => return Ok(None),
            None => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
        }
        if *place & 0x80 == 0 {
            break;
        }
    }
    match varint(&head)? {
        Some((length, _)) => Ok(Some(length)),
        None => Err(FrameError::Length),
    }
}

fn next_byte(reader: &mut impl BufRead) -> io::Result<Option<u8>> {
    loop {
        match reader.fill_buf() {
            Ok(buffered) => {
                let byte = buffered.first().copied();
                if byte.is_some() {
                    reader.consume(1);
                }
                return Ok(byte);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The field number of the first field of a protobuf message: tells an unknown request apart.
pub(super) fn first_field(message: &[u8]) -> Option<u64> {
    varint(message).ok().flatten().map(|(key, _)| key >> 3)
}

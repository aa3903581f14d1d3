//! An optional record of every request, for replaying a session against another build.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use prost::Message as _;
use tendermint_proto::v0_38::abci::Request;

use super::codec::{self, FrameError};

/// Writes requests as they came, length-delimited, all connections into one file in the order of their arrival.
#[derive(Debug)]
pub(super) struct Recorder {
    path: PathBuf,
    file: Mutex<Option<BufWriter<File>>>,
}

impl Recorder {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(path)?;
        Ok(Self { path: path.to_owned(), file: Mutex::new(Some(BufWriter::new(file))) })
    }

    /// Appends a request. A full disk ends the recording, never the node.
    pub(super) fn write(&self, frame: &[u8]) {
        let mut length = Vec::with_capacity(10);
        self.with(|file| {
            // A Vec takes any length delimiter.
            let _ = prost::encode_length_delimiter(frame.len(), &mut length);
            file.write_all(&length)?;
            file.write_all(frame)
        });
    }

    pub(super) fn flush(&self) {
        self.with(Write::flush);
    }

    fn with(&self, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) {
        let mut file = self.file.lock();
        if let Some(open) = file.as_mut()
            && let Err(error) = write(open)
        {
            tracing::error!(path = %self.path.display(), %error, "abci recording stopped");
            *file = None;
        }
    }
}

/// The requests of a recording, in order. Ends after the first error.
#[derive(Debug)]
pub struct Recording {
    reader: Option<BufReader<File>>,
}

/// Opens a recording made with [`AbciOptions::record`](super::AbciOptions::record).
///
/// # Errors
/// The file cannot be opened.
pub fn read_recording(path: &Path) -> io::Result<Recording> {
    Ok(Recording { reader: Some(BufReader::new(File::open(path)?)) })
}

impl Iterator for Recording {
    type Item = Result<Request, FrameError>;

    fn next(&mut self) -> Option<Self::Item> {
        let reader = self.reader.as_mut()?;
        let read = codec::read_frame(reader, usize::MAX).and_then(|frame| {
            let decode =
                |frame| Request::decode(frame).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e));
            Ok(frame.map(decode).transpose()?)
        });
        if !matches!(read, Ok(Some(_))) {
            self.reader = None;
        }
        read.transpose()
    }
}

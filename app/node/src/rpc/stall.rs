//! A connection that ends when its peer takes nothing for too long, and that accepts what `curl` sends.

use std::future::Future as _;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

/// The most bytes that are looked at in one read of the request line.
const LINE_CHUNK: usize = 1024;

/// A TCP stream whose writes fail once they have made no progress for `limit`.
///
/// Quotes and angle brackets belong into CometBFT's URIs (`?query="tx.height>5"`), are not legal there, are refused by
/// our HTTP parser, and are sent as they are by `curl`: in the first request line of a connection they are
/// percent-encoded on the way in.
#[derive(Debug)]
pub(crate) struct StallGuard {
    stream: TcpStream,
    limit: Duration,
    /// Until the end of the first line has been read.
    in_first_line: bool,
    /// Running while a write waits.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl StallGuard {
    pub(crate) fn new(stream: TcpStream, limit: Duration) -> Self {
        Self { stream, limit, in_first_line: true, deadline: None }
    }

    fn guard<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.deadline = None;
            return written;
        }
        let limit = self.limit;
        let deadline =
            self.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(Instant::now() + limit)));
        match deadline.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for StallGuard {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // Each byte may become three.
        let room = (buf.remaining() / 3).min(LINE_CHUNK);
        if !self.in_first_line || room == 0 {
            return Pin::new(&mut self.stream).poll_read(cx, buf);
        }
        let mut bytes = [0u8; LINE_CHUNK];
        let mut chunk = ReadBuf::new(bytes.get_mut(..room).unwrap_or_default());
        let read = Pin::new(&mut self.stream).poll_read(cx, &mut chunk);
        for byte in chunk.filled() {
            match byte {
                b'"' if self.in_first_line => buf.put_slice(b"%22"),
                b'<' if self.in_first_line => buf.put_slice(b"%3C"),
                b'>' if self.in_first_line => buf.put_slice(b"%3E"),
                other => buf.put_slice(&[*other]),
            }
            self.in_first_line &= *byte != b'\n';
        }
        read
    }
}

impl AsyncWrite for StallGuard {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.guard(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.guard(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.guard(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

//! Where CometBFT connects: a unix socket (the default), or TCP without Nagle's delay.

use std::fs::{self, DirBuilder};
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::AbciError;

/// The longest path of a unix socket, in bytes (Linux has 108, others 104, one for the end).
const MAX_SOCKET_PATH: usize = 103;

/// Numbers the folders in which sockets are made.
static NESTS: AtomicU32 = AtomicU32::new(0);

/// An address to serve ABCI at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// A unix socket, made with mode 0600.
    Unix(PathBuf),
    /// A TCP address; port 0 takes any free one.
    Tcp(SocketAddr),
}

impl Listen {
    /// The address as CometBFT's `proxy_app` wants it.
    pub fn proxy_app(&self) -> String {
        match self {
            Self::Unix(path) => format!("unix://{}", path.display()),
            Self::Tcp(address) => format!("tcp://{address}"),
        }
    }
}

impl std::fmt::Display for Listen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.proxy_app())
    }
}

/// A bound listener.
#[derive(Debug)]
pub(super) enum Listener {
    Unix { listener: UnixListener, path: PathBuf, inode: u64 },
    Tcp(TcpListener),
}

impl Listener {
    pub(super) fn bind(listen: &Listen, allow_remote: bool) -> Result<Self, AbciError> {
        match listen {
            Listen::Unix(path) => bind_unix(path),
            Listen::Tcp(address) => {
                if !address.ip().is_loopback() && !allow_remote {
                    return Err(AbciError::NotLoopback { address: *address });
                }
                let listener = TcpListener::bind(address).map_err(|e| AbciError::bind(listen, e))?;
                Ok(Self::Tcp(listener))
            }
        }
    }

    /// The address it is bound to.
    pub(super) fn local(&self) -> io::Result<Listen> {
        match self {
            Self::Unix { path, .. } => Ok(Listen::Unix(path.clone())),
            Self::Tcp(listener) => listener.local_addr().map(Listen::Tcp),
        }
    }

    pub(super) fn accept(&self) -> io::Result<Stream> {
        match self {
            Self::Unix { listener, .. } => listener.accept().map(|(stream, _)| Stream::Unix(stream)),
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept()?;
                stream.set_nodelay(true)?;
                Ok(Stream::Tcp(stream))
            }
        }
    }

    /// What wakes a thread that waits in `accept`.
    pub(super) fn waker(&self) -> io::Result<Waker> {
        let listener = match self {
            Self::Unix { listener, .. } => UnixStream::from(OwnedFd::from(listener.try_clone()?)),
            Self::Tcp(listener) => UnixStream::from(OwnedFd::from(listener.try_clone()?)),
        };
        Ok(Waker { listener, local: self.local()? })
    }

    /// Removes the socket file, if it is still the one made by this listener.
    pub(super) fn remove(&self) {
        if let Self::Unix { path, inode, .. } = self
            && fs::symlink_metadata(path).is_ok_and(|file| file.ino() == *inode)
        {
            let _ = fs::remove_file(path);
        }
    }
}

/// Ends a listener that another thread waits on.
#[derive(Debug)]
pub(super) struct Waker {
    listener: UnixStream,
    local: Listen,
}

impl Waker {
    pub(super) fn wake(&self) {
        // On Linux this ends `accept`; elsewhere a connection does.
        let _ = self.listener.shutdown(Shutdown::Both);
        if cfg!(not(target_os = "linux")) {
            let _ = match &self.local {
                Listen::Unix(path) => UnixStream::connect(path).map(drop),
                Listen::Tcp(address) => {
                    TcpStream::connect_timeout(address, Duration::from_millis(200)).map(drop)
                }
            };
        }
    }
}

fn bind_unix(path: &Path) -> Result<Listener, AbciError> {
    let listen = Listen::Unix(path.to_owned());
    let fail = |error| AbciError::bind(&listen, error);
    remove_stale(path)?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // The socket is made in a folder nobody else can enter, and moved when its mode is right.
    let number = NESTS.fetch_add(1, Ordering::Relaxed);
    let nest = folder.join(format!(".s{}-{number}", std::process::id()));
    let inner = nest.join("s");
    if path.as_os_str().len().max(inner.as_os_str().len()) > MAX_SOCKET_PATH {
        return Err(AbciError::PathTooLong { path: path.to_owned(), max: MAX_SOCKET_PATH });
    }
    let _ = fs::remove_dir_all(&nest);
    DirBuilder::new().mode(0o700).create(&nest).map_err(fail)?;
    let made = (|| {
        let listener = UnixListener::bind(&inner)?;
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o600))?;
        let inode = fs::symlink_metadata(&inner)?.ino();
        fs::rename(&inner, path)?;
        Ok((listener, inode))
    })();
    let _ = fs::remove_dir_all(&nest);
    let (listener, inode) = made.map_err(fail)?;
    Ok(Listener::Unix { listener, path: path.to_owned(), inode })
}

fn remove_stale(path: &Path) -> Result<(), AbciError> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(AbciError::bind(&Listen::Unix(path.to_owned()), error)),
        Ok(file) if !file.file_type().is_socket() => {
            return Err(AbciError::NotASocket { path: path.to_owned() });
        }
        Ok(_) => {}
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(|e| AbciError::bind(&Listen::Unix(path.to_owned()), e))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(AbciError::bind(&Listen::Unix(path.to_owned()), error)),
        Ok(_) => Err(AbciError::InUse { path: path.to_owned() }),
    }
}

/// An accepted connection. Reading and writing go through `&self`, so that two halves can share one.
#[derive(Debug)]
pub(super) enum Stream {
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Stream {
    pub(super) fn shutdown(&self, how: Shutdown) {
        let _ = match self {
            Self::Unix(stream) => stream.shutdown(how),
            Self::Tcp(stream) => stream.shutdown(how),
        };
    }
}

impl Read for &Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Unix(stream) => (&mut &*stream).read(buffer),
            Stream::Tcp(stream) => (&mut &*stream).read(buffer),
        }
    }
}

impl Write for &Stream {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Unix(stream) => (&mut &*stream).write(buffer),
            Stream::Tcp(stream) => (&mut &*stream).write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

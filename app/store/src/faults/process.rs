//! Starting workers, with or without faults, and waiting for their end.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::chain::Chain;
use super::notes::Bounds;
use super::worker::{REFUSED, Settings};

/// A worker that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// A folder in which workers live one after the other.
pub(super) struct Site {
    folder: TempDir,
    /// What the last life had as its number.
    run: u64,
    pub(super) seed: u64,
    pub(super) end: u64,
    pub(super) odds: [u32; 3],
}

/// How a worker ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    /// What it said on standard error.
    pub(super) said: String,
}

impl Ended {
    /// Whether it reached the last height; an error when it neither did nor said clearly why.
    pub(super) fn finished(&self) -> Result<bool, String> {
        match self.status.code() {
            Some(0) => Ok(true),
            Some(REFUSED) if self.said.lines().any(|line| line.starts_with("the worker ends: ")) => Ok(false),
            _ => Err(format!("the worker ended with {} and said: {}", self.status, self.said)),
        }
    }
}

impl Site {
    /// A new folder for the chain of `seed` up to `end`.
    pub(super) fn new(seed: u64, end: u64) -> Self {
        Self::new_in(tempfile::tempdir().unwrap(), seed, end)
    }

    /// The same in a folder given.
    pub(super) fn new_in(folder: TempDir, seed: u64, end: u64) -> Self {
        Self { folder, run: 0, seed, end, odds: [60, 4, 25] }
    }

    /// The folder that faults happen in.
    pub(super) fn watched(&self) -> PathBuf {
        // The kernel reports paths without symbolic links.
        let path = self.folder.path().canonicalize().unwrap().join("watched");
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    /// The folder of the database.
    pub(super) fn home(&self) -> PathBuf {
        self.watched().join("data")
    }

    /// A file of this site outside the watched folder.
    pub(super) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    /// Everything the workers have noted.
    pub(super) fn notes(&self) -> String {
        std::fs::read_to_string(self.beside("notes")).unwrap_or_default()
    }

    /// Which heights the database can have now.
    pub(super) fn bounds(&self, chain: &Chain) -> Result<Bounds, String> {
        Bounds::after(&self.notes(), chain)
    }

    /// Starts a worker.
    pub(super) fn start(&mut self, environment: &[(&str, &str)]) -> Worker {
        self.run += 1;
        let settings = Settings {
            home: self.home(),
            notes: self.beside("notes"),
            seed: self.seed,
            run: self.run,
            end: self.end,
            odds: self.odds,
        };
        start("lives", &settings, &self.beside("stderr"), environment)
    }

    /// Starts a worker below the library of disk faults.
    pub(super) fn start_faulty(&mut self, environment: &[(&str, &str)]) -> Worker {
        let library = library().to_str().unwrap();
        let (watched, journal, notes) = (self.watched(), self.beside("journal"), self.beside("notes"));
        let own = [
            ("LD_PRELOAD", library),
            ("AGORA_IO_DIR", watched.to_str().unwrap()),
            ("AGORA_IO_JOURNAL", journal.to_str().unwrap()),
            ("AGORA_IO_NOTES", notes.to_str().unwrap()),
        ];
        self.start(&[&own, environment].concat())
    }
}

/// Starts this program again, as the ignored test `worker::<test>`.
pub(super) fn start(test: &str, settings: &Settings, said: &Path, environment: &[(&str, &str)]) -> Worker {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("faults::worker::{test}"), "--ignored", "--nocapture", "--test-threads=1"])
        .envs(settings.to_environment())
        .envs(environment.iter().copied())
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(said).unwrap())
        .spawn()
        .unwrap();
    Worker { child, said: said.to_owned() }
}

/// A worker that was started.
pub(super) struct Worker {
    child: Child,
    said: PathBuf,
}

impl Worker {
    /// Waits for its end.
    pub(super) fn wait(mut self) -> Ended {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                let said = std::fs::read_to_string(&self.said).unwrap_or_default();
                return Ended { status, said };
            }
            assert!(Instant::now() < until, "the worker hangs");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Kills it after `moment`; how it ended, when it ended by itself before.
    pub(super) fn kill_after(mut self, moment: Duration) -> Option<Ended> {
        std::thread::sleep(moment);
        if self.child.try_wait().unwrap().is_some() {
            return Some(self.wait());
        }
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        None
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The library of disk faults, which lies with the other results of the build; built when it is not there.
pub(super) fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let folder = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().to_owned();
        let library = folder.join("libagora_iofault.so");
        if !library.is_file() {
            let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
            let built = Command::new(cargo)
                .args(["build", "--release", "-p", "agora-iofault"])
                .current_dir(env!("CARGO_MANIFEST_DIR"))
                .status();
            let built = built.is_ok_and(|status| status.success()) && library.is_file();
            let path = library.display();
            assert!(built, "{path} is not there; build it: cargo build --release -p agora-iofault");
        }
        library
    })
}

//! Processes in which the chain is run.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use anyhow::{Context, Result, ensure};

/// How the program is started.
#[derive(Clone, Debug)]
pub(crate) struct Surroundings {
    program: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(&'static str, &'static str)>,
    folder: PathBuf,
}

impl Surroundings {
    /// The release build, one thread, an empty environment, in memory.
    pub(crate) fn plain() -> Self {
        Self {
            program: env!("CARGO_BIN_EXE_agora-replica").into(),
            arguments: ["--threads", "1"].map(str::to_owned).to_vec(),
            environment: vec![("TZ", "UTC"), ("LANG", "C"), ("HOME", "/")],
            folder: std::env::temp_dir(),
        }
    }

    /// Another time zone, language, home and working folder, a larger environment, and as many threads as it says.
    pub(crate) fn elsewhere() -> Self {
        Self {
            arguments: Vec::new(),
            environment: vec![
                ("TZ", "Pacific/Kiritimati"),
                ("LANG", "tr_TR.UTF-8"),
                ("LC_ALL", "tr_TR.UTF-8"),
                ("HOME", "/nonexistent"),
                ("RAYON_NUM_THREADS", "3"),
                ("RUST_BACKTRACE", "full"),
                ("RUST_LOG", "trace"),
                ("PADDING", "that the stack begins somewhere else ...................................."),
            ],
            folder: "/".into(),
            ..Self::plain()
        }
    }

    /// Another build of the program.
    pub(crate) fn program(self, program: &Path) -> Self {
        Self { program: program.to_owned(), ..self }
    }

    /// So many worker threads.
    pub(crate) fn threads(self, threads: usize) -> Self {
        Self { arguments: vec!["--threads".to_owned(), threads.to_string()], ..self }
    }

    /// More arguments.
    pub(crate) fn arguments(mut self, more: &[&str]) -> Self {
        self.arguments.extend(more.iter().map(|argument| (*argument).to_owned()));
        self
    }

    /// With a bug planted.
    pub(crate) fn plant(self, plant: &str) -> Self {
        self.arguments(&["--plant", plant])
    }

    fn run(&self, seed: u64, blocks: u64) -> Result<Output> {
        Command::new(&self.program)
            .args(["--seed", &seed.to_string(), "--blocks", &blocks.to_string()])
            .args(&self.arguments)
            .env_clear()
            .envs(self.environment.iter().copied())
            .current_dir(&self.folder)
            .output()
            .with_context(|| format!("starting {}", self.program.display()))
    }

    /// What a run prints that must succeed: a line for each block.
    pub(crate) fn lines(&self, seed: u64, blocks: u64) -> Result<Vec<String>> {
        let output = self.run(seed, blocks)?;
        ensure!(output.status.success(), "{self:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(lines(&output))
    }

    /// What a run prints, however it ends.
    pub(crate) fn printed(&self, seed: u64, blocks: u64) -> Vec<String> {
        self.run(seed, blocks).map(|output| lines(&output)).unwrap_or_default()
    }
}

fn lines(output: &Output) -> Vec<String> {
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

/// The program as a debug build, without RocksDB. Built in a folder of its own beside the other builds: minutes the first
/// time, seconds afterwards.
pub(crate) fn debug_program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../replica-debug");
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            .args(["build", "--locked", "--package", "agora-replica", "--no-default-features"])
            .arg("--target-dir")
            .arg(&target)
            // The profile is the usual one; only what does not change the code is left out.
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_INCREMENTAL", "0")
            .output()
            .expect("cargo starts");
        assert!(
            built.status.success(),
            "the debug build failed:\n{}",
            String::from_utf8_lossy(&built.stderr)
        );
        target.join("debug/agora-replica")
    })
}

//! `agora doctor`: checks of the wallet's surroundings, each with what to do where it fails.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command as Process, Stdio};

use clap::{ArgMatches, Command};
use serde_json::{Value, json};

use super::Group;
use super::session::Session;
use super::status::{age_seconds, ago};
use crate::client::Client;
use crate::client::types::NodeStatus;
use crate::context::Context;
use crate::error::{CliError, Result};
use crate::keyring::Backend;
use crate::profile::SettingKey;
use crate::render::Labels as _;
use crate::terminal::Table;

pub(super) const GROUP: Group = Group { name: "doctor", command, run };

/// A chain whose newest block is older than this stands still, or the clock of this machine is wrong.
const OLD_HEAD_SECONDS: i64 = 120;
/// A head from the future by more than this means a wrong clock.
const SKEW_SECONDS: i64 = -5;
/// The release line of CometBFT that the node is made for.
const COMETBFT: &str = "0.38";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Ok,
    Warn,
    Fail,
}

impl Verdict {
    fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// One finding.
#[derive(Clone, Debug)]
struct Finding {
    check: &'static str,
    verdict: Verdict,
    text: String,
    remedy: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, text: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Ok, text: text.into(), remedy: None }
    }

    fn warn(check: &'static str, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Warn, text: text.into(), remedy: Some(remedy.into()) }
    }

    fn fail(check: &'static str, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Fail, text: text.into(), remedy: Some(remedy.into()) }
    }

    fn of_error(check: &'static str, error: &CliError) -> Self {
        Self {
            check,
            verdict: Verdict::Fail,
            text: error.to_string(),
            remedy: error.remedy().map(str::to_owned),
        }
    }

    fn to_json(&self) -> Value {
        json!({ "check": self.check, "verdict": self.verdict.name(), "text": self.text, "remedy": self.remedy })
    }
}

fn command() -> Command {
    Command::new("doctor")
        .about("Check configuration, keys, node and clock, and say what to do about what is wrong")
        .after_help(
            "Exit code 0 if nothing failed, 3 if the node cannot be reached, else 1. Warnings do not count.",
        )
}

fn run(context: &Context, _: &ArgMatches) -> Result<()> {
    let session = Session::new(context);
    let mut findings = vec![configuration(context)];
    findings.extend(keys(context));
    let status = session.client().and_then(Client::status);
    let unreachable = status.as_ref().is_err();
    match &status {
        Ok(status) => findings.extend(node(&session, status)),
        Err(error) => findings.push(Finding::of_error("node", error)),
    }
    findings.push(cometbft());
    print(context, &findings)?;
    let failed: Vec<&str> =
        findings.iter().filter(|one| one.verdict == Verdict::Fail).map(|one| one.check).collect();
    match failed.as_slice() {
        [] => Ok(()),
        ["node"] if unreachable => Err(CliError::unreachable("the node cannot be reached")),
        _ => Err(CliError::usage(format!("checks failed: {}", failed.join(", ")))),
    }
}

fn print(context: &Context, findings: &[Finding]) -> Result<()> {
    let terminal = context.terminal();
    if terminal.is_json() {
        return terminal.json(&findings.iter().map(Finding::to_json).collect::<Vec<_>>());
    }
    let mut table = Table::fields();
    for finding in findings {
        let verdict = finding.verdict.name();
        let shown = match finding.verdict {
            Verdict::Ok => terminal.green(verdict),
            Verdict::Warn => terminal.bold(verdict),
            Verdict::Fail => terminal.red(verdict),
        };
        table.row([finding.check.to_owned(), format!("{shown}  {}", finding.text)]);
        if let Some(remedy) = finding.remedy.as_ref().filter(|remedy| !remedy.is_empty()) {
            table.row([String::new(), format!("      {remedy}")]);
        }
    }
    terminal.table(&table)
}

fn configuration(context: &Context) -> Finding {
    let settings = match context.settings() {
        Ok(settings) => settings,
        Err(error) => return Finding::of_error("configuration", &error),
    };
    for key in [SettingKey::ChainId, SettingKey::Node] {
        if let Err(error) = settings.require(key) {
            return Finding::of_error("configuration", &error);
        }
    }
    let path = context.config().path();
    let place = if path.exists() { path.display().to_string() } else { "defaults".to_owned() };
    Finding::ok("configuration", format!("profile `{}` from {place}", context.profile()))
}

fn keys(context: &Context) -> Vec<Finding> {
    let keyring = match context.keyring() {
        Ok(keyring) => keyring,
        Err(error) => return vec![Finding::of_error("keyring", &error)],
    };
    let mut findings = Vec::new();
    match keyring.list() {
        Ok(keys) => findings.push(Finding::ok("keyring", format!("{} keys can be read", keys.len()))),
        Err(error) => findings.push(Finding::of_error("keyring", &error)),
    }
    let directory = match keyring.backend() {
        Backend::File => Some("keyring"),
        Backend::Test => Some("keyring-test"),
        Backend::Memory => None,
    };
    if let Some(directory) = directory {
        findings.push(permissions(context.home(), &context.home().join(directory)));
    }
    match context.settings().and_then(|settings| settings.default_key()) {
        Ok(Some(name)) => findings.push(match keyring.get(&name) {
            Ok(key) => Finding::ok("default key", format!("{} ({})", key.name, key.address())),
            Err(error) => Finding::of_error("default key", &error),
        }),
        Ok(None) => findings.push(Finding::warn(
            "default key",
            "none is set",
            "set one, so that --from can be left out: agora config set default_key NAME",
        )),
        Err(error) => findings.push(Finding::of_error("default key", &error)),
    }
    findings
}

/// Files of keys must be the owner's alone.
fn permissions(home: &Path, directory: &Path) -> Finding {
    let check = "key files";
    let mode = |path: &Path| fs::metadata(path).map(|data| data.permissions().mode() & 0o777);
    if !directory.exists() {
        return Finding::ok(check, "none are stored yet");
    }
    let mut open: Vec<String> = Vec::new();
    let mut look = |path: &Path, wanted: u32| {
        if mode(path).is_ok_and(|mode| mode & !wanted != 0) {
            open.push(path.display().to_string());
        }
    };
    look(home, 0o700);
    look(directory, 0o700);
    let Ok(entries) = fs::read_dir(directory) else {
        return Finding::fail(
            check,
            format!("{} cannot be read", directory.display()),
            "check its owner and permissions",
        );
    };
    for entry in entries.flatten() {
        look(&entry.path(), 0o600);
    }
    if open.is_empty() {
        return Finding::ok(check, format!("{} is the owner's alone", directory.display()));
    }
    Finding::fail(
        check,
        format!("others on this machine can get at {}", open.join(", ")),
        format!("chmod -R go-rwx {}", home.display()),
    )
}

fn node(session: &Session<'_>, status: &NodeStatus) -> Vec<Finding> {
    let context = session.context();
    let info = &status.node_info;
    let url = context.settings().and_then(|settings| Ok(settings.node()?.to_owned())).unwrap_or_default();
    let mut findings = vec![Finding::ok("node", format!("{url} answers, CometBFT {}", info.version))];
    let wanted =
        context.settings().and_then(|settings| Ok(settings.chain_id()?.to_owned())).unwrap_or_default();
    findings.push(if wanted == info.network {
        Finding::ok("chain id", wanted)
    } else {
        Finding::fail(
            "chain id",
            format!("the node is on {}, but the profile is for {wanted}", info.network),
            format!("use another node, or: agora config set chain_id {}", info.network),
        )
    });
    findings.push(version(&info.version));
    findings.push(head(status));
    findings.push(gas_price(session));
    findings
}

fn version(version: &str) -> Finding {
    if version.starts_with(&format!("{COMETBFT}.")) {
        return Finding::ok("node version", version);
    }
    Finding::warn(
        "node version",
        format!("{version} is not of the line {COMETBFT} this wallet was tried with"),
        "most things work across versions; use a newer agora if something does not",
    )
}

fn head(status: &NodeStatus) -> Finding {
    let check = "clock and head";
    let sync = &status.sync_info;
    let Some(age) = age_seconds(&sync.latest_block_time) else {
        return Finding::warn(check, "the time of the newest block cannot be read", "use another node");
    };
    let text = format!("block {} is from {}", sync.latest_block_height, ago(age));
    if sync.catching_up {
        return Finding::warn(check, format!("{text}; the node is catching up"), "wait, or use another node");
    }
    if age < SKEW_SECONDS {
        return Finding::fail(
            check,
            text,
            "the clock of this machine is behind; set it (timedatectl set-ntp true)",
        );
    }
    if age > OLD_HEAD_SECONDS {
        return Finding::warn(check, text, "the chain stands still, or the clock of this machine is ahead");
    }
    Finding::ok(check, text)
}

fn gas_price(session: &Session<'_>) -> Finding {
    let check = "gas price";
    match session.client().and_then(Client::gas_prices) {
        Ok(prices) => match prices.first() {
            Some(price) => {
                let example = price.fee(100_000).map(|fee| session.amount(&fee)).unwrap_or_default();
                Finding::ok(check, format!("{price}: {example} for 100000 gas"))
            }
            None => Finding::ok(check, "transactions are free"),
        },
        Err(error) => {
            Finding::warn(check, error.to_string(), "set one: agora config set gas_price 0.025uago")
        }
    }
}

/// Needed by `agora start` only, not by the devnet.
fn cometbft() -> Finding {
    let check = "cometbft";
    let output = Process::new("cometbft").arg("version").stdin(Stdio::null()).stderr(Stdio::null()).output();
    match output {
        Ok(output) if output.status.success() => {
            let version = String::from_utf8_lossy(&output.stdout).trim().trim_start_matches('v').to_owned();
            if version.starts_with(&format!("{COMETBFT}.")) {
                return Finding::ok(check, version);
            }
            Finding::warn(
                check,
                format!("version {version} is installed"),
                format!("`agora start` needs v{COMETBFT}"),
            )
        }
        _ => Finding::warn(
            check,
            "not installed; only `agora start` needs it, not the devnet",
            "CGO_ENABLED=0 go install github.com/cometbft/cometbft/cmd/cometbft@v0.38.25",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_files_open_to_others_are_found() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("keyring");
        assert_eq!(permissions(home.path(), &directory).verdict, Verdict::Ok);
        fs::create_dir(&directory).unwrap();
        let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        set(home.path(), 0o700);
        set(&directory, 0o700);
        let key = directory.join("alice.json");
        fs::write(&key, "{}").unwrap();
        set(&key, 0o600);
        assert_eq!(permissions(home.path(), &directory).verdict, Verdict::Ok);
        set(&key, 0o644);
        let finding = permissions(home.path(), &directory);
        assert_eq!(finding.verdict, Verdict::Fail);
        assert!(finding.text.contains("alice.json") && finding.remedy.unwrap().contains("chmod"));
    }

    #[test]
    fn a_head_from_the_future_is_a_wrong_clock_and_an_old_one_a_warning() {
        let status = |time: &str| {
            let text = format!(
                r#"{{"node_info":{{"network":"x","version":"0.38.25"}},"sync_info":{{"latest_block_height":"7","latest_block_time":"{time}"}}}}"#
            );
            serde_json::from_str::<NodeStatus>(&text).unwrap()
        };
        assert_eq!(head(&status("2999-01-01T00:00:00Z")).verdict, Verdict::Fail);
        assert_eq!(head(&status("2001-01-01T00:00:00Z")).verdict, Verdict::Warn);
        assert_eq!(version("0.38.25").verdict, Verdict::Ok);
        assert_eq!(version("1.0.1").verdict, Verdict::Warn);
    }
}

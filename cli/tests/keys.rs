//! The binary as a person or script meets it: keys, names, settings. No node is needed.

use std::fs;
use std::path::PathBuf;

use assert_cmd::Command;
use serde_json::Value;

const MNEMONIC: &str = "clap cross income tuna stage airport fault hen suggest axis protect assist";
const PRIVATE_KEY: &str = "bb99ee21c8b134dae9bcc747d58a7dd04554ad83e256794784be231a6995fbbc";
const PASSWORD: &str = "correct horse battery";

/// A wallet with a home of its own and a clean environment.
struct Wallet {
    home: tempfile::TempDir,
}

/// What a command answered.
struct Answer {
    code: i32,
    out: String,
    err: String,
}

impl Answer {
    #[track_caller]
    fn ok(self) -> String {
        assert_eq!(self.code, 0, "{}", self.err);
        self.out
    }

    #[track_caller]
    fn json(self) -> Value {
        let out = self.ok();
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }

    #[track_caller]
    fn fails_with(self, part: &str) -> String {
        assert_eq!(self.code, 1, "{} {}", self.out, self.err);
        assert!(self.err.contains(part), "expected `{part}` in: {}", self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self.err
    }
}

impl Wallet {
    fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    /// A wallet with the key `savings`, recovered from the mnemonic above.
    fn with_savings() -> Self {
        let wallet = Self::new();
        wallet.run_with(&["keys", "recover", "savings"], MNEMONIC, &[("AGORA_PASSWORD", PASSWORD)]).ok();
        wallet
    }

    fn command(&self) -> Command {
        let mut command = Command::cargo_bin("agora").unwrap();
        command.env_clear().env("AGORA_HOME", self.home.path());
        command
    }

    fn run_with(&self, args: &[&str], stdin: &str, env: &[(&str, &str)]) -> Answer {
        let mut command = self.command();
        command.args(args).write_stdin(stdin).envs(env.iter().copied());
        let output = command.output().unwrap();
        Answer {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn run(&self, args: &[&str]) -> Answer {
        self.run_with(args, "", &[("AGORA_PASSWORD", PASSWORD)])
    }

    fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.home.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }
}

fn text(path: &std::path::Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_created_key_shows_its_mnemonic_once_and_recovers_from_it() {
    let wallet = Wallet::new();
    let created = wallet.run(&["keys", "create", "first", "--words", "12", "-o", "json"]).json();
    let mnemonic = created["mnemonic"].as_str().unwrap();
    assert_eq!(mnemonic.split(' ').count(), 12);
    assert!(!wallet.run(&["keys", "show", "first", "-o", "json"]).ok().contains("mnemonic"));
    let recovered = wallet.run_with(
        &["keys", "recover", "again", "-o", "json"],
        mnemonic,
        &[("AGORA_PASSWORD", PASSWORD)],
    );
    assert!(recovered.err.contains("already, as `first`"), "{}", recovered.err);
    assert_eq!(recovered.json()["address"], created["address"]);
}

#[test]
fn a_mnemonic_recovers_the_known_account_and_others_by_index_and_path() {
    let wallet = Wallet::with_savings();
    let shown = wallet.run(&["keys", "show", "savings", "--prefix", "cosmos"]).ok();
    assert_eq!(shown, "cosmos1rrnssalnzkc3ax7mq90z4geum7uczg7tdhrfyv\n");
    let file = wallet.file("words", MNEMONIC);
    let derive = |extra: &[&str]| {
        let args = [&["keys", "derive", "-o", "json", "--mnemonic-file", text(&file)], extra].concat();
        wallet.run(&args).json()
    };
    let three = derive(&["--count", "3"]);
    assert_eq!(three.as_array().unwrap().len(), 3);
    assert_eq!(three[2]["hd_path"], "m/44'/118'/0'/0/2");
    assert_eq!(derive(&["--hd-path", "m/44'/118'/0'/0/2"])[0]["address"], three[2]["address"]);
    assert_ne!(derive(&["--account", "1", "--count", "1"])[0]["address"], three[0]["address"]);
}

#[test]
fn passwords_come_from_variables_files_and_descriptors() {
    let wallet = Wallet::with_savings();
    let export = ["keys", "export", "savings", "--unsafe", "--yes"];
    let file = wallet.file("password", &format!("{PASSWORD}\n"));
    let by_file = wallet.run_with(&[&export[..], &["--password-file", text(&file)]].concat(), "", &[]);
    assert_eq!(by_file.ok().trim(), PRIVATE_KEY);
    let by_env_file = wallet.run_with(&export, "", &[("AGORA_PASSWORD_FILE", text(&file))]);
    assert_eq!(by_env_file.ok().trim(), PRIVATE_KEY);
    let by_fd = wallet.run_with(&[&export[..], &["--password-fd", "0"]].concat(), PASSWORD, &[]);
    assert_eq!(by_fd.ok().trim(), PRIVATE_KEY);
    wallet.run_with(&export, "", &[]).fails_with("--password-file");
    wallet.run_with(&[&export[..], &["--password-fd", "77"]].concat(), "", &[]).fails_with("descriptor 77");
}

#[test]
fn a_wrong_password_is_one_clear_error_and_a_damaged_file_another() {
    let wallet = Wallet::with_savings();
    let wrong = [("AGORA_PASSWORD", "wrong password")];
    let error = wallet.run_with(&["keys", "sign-message", "savings", "hi"], "", &wrong);
    let error = error.fails_with("wrong password for `savings`");
    assert_eq!(error.matches("error:").count(), 1);
    let path = wallet.home.path().join("keyring/savings.json");
    let damaged = fs::read_to_string(&path).unwrap().replacen("argon2id-x", "argon2id-y", 1);
    fs::write(&path, damaged).unwrap();
    wallet.run(&["keys", "sign-message", "savings", "hi"]).fails_with("damaged or was altered");
}

#[test]
fn bare_private_keys_need_both_a_flag_and_a_yes() {
    let wallet = Wallet::with_savings();
    let exported = wallet.run(&["keys", "export", "savings"]).ok();
    assert!(!exported.contains(PRIVATE_KEY));
    wallet.run(&["keys", "export", "savings", "--unsafe"]).fails_with("--yes");
    assert_eq!(wallet.run(&["keys", "export", "savings", "--unsafe", "-y"]).ok().trim(), PRIVATE_KEY);
}

#[test]
fn exported_and_bare_and_public_keys_can_be_imported() {
    let wallet = Wallet::with_savings();
    let exported = wallet.run(&["keys", "export", "savings"]).ok();
    let other = Wallet::new();
    let env = [("AGORA_PASSWORD", PASSWORD)];
    let address = |name: &str| other.run(&["keys", "show", name, "-a"]).ok();
    other.run_with(&["keys", "import", "copy"], &exported, &env).ok();
    other.run_with(&["keys", "import", "bare", "--private-key"], PRIVATE_KEY, &env).ok();
    other
        .run(&["keys", "import", "watched", "--public-key", "A8DfdFmtMaFIUzx26jQ0jqQhS+rvazfy7YBlTLZgVQTN"])
        .ok();
    assert_eq!(address("copy"), address("bare"));
    assert_eq!(address("copy"), address("watched"));
    other.run(&["keys", "sign-message", "watched", "hi"]).fails_with("public key only");
    let error =
        other.run(&["keys", "import", "argument", "--private-key", PRIVATE_KEY]).fails_with("standard input");
    assert!(!error.contains(PRIVATE_KEY), "{error}");
    let bad = format!("{}zz", &PRIVATE_KEY[..62]);
    let error = other.run_with(&["keys", "import", "bad", "--private-key"], &bad, &env).fails_with("not hex");
    assert!(!error.contains(&bad[..20]), "a secret must not be repeated: {error}");
}

#[test]
fn keys_are_renamed_deleted_and_get_new_passwords() {
    let wallet = Wallet::with_savings();
    wallet.run(&["keys", "rename", "savings", "vault"]).ok();
    let new = wallet.file("new", "another password");
    wallet.run(&["keys", "password", "vault", "--new-password-file", text(&new)]).ok();
    wallet.run(&["keys", "sign-message", "vault", "hi"]).fails_with("wrong password");
    wallet.run(&["keys", "delete", "vault"]).fails_with("--yes");
    wallet.run(&["keys", "delete", "vault", "--yes"]).ok();
    wallet.run(&["keys", "show", "vault"]).fails_with("no key named `vault`");
}

#[test]
fn mistakes_name_what_was_probably_meant() {
    let wallet = Wallet::with_savings();
    wallet.run(&["keys", "show", "savigns"]).fails_with("did you mean `savings`?");
    wallet.run(&["keys", "shwo"]).fails_with("show");
    let env = [("AGORA_PASSWORD", PASSWORD)];
    let wrong_word = MNEMONIC.replace("tuna", "tunna");
    wallet
        .run_with(&["keys", "recover", "x"], &wrong_word, &env)
        .fails_with("word 4 of the mnemonic (`tunna`)");
    let swapped = MNEMONIC.replace("clap cross", "cross clap");
    wallet.run_with(&["keys", "recover", "x"], &swapped, &env).fails_with("checksum");
    wallet.run_with(&["keys", "create", "x"], "", &[("AGORA_PASSWORD", "short")]).fails_with("fewer than 8");
    wallet.run(&["keys", "create", "../x"]).fails_with("cannot be a name");
    wallet.run(&["keys", "create", "savings"]).fails_with("exists already");
}

#[test]
fn multisigs_are_sorted_by_address_unless_told_otherwise() {
    let wallet = Wallet::new();
    let create = |name: &str, extra: &[&str]| {
        let args = [&["keys", "multisig", "create", name, "--threshold", "2", "-o", "json"], extra].concat();
        wallet.run(&args).json()["address"].clone()
    };
    let sorted = create("one", &["alice", "bob", "carol"]);
    assert_eq!(create("two", &["carol", "alice", "bob"]), sorted);
    let addresses =
        ["alice", "bob", "carol"].map(|name| create(&format!("{name}-first"), &[name, "dave", "--no-sort"]));
    assert_ne!(addresses[0], addresses[1]);
    assert_ne!(
        create("three", &["bob", "alice", "carol", "--no-sort"]),
        create("four", &["alice", "bob", "carol", "--no-sort"])
    );
    wallet
        .run(&["keys", "multisig", "create", "x", "-t", "3", "alice", "bob"])
        .fails_with("does not fit 2 members");
    wallet
        .run(&["keys", "multisig", "create", "x", "-t", "1", "alcie"])
        .fails_with("did you mean the key `alice`?");
    wallet.run(&["keys", "sign-message", "one", "hi"]).fails_with("let its members sign");
}

#[test]
fn signed_messages_verify_for_signer_and_text_only() {
    let wallet = Wallet::with_savings();
    let signed = wallet.run(&["keys", "sign-message", "savings", "log me in"]).ok();
    let verify =
        |signer: &str, message: &str| wallet.run(&["keys", "verify-message", signer, signed.trim(), message]);
    assert!(verify("savings", "log me in").ok().starts_with("valid"));
    verify("savings", "log me out").fails_with("not one of");
    verify("alice", "log me in").fails_with("belongs to");
    let value: Value = serde_json::from_str(&signed).unwrap();
    let (key, signature) = (&value["pub_key"]["value"], value["signature"].as_str().unwrap());
    wallet
        .run(&[
            "keys",
            "verify-message",
            "savings",
            signature,
            "log me in",
            "--public-key",
            key.as_str().unwrap(),
        ])
        .ok();
}

#[test]
fn a_signed_message_is_the_one_cosmjs_makes() {
    // Made with @cosmjs/amino 0.32 from the published mnemonic of alice; signatures are deterministic.
    let expected = concat!(
        r#"{"pub_key":{"type":"tendermint/PubKeySecp256k1","value":"A6D6UtmzCe5Rktlgnk/SipDPyeKGcUFfGHl1mA5H/ls/"},"#,
        r#""signature":"Jef4HxF9eyByHbc8Wri+nqGhO7Oy2TI8FuqNqTZxmSJR3HvYumAlyR2/Jk9eFnonVrGoUk+gqfgAbG6wvijbiQ=="}"#,
    );
    let wallet = Wallet::new();
    assert_eq!(wallet.run(&["keys", "sign-message", "alice", "hello"]).ok().trim(), expected);
    let multisig = ["keys", "multisig", "create", "ms", "-t", "2", "alice", "bob", "carol", "-o", "json"];
    assert_eq!(wallet.run(&multisig).json()["address"], "agora1g0dlln55gku7w4gz03xeu7hn083gtg8tlrm8pn");
}

#[test]
fn the_address_book_gives_names_to_strangers() {
    let wallet = Wallet::with_savings();
    let dave = wallet.run(&["keys", "show", "dave", "-a"]).ok();
    wallet.run(&["address", "add", "shop", dave.trim()]).ok();
    assert_eq!(wallet.run(&["address", "show", "shop", "-o", "json"]).json()["address"], dave.trim());
    wallet.run(&["address", "add", "savings", dave.trim()]).fails_with("name of a key");
    wallet.run(&["keys", "create", "shop"]).fails_with("address book");
    wallet.run(&["address", "show", "shp"]).fails_with("did you mean `shop`?");
    let foreign = "cosmos1rrnssalnzkc3ax7mq90z4geum7uczg7tdhrfyv";
    wallet.run(&["address", "add", "x", foreign]).fails_with("prefix `cosmos`");
    wallet.run(&["address", "remove", "shop"]).ok();
    assert_eq!(wallet.run(&["address", "list", "-o", "json"]).json(), serde_json::json!([]));
}

#[test]
fn settings_follow_flag_environment_profile_default() {
    let wallet = Wallet::new();
    let node = |extra: &[&str], env: &[(&str, &str)]| {
        wallet.run_with(&[&["config", "get", "node"], extra].concat(), "", env).ok().trim().to_owned()
    };
    assert_eq!(node(&[], &[]), "http://127.0.0.1:26657");
    wallet.run(&["config", "set", "node", "http://profile:1"]).ok();
    assert_eq!(node(&[], &[]), "http://profile:1");
    let env = [("AGORA_NODE", "http://env:1")];
    assert_eq!(node(&[], &env), "http://env:1");
    assert_eq!(node(&["--node", "http://flag:1"], &env), "http://flag:1");
    wallet.run(&["config", "unset", "node"]).ok();
    assert_eq!(node(&[], &[]), "http://127.0.0.1:26657");
}

#[test]
fn profiles_are_made_used_and_their_mistakes_explained() {
    let wallet = Wallet::new();
    wallet.run(&["--profile", "main", "config", "set", "chain_id", "agora-1"]).ok();
    wallet.run(&["config", "use", "mian"]).fails_with("did you mean `main`?");
    wallet.run(&["config", "use", "main"]).ok();
    assert_eq!(wallet.run(&["config", "get", "chain_id"]).ok(), "agora-1\n");
    wallet.run(&["config", "get", "node"]).fails_with("config set node");
    wallet.run(&["config", "set", "nod", "x"]).fails_with("did you mean `node`?");
    wallet.run(&["config", "set", "gas_price", "1 AGO"]).fails_with("gas price");
    wallet.run(&["keys", "list", "--keyring-backend", "test"]).fails_with("not allowed on chain `agora-1`");
    assert_eq!(wallet.run(&["keys", "list", "-o", "json"]).json(), serde_json::json!([]));
    let path = wallet.run(&["config", "path"]).ok();
    fs::write(path.trim(), "active_profil = \"main\"\n").unwrap();
    wallet.run(&["keys", "list"]).fails_with("did you mean `active_profile`?");
}

#[test]
fn the_test_keyring_serves_scripts_on_the_development_chain() {
    let wallet = Wallet::new();
    let created = wallet.run_with(&["--keyring-backend", "test", "keys", "create", "bot"], "", &[]);
    assert!(created.err.contains("not encrypted"), "{}", created.err);
    created.ok();
    wallet.run_with(&["--keyring-backend", "test", "keys", "sign-message", "bot", "hi"], "", &[]).ok();
    wallet.run_with(&["keys", "show", "bot"], "", &[]).fails_with("no key named `bot`");
}

#[test]
fn the_memory_keyring_signs_with_a_mnemonic_from_the_environment() {
    let wallet = Wallet::new();
    let env = [("AGORA_MNEMONIC", MNEMONIC), ("AGORA_KEYRING_BACKEND", "memory")];
    let shown = wallet.run_with(&["keys", "show", "default", "--prefix", "cosmos"], "", &env).ok();
    assert_eq!(shown.trim(), "cosmos1rrnssalnzkc3ax7mq90z4geum7uczg7tdhrfyv");
    wallet.run_with(&["keys", "sign-message", "default", "hi"], "", &env).ok();
    assert_eq!(fs::read_dir(wallet.home.path()).unwrap().count(), 0);
}

#[test]
fn results_go_to_stdout_without_colour_and_errors_are_json_when_asked() {
    let wallet = Wallet::new();
    let list = wallet.run(&["keys", "list"]);
    assert!(list.err.is_empty() && !list.out.contains('\u{1b}'), "{}{}", list.out, list.err);
    assert!(list.out.lines().all(|line| line.split_whitespace().count() == 3), "{}", list.out);
    for args in [&["keys", "show", "nobody", "-o", "json"][..], &["keys", "shwo", "-o", "json"]] {
        let answer = wallet.run(args);
        assert_eq!((answer.code, answer.out.as_str()), (1, ""));
        let error: Value = serde_json::from_str(&answer.err).unwrap();
        assert_eq!(error["error"]["kind"], "usage");
    }
}

#[test]
fn an_address_can_be_shown_as_a_qr_code() {
    let wallet = Wallet::new();
    let image = wallet.run(&["keys", "qr", "alice"]).ok();
    let address = wallet.run(&["keys", "show", "alice", "-a"]).ok();
    assert!(image.ends_with(&address) && image.contains('█'), "{image}");
}

#[test]
fn completions_and_the_manual_cover_the_commands() {
    let wallet = Wallet::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(wallet.run(&["completions", shell]).ok().contains("sign-message"), "{shell}");
    }
    assert!(wallet.run(&["man"]).ok().contains("agora"));
}

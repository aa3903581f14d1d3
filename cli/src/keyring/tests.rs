//! The keyring as its users see it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::*;

const CHEAP: KdfParams = KdfParams { memory_kib: 64, iterations: 1, parallelism: 1 };
const MAINNET: &str = "agora-1";

struct Fixed(&'static str);

impl Passwords for Fixed {
    fn current(&self, _: &KeyName) -> Result<Zeroizing<String>> {
        Ok(Zeroizing::new(self.0.to_owned()))
    }

    fn fresh(&self, name: &KeyName) -> Result<Zeroizing<String>> {
        self.current(name)
    }
}

const RIGHT: Fixed = Fixed("correct horse battery");
const WRONG: Fixed = Fixed("incorrect horse");

fn name(text: &str) -> KeyName {
    text.parse().unwrap()
}

fn secret(seed: u8) -> SecretKey {
    SecretKey::from_bytes(&[seed; 32]).unwrap()
}

struct Case {
    home: tempfile::TempDir,
    keyring: Keyring,
}

fn case() -> Case {
    let home = tempfile::tempdir().unwrap();
    let keyring = Keyring::open(Backend::File, home.path(), MAINNET).unwrap().with_params(CHEAP);
    Case { home, keyring }
}

impl Case {
    fn with_savings() -> Self {
        let case = case();
        case.keyring.add_secret(&name("savings"), &secret(7), None, &RIGHT).unwrap();
        case
    }

    fn file(&self, key: &str) -> PathBuf {
        self.home.path().join("keyring").join(format!("{key}.json"))
    }

    fn open(&self, key: &str, passwords: &dyn Passwords) -> std::result::Result<Vec<u8>, String> {
        let secret = self.keyring.secret(&name(key), passwords);
        secret.map(|secret| secret.to_bytes().to_vec()).map_err(|error| error.to_text())
    }
}

#[test]
fn a_stored_key_comes_back_with_its_password_only() {
    let case = Case::with_savings();
    assert_eq!(case.open("savings", &RIGHT).unwrap(), [7; 32]);
    let error = case.open("savings", &WRONG).unwrap_err();
    assert!(error.starts_with("wrong password for `savings`"), "{error}");
    let info = case.keyring.get(&name("savings")).unwrap();
    assert_eq!((info.kind, info.address()), (KeyKind::Local, secret(7).public_key().address()));
}

#[test]
fn files_are_private_and_never_hold_the_bare_key() {
    let case = Case::with_savings();
    let text = fs::read_to_string(case.file("savings")).unwrap();
    assert!(!text.contains(&hex::encode([7; 32])));
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(case.file("savings")), 0o600);
    assert_eq!(mode(case.home.path().join("keyring")), 0o700);
}

#[test]
fn files_that_others_can_read_are_reported() {
    let case = Case::with_savings();
    assert!(case.keyring.open_to_others().unwrap().is_empty());
    fs::set_permissions(case.file("savings"), fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(case.keyring.open_to_others().unwrap(), [case.file("savings")]);
}

#[test]
fn every_changed_byte_of_a_key_file_is_noticed() {
    let case = Case::with_savings();
    let good = fs::read(case.file("savings")).unwrap();
    for at in 0..good.len() {
        let mut bad = good.clone();
        // Digits become other digits and letters other letters, so that most changes stay valid JSON.
        bad[at] ^= 1;
        fs::write(case.file("savings"), &bad).unwrap();
        match case.open("savings", &RIGHT) {
            Err(error) => assert!(!error.contains("wrong password"), "byte {at}: {error}"),
            // White space is not content.
            Ok(key) => assert!(good[at].is_ascii_whitespace() && key == [7; 32], "byte {at} passed"),
        }
    }
}

#[test]
fn an_altered_file_with_a_corrected_checksum_still_does_not_open() {
    let case = Case::with_savings();
    case.keyring.add_secret(&name("other"), &secret(8), None, &RIGHT).unwrap();
    let read = |key: &str| -> serde_json::Value {
        serde_json::from_str(&fs::read_to_string(case.file(key)).unwrap()).unwrap()
    };
    let (mut savings, other) = (read("savings"), read("other"));
    // The attacker shows the victim an address of his own above the victim's secret.
    savings["address"] = other["address"].clone();
    savings["public_key"] = other["public_key"].clone();
    savings.as_object_mut().unwrap().shift_remove("checksum");
    let checksum = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(crate::sign::canonical_json(&savings)));
    savings["checksum"] = checksum.into();
    fs::write(case.file("savings"), savings.to_string()).unwrap();
    assert!(case.keyring.get(&name("savings")).is_ok(), "the checksum alone cannot notice it");
    let error = case.open("savings", &RIGHT).unwrap_err();
    assert!(error.contains("damaged or was altered"), "{error}");
}

#[test]
fn a_key_file_under_another_name_is_refused() {
    let case = Case::with_savings();
    fs::rename(case.file("savings"), case.file("alice")).unwrap();
    assert!(case.open("alice", &RIGHT).unwrap_err().contains("agora keys rename"));
}

#[test]
fn names_are_taken_once_in_any_letter_case() {
    let case = Case::with_savings();
    for taken in ["savings", "Savings"] {
        let error = case.keyring.add_secret(&name(taken), &secret(9), None, &RIGHT).unwrap_err();
        assert!(error.to_string().contains("exists already"));
    }
    assert_eq!(case.open("savings", &RIGHT).unwrap(), [7; 32]);
}

#[test]
fn renaming_keeps_the_key_and_its_password() {
    let case = Case::with_savings();
    assert!(case.keyring.rename(&name("savings"), &name("vault"), &WRONG).is_err());
    case.keyring.rename(&name("savings"), &name("vault"), &RIGHT).unwrap();
    assert_eq!(case.open("vault", &RIGHT).unwrap(), [7; 32]);
    assert!(case.open("savings", &RIGHT).unwrap_err().contains("no key named"));
    case.keyring.rename(&name("vault"), &name("Vault"), &RIGHT).unwrap();
    assert_eq!(case.keyring.names().unwrap(), [name("Vault")]);
}

#[test]
fn deleting_works_for_damaged_files_too() {
    let case = Case::with_savings();
    fs::write(case.file("savings"), "not json").unwrap();
    assert!(case.keyring.list().is_err(), "a damaged key must not vanish silently");
    case.keyring.delete(&name("savings")).unwrap();
    assert!(case.keyring.list().unwrap().is_empty());
    assert!(case.keyring.delete(&name("savings")).is_err());
}

#[test]
fn a_changed_password_replaces_the_old_one() {
    let case = Case::with_savings();
    case.keyring.change_password(&name("savings"), &RIGHT, &Fixed("another password")).unwrap();
    assert!(case.open("savings", &RIGHT).is_err());
    assert_eq!(case.open("savings", &Fixed("another password")).unwrap(), [7; 32]);
}

#[test]
fn an_exported_key_is_encrypted_and_imports_under_any_name() {
    let case = Case::with_savings();
    let text = case.keyring.export(&name("savings"), &RIGHT, &Fixed("travel password")).unwrap();
    assert!(!text.contains(&hex::encode([7; 32])));
    let other = self::case();
    let import = |passwords| other.keyring.import(&name("copy"), &text, passwords, &RIGHT);
    assert!(import(&RIGHT).unwrap_err().to_string().contains("wrong password"));
    import(&Fixed("travel password")).unwrap();
    assert_eq!(other.open("copy", &RIGHT).unwrap(), [7; 32]);
}

#[test]
fn keys_without_a_secret_say_why_they_cannot_sign() {
    let case = case();
    case.keyring.add_public(&name("watched"), secret(7).public_key()).unwrap();
    let members = [secret(7).public_key(), secret(8).public_key()];
    let multisig = crate::sign::Multisig::sorted(2, members).unwrap();
    case.keyring.add_public(&name("shared"), PublicKey::Multisig(multisig)).unwrap();
    assert!(case.open("watched", &RIGHT).unwrap_err().contains("public key only"));
    assert!(case.open("shared", &RIGHT).unwrap_err().contains("let its members sign"));
}

#[test]
fn the_test_keyring_is_marked_unsafe_and_refused_on_real_chains() {
    let home = tempfile::tempdir().unwrap();
    let error = Keyring::open(Backend::Test, home.path(), MAINNET).unwrap_err().to_text();
    assert!(error.contains("not encrypted") && error.contains("--keyring-backend file"), "{error}");
    let keyring = Keyring::open(Backend::Test, home.path(), "agora-dev-1").unwrap();
    keyring.add_secret(&name("script"), &secret(7), None, &NoPassword).unwrap();
    let text = fs::read_to_string(home.path().join("keyring-test/script.json")).unwrap();
    assert!(text.contains("UNSAFE"));
    assert_eq!(keyring.secret(&name("script"), &NoPassword).unwrap().to_bytes().as_slice(), [7; 32]);
}

#[test]
fn the_memory_keyring_leaves_nothing_behind() {
    let home = tempfile::tempdir().unwrap();
    let keyring = Keyring::open(Backend::Memory, home.path(), MAINNET).unwrap();
    keyring.add_secret(&name("once"), &secret(7), None, &NoPassword).unwrap();
    assert_eq!(keyring.secret(&name("once"), &NoPassword).unwrap().to_bytes().as_slice(), [7; 32]);
    keyring.rename(&name("once"), &name("twice"), &NoPassword).unwrap();
    assert!(keyring.find_address(&secret(7).public_key().address()).unwrap().is_some());
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
fn published_accounts_exist_on_the_development_chain_only() {
    let home = tempfile::tempdir().unwrap();
    let dev = Keyring::open(Backend::File, home.path(), "agora-dev-1").unwrap();
    for account in DEV_ACCOUNTS {
        let info = dev.get(&name(account.name)).unwrap();
        assert_eq!(info.address().to_string(), account.address);
        assert_eq!(dev.secret(&info.name, &NoPassword).unwrap().public_key(), info.public_key);
    }
    assert!(dev.delete(&name("alice")).unwrap_err().to_string().contains("published account"));
    let main = Keyring::open(Backend::File, home.path(), MAINNET).unwrap();
    assert!(main.list().unwrap().is_empty());
}

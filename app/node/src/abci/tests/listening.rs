//! Addresses: what may be bound, what is left behind.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::time::Duration;

use tendermint_proto::v0_38::abci::response::Value as Answer;

use crate::abci::tests::app::KvApp;
use crate::abci::tests::client::{Client, Served, echo};
use crate::abci::{AbciError, AbciHandle, AbciOptions, AbciServer, Listen};

fn bind(listen: &Listen) -> Result<AbciHandle, AbciError> {
    AbciServer::bind(listen, KvApp::default(), AbciOptions::default())
}

#[test]
fn the_socket_is_for_its_owner_only_and_goes_away_with_the_server() {
    let served = Served::new();
    let path = served.folder.path().join("abci.sock");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(served.folder.path()).unwrap().count(), 1, "nothing else is left in the folder");
    served.handle.stop(Duration::from_secs(5)).unwrap();
    assert!(!path.exists());
}

#[test]
fn a_socket_that_nobody_serves_is_replaced_and_one_that_is_served_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("abci.sock");
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let listen = Listen::Unix(path.clone());
    let first = bind(&listen).unwrap();
    assert!(matches!(bind(&listen), Err(AbciError::InUse { .. })));
    assert!(matches!(Client::connect(first.address()).ask(echo("x")), Answer::Echo(_)));
}

#[test]
fn a_server_that_stops_leaves_the_socket_of_its_successor_alone() {
    let served = Served::new();
    let path = served.folder.path().join("abci.sock");
    fs::remove_file(&path).unwrap();
    let successor = bind(&Listen::Unix(path.clone())).unwrap();
    served.handle.stop(Duration::from_secs(5)).unwrap();
    assert!(matches!(Client::connect(successor.address()).ask(echo("x")), Answer::Echo(_)));
}

#[test]
fn a_file_in_the_place_of_the_socket_is_not_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("abci.sock");
    fs::write(&path, "precious").unwrap();
    assert!(matches!(bind(&Listen::Unix(path.clone())), Err(AbciError::NotASocket { .. })));
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
}

#[test]
fn a_path_too_long_for_a_socket_is_named_with_its_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let error = bind(&Listen::Unix(folder.path().join("x".repeat(120)))).unwrap_err();
    assert!(error.to_string().contains("choose a home with a shorter path"), "{error}");
    let error = bind(&Listen::Unix(folder.path().join("missing/abci.sock"))).unwrap_err();
    assert!(matches!(error, AbciError::Bind { .. }), "{error}");
}

#[test]
fn tcp_is_served_on_loopback_only_unless_allowed() {
    let remote: SocketAddr = "0.0.0.0:0".parse().unwrap();
    assert!(matches!(bind(&Listen::Tcp(remote)), Err(AbciError::NotLoopback { .. })));
    let allowed = AbciOptions { allow_remote: true, ..AbciOptions::default() };
    AbciServer::bind(&Listen::Tcp(remote), KvApp::default(), allowed).unwrap();

    let handle = bind(&Listen::Tcp("127.0.0.1:0".parse().unwrap())).unwrap();
    assert!(matches!(Client::connect(handle.address()).ask(echo("x")), Answer::Echo(_)));
    let address = handle.address().clone();
    assert!(matches!(bind(&address), Err(AbciError::Bind { .. })), "the port is taken");
    handle.stop(Duration::from_secs(5)).unwrap();
    bind(&address).unwrap();
}

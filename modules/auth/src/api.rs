//! What the transaction pipeline and other modules may call.

use agora_framework::AppError;
use agora_framework::errors::sdk;
use agora_primitives::Address;
use agora_state::{StateError, StateKey, StateRead, StateWrite};

use crate::state::{self, ACCOUNTS, Account, Params, UNORDERED_NONCES};

/// The parameters in force.
///
/// # Errors
/// Storage fails, or the metered view is out of gas.
pub fn params(state: &(impl StateRead + ?Sized)) -> Result<Params, StateError> {
    state::params(state)
}

/// What is remembered of an account; the default for one that never signed.
///
/// # Errors
/// As [`params`].
pub fn account(state: &(impl StateRead + ?Sized), address: &Address) -> Result<Account, StateError> {
    Ok(ACCOUNTS.get(state, address)?.unwrap_or_default())
}

/// What is remembered of an account; `None` for one that never signed and that nobody named.
///
/// # Errors
/// As [`params`].
pub fn known(state: &(impl StateRead + ?Sized), address: &Address) -> Result<Option<Account>, StateError> {
    ACCOUNTS.get(state, address)
}

/// The address of what is remembered of an account, for access hints and proofs.
#[must_use]
pub fn account_key(address: &Address) -> StateKey {
    ACCOUNTS.key(address)
}

/// Remembers an account.
///
/// # Errors
/// As [`StateWrite::set`].
pub fn set_account(
    state: &mut (impl StateWrite + ?Sized),
    address: &Address,
    account: &Account,
) -> Result<(), StateError> {
    ACCOUNTS.set(state, address, account)
}

/// Gives an account to whoever never signed and holds nothing: somebody lets it act or spend, so wallets must find it.
///
/// # Errors
/// As [`StateWrite::set`].
pub fn introduce(state: &mut (impl StateWrite + ?Sized), address: &Address) -> Result<(), StateError> {
    if known(state, address)?.is_none() && !agora_bank::api::holds_anything(state, address)? {
        set_account(state, address, &Account::default())?;
    }
    Ok(())
}

/// Uses up the nonce of an unordered transaction: its signer and its time-out, in nanoseconds.
///
/// # Errors
/// Code 18 when it was used before.
pub fn use_nonce(
    state: &mut (impl StateWrite + ?Sized),
    signer: &Address,
    timeout: u64,
) -> Result<(), AppError> {
    let nonce = (timeout, *signer);
    if UNORDERED_NONCES.has(state, &nonce)? {
        return Err(sdk::INVALID_REQUEST.wrap(format_args!(
            "failed to add unordered nonce: sender {signer} has already used timeout {timeout}"
        )));
    }
    Ok(UNORDERED_NONCES.insert(state, &nonce)?)
}

/// The latest time-out of a nonce in use, in nanoseconds since 1970.
///
/// # Errors
/// As [`params`].
pub fn latest_nonce(state: &(impl StateRead + ?Sized)) -> Result<Option<u64>, StateError> {
    let page = UNORDERED_NONCES.page(state, &[], None, true, 1)?;
    Ok(page.entries.first().map(|((timeout, _), ())| *timeout))
}

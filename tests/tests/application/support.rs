//! What the tests of the application share.

use agora_primitives::{Address, module_address};
use agora_proto::cosmos::bank::v1beta1 as bank;
use agora_tests::faults::Faults;
use agora_tests::faults::proto::agora::faults::v1::MsgUsurp;
use agora_tests::{Account, TestChain};
use prost_types::Any;

/// Alice, Bob and Carol, funded.
pub(crate) fn three() -> (TestChain, Account, Account, Account) {
    let (alice, bob, carol) = (Account::new("alice"), Account::new("bob"), Account::new("carol"));
    (TestChain::builder().accounts([&alice, &bob, &carol]).build(), alice, bob, carol)
}

/// The account of governance: the authority. Nobody has its key.
pub(crate) fn authority() -> Address {
    module_address("gov")
}

/// Where fees go.
pub(crate) fn fee_collector() -> Address {
    module_address("fee_collector")
}

/// An account nobody has used.
pub(crate) fn stranger() -> Account {
    Account::new("stranger")
}

/// The balance as clients ask for it.
pub(crate) fn balance_query(chain: &TestChain, holder: &Account, denom: &str) -> String {
    let request = bank::QueryBalanceRequest { address: holder.address.to_string(), denom: denom.to_owned() };
    let answer: bank::QueryBalanceResponse =
        chain.query("/cosmos.bank.v1beta1.Query/Balance", &request).expect("an answer");
    answer.balance.expect("a balance").amount
}

/// Alice and Bob on a chain whose authority does what Alice decides, as governance will.
pub(crate) fn governed() -> (TestChain, Account, Account) {
    let (alice, bob) = (Account::new("alice"), Account::new("bob"));
    let faults = std::sync::Arc::new(Faults);
    (TestChain::builder().module(faults).accounts([&alice, &bob]).build(), alice, bob)
}

/// A message of the authority, by decision of `account`.
pub(crate) fn decision(account: &Account, message: Any) -> MsgUsurp {
    MsgUsurp { signer: account.address.to_string(), message: Some(message) }
}

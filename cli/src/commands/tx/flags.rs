//! The flags of every command that makes a transaction.

use clap::{Args, ValueEnum};

use crate::sign::SignMode;

// No doc comments on the values: they would force the long form of every help text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ModeName {
    Direct,
    Amino,
}

impl From<ModeName> for SignMode {
    fn from(name: ModeName) -> Self {
        match name {
            ModeName::Direct => Self::Direct,
            ModeName::Amino => Self::LegacyAminoJson,
        }
    }
}

// No doc comment: clap would take it for the description of the command that the flags are added to.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Transaction options")]
pub(super) struct TxFlags {
    /// Key that signs, by name or address [default: the profile's default_key]
    #[arg(long, value_name = "KEY")]
    pub(super) from: Option<String>,
    /// Fee to offer, for example "0.01 AGO" [default: gas limit times gas price]
    #[arg(long, value_name = "COINS", conflicts_with = "gas_price")]
    pub(super) fees: Option<String>,
    /// Gas limit: a number, or auto to rehearse the transaction on the node
    #[arg(long, value_name = "auto|N", default_value = "auto")]
    pub(super) gas: String,
    /// What the gas of the rehearsal is multiplied with [default: the profile's, 1.3]
    #[arg(long, value_name = "FACTOR")]
    pub(super) gas_adjustment: Option<String>,
    /// Price per gas, for example 0.025uago [default: the profile's, else what the chain asks and an eighth]
    #[arg(long, alias = "gas-prices", value_name = "PRICE")]
    pub(super) gas_price: Option<String>,
    /// Public note
    #[arg(long, alias = "memo", value_name = "TEXT")]
    pub(super) note: Option<String>,
    /// Last block that may hold the transaction
    #[arg(long, value_name = "HEIGHT")]
    pub(super) timeout_height: Option<u64>,
    /// How long the transaction stays valid, for example 2m
    #[arg(long, value_name = "DURATION")]
    pub(super) timeout: Option<String>,
    /// Do not use the account's sequence, so that several transactions can be under way at once
    #[arg(long)]
    pub(super) unordered: bool,
    /// Account that pays the fee and signs as well
    #[arg(long, value_name = "ACCOUNT")]
    pub(super) fee_payer: Option<String>,
    /// Account whose allowance pays the fee
    #[arg(long, value_name = "ACCOUNT")]
    pub(super) fee_granter: Option<String>,
    /// How to sign: the protobuf document, or the JSON that hardware wallets show [default: direct]
    #[arg(long, value_name = "MODE")]
    pub(super) sign_mode: Option<ModeName>,
    /// Print the unsigned transaction as JSON instead of signing it
    #[arg(long)]
    pub(super) generate_only: bool,
    /// Ask no node: needs --gas, --fees or --gas-price, and --sequence to sign; prints the transaction
    #[arg(long)]
    pub(super) offline: bool,
    /// Sequence of the signer [default: asked from the node]
    #[arg(long, value_name = "N")]
    pub(super) sequence: Option<u64>,
    /// Account number of the signer [default: asked from the node; 0 with --offline]
    #[arg(long, value_name = "N")]
    pub(super) account_number: Option<u64>,
    /// Rehearse only: show gas, fee and balance changes, and send nothing
    #[arg(long, conflicts_with_all = ["generate_only", "offline"])]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) wait: WaitFlags,
}

// See above for why there is no doc comment.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Transaction options")]
pub(super) struct WaitFlags {
    /// Do not wait for a block: print the hash as soon as the node has taken the transaction
    #[arg(long = "async")]
    pub(super) no_wait: bool,
    /// How long to wait for a block
    #[arg(long = "wait", value_name = "DURATION", default_value = "60s")]
    pub(super) wait: String,
}

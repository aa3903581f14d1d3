//! What online commands share: the definitions, the node, units and names, each fetched when first needed.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;

use serde_json::Value;
use time::OffsetDateTime;

use crate::address::looks_like_address;
use crate::amount::{Coin, DenomTable};
use crate::client::Client;
use crate::context::Context;
use crate::dynamic::{Definitions, Resolve};
use crate::error::{CliError, Result, nearest};
use crate::keyring::KeyName;
use crate::render::Labels;
use crate::sign::PublicKey;
use crate::terminal::Terminal;

/// One command's view of wallet and chain.
pub(crate) struct Session<'a> {
    context: &'a Context,
    definitions: &'static Definitions,
    offline: bool,
    client: OnceCell<Client>,
    denoms: RefCell<Option<DenomTable>>,
    asked_chain: Cell<bool>,
    names: OnceCell<BTreeMap<String, String>>,
}

impl<'a> Session<'a> {
    /// A session that may ask the node.
    pub(crate) fn new(context: &'a Context) -> Self {
        Self {
            context,
            definitions: Definitions::current(),
            offline: false,
            client: OnceCell::new(),
            denoms: RefCell::new(None),
            asked_chain: Cell::new(false),
            names: OnceCell::new(),
        }
    }

    /// The same, but it never asks the node for units if `offline`.
    pub(crate) fn offline(mut self, offline: bool) -> Self {
        self.offline = offline;
        self
    }

    pub(crate) fn context(&self) -> &'a Context {
        self.context
    }

    pub(crate) fn definitions(&self) -> &'static Definitions {
        self.definitions
    }

    pub(crate) fn terminal(&self) -> &'a Terminal {
        self.context.terminal()
    }

    /// The node of the profile in force.
    pub(crate) fn client(&self) -> Result<&Client> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = Client::new(self.context.settings()?.node()?);
        Ok(self.client.get_or_init(|| client))
    }

    /// Does something with the units known so far.
    fn with_denoms<T>(&self, action: impl FnOnce(&DenomTable) -> T) -> Result<T> {
        if self.denoms.borrow().is_none() {
            let table = self.context.denoms()?;
            *self.denoms.borrow_mut() = Some(table);
        }
        let table = self.denoms.borrow();
        match table.as_ref() {
            Some(table) => Ok(action(table)),
            None => Ok(action(&DenomTable::builtin())),
        }
    }

    /// Adds the chain's units, once; gives whether any are new. A node that does not answer is no error here: whoever
    /// needs a unit says so better.
    fn ask_chain_for_denoms(&self) -> bool {
        if self.offline || self.asked_chain.replace(true) {
            return false;
        }
        let Ok(infos) = self.client().and_then(Client::denoms_metadata) else { return false };
        if self.with_denoms(|_| ()).is_err() {
            return false;
        }
        let mut any = false;
        if let Some(table) = self.denoms.borrow_mut().as_mut() {
            for info in &infos {
                // Metadata that would pass a token off for another is left out.
                any |= table.add(info).is_ok();
            }
        }
        any
    }

    /// Tries with the known units first, then with those of the chain.
    fn try_denoms<T>(&self, action: impl Fn(&DenomTable) -> Result<T>) -> Result<T> {
        match self.with_denoms(&action)? {
            Ok(value) => Ok(value),
            Err(_) if self.ask_chain_for_denoms() => self.with_denoms(&action)?,
            Err(error) => Err(error),
        }
    }

    fn names(&self) -> &BTreeMap<String, String> {
        self.names.get_or_init(|| {
            // Names make results easier to read; without them results still stand.
            let mut names = BTreeMap::new();
            if let Ok(book) = self.context.address_book() {
                names.extend(book.entries().map(|(name, address)| (address.to_string(), name.to_string())));
            }
            if let Ok(keys) = self.context.keyring().and_then(|keyring| keyring.list()) {
                names.extend(keys.iter().map(|key| (key.address().to_string(), key.name.to_string())));
            }
            names
        })
    }
}

impl Labels for Session<'_> {
    fn amount(&self, coin: &Coin) -> String {
        let known = self.with_denoms(|table| table.display_unit(&coin.denom) != (coin.denom.as_str(), 0));
        if matches!(known, Ok(false)) {
            self.ask_chain_for_denoms();
        }
        self.with_denoms(|table| table.format(coin)).unwrap_or_else(|_| coin.to_string())
    }

    fn unit(&self, denom: &str) -> (String, u32) {
        let ask = |table: &DenomTable| {
            let (name, exponent) = table.display_unit(denom);
            (name.to_owned(), exponent)
        };
        match self.with_denoms(ask) {
            Ok((name, 0)) if name == denom && self.ask_chain_for_denoms() => {
                self.with_denoms(ask).unwrap_or((name, 0))
            }
            Ok(unit) => unit,
            Err(_) => (denom.to_owned(), 0),
        }
    }

    fn name(&self, address: &str) -> Option<String> {
        self.names().get(address).cloned()
    }
}

impl Resolve for Session<'_> {
    fn address(&self, text: &str) -> Result<String> {
        Ok(self.context.resolve_address(text)?.to_string())
    }

    fn role_address(&self, text: &str, role: &str) -> Result<String> {
        let prefix = format!("{}{role}", crate::address::ACCOUNT_PREFIX);
        if text.to_lowercase().starts_with(&format!("{prefix}1")) {
            crate::address::Address::parse_with_prefix(text, &prefix)?;
            return Ok(text.to_lowercase());
        }
        self.context.resolve_address(text)?.with_prefix(&prefix)
    }

    fn coin(&self, text: &str) -> Result<Coin> {
        self.try_denoms(|table| table.parse(text))
    }

    fn coins(&self, text: &str) -> Result<Vec<Coin>> {
        self.try_denoms(|table| table.parse_all(text))
    }

    fn denom(&self, text: &str) -> Result<String> {
        let text = text.trim();
        match self.try_denoms(|table| table.parse(&format!("0 {text}"))) {
            Ok(coin) => Ok(coin.denom),
            // A denom that has no metadata is still a denom.
            Err(_) => self.with_denoms(|table| {
                table.clone().accept_unknown_base(true).parse(&format!("0 {text}")).map(|coin| coin.denom)
            })?,
        }
    }

    fn public_key(&self, text: &str) -> Result<Value> {
        if let Ok(name) = text.parse::<KeyName>()
            && !looks_like_address(text)
        {
            let keyring = self.context.keyring()?;
            if let Some(info) = keyring.find(&name)? {
                return Ok(info.public_key.to_json());
            }
            return PublicKey::parse(text).map(|key| key.to_json()).map_err(|error| {
                let names = keyring.names().unwrap_or_default();
                match nearest(text, names.iter().map(KeyName::as_str)) {
                    Some(known) => error.hint(format!("did you mean the key `{known}`?")),
                    None => error,
                }
            });
        }
        // Keys of other kinds (a validator's ed25519 key) are passed on as their JSON.
        if text.trim_start().starts_with('{') {
            return serde_json::from_str(text)
                .map_err(|error| CliError::usage("the public key is not JSON").because(error));
        }
        PublicKey::parse(text).map(|key| key.to_json())
    }

    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }
}

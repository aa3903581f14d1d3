//! The accounts of the development network.
//!
//! Their mnemonics are published, here and by the devnet itself: anyone can sign for them, so they must never hold
//! anything on a network that matters. Devnet and wallet share this list, so that `alice` is the same account in both.

use agora_primitives::Address;
use bip39::{Language, Mnemonic};

/// A published account: 24 words, BIP-39 passphrase empty, derivation path `m/44'/118'/0'/0/0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DevAccount {
    /// The name in the wallet and in the devnet's greeting.
    pub name: &'static str,
    /// The mnemonic, words separated by one blank.
    pub mnemonic: &'static str,
    /// The bech32 address that follows from the mnemonic.
    pub address: &'static str,
}

/// The accounts, in the order in which the devnet shows them.
pub const DEV_ACCOUNTS: [DevAccount; 4] = [
    DevAccount {
        name: "alice",
        mnemonic: "effort harbor feed depth vibrant toddler better rack \
                   talent empty spray fall ocean thumb wood tenant \
                   eternal fruit sick pupil category filter turn census",
        address: "agora10su08g33ut3us653y3gc99fgc4e65rgfwq2pd3",
    },
    DevAccount {
        name: "bob",
        mnemonic: "eye goat crack pool know recipe ensure review \
                   option sign good must pledge fence mad vessel \
                   example wrap carpet about inherit artist clerk similar",
        address: "agora1l7n4cpef2l6hy9480gtwc6ru5x4u2gv702skp0",
    },
    DevAccount {
        name: "carol",
        mnemonic: "ill hello still mask pattern lion laugh atom \
                   negative decline insect cherry illness once april dismiss \
                   champion jeans acquire method office lava deal spring",
        address: "agora1g9pp3e3ku6pjrxnmsnhs70027l6tsg8cjge39q",
    },
    DevAccount {
        name: "dave",
        mnemonic: "shift year fringe grab sauce violin enough energy \
                   submit veteran model three oppose area ill chief \
                   season disorder erosion cargo depart slight hurry coast",
        address: "agora1nnp7q9lga82wft367wdk8kxlnqg0xrkv6ld2cq",
    },
];

/// The account the faucet of a development network pays from.
pub const FAUCET: DevAccount = DevAccount {
    name: "faucet",
    mnemonic: "skill trial have decade pull shoot job annual \
               grace enhance must sting exile noodle route submit \
               joy such sure early fence height decline firm",
    address: "agora1t58m46n2hyvnnk9df480npl39nrd99p9dez7r4",
};

/// The account that operates the one validator of a development network, and stakes for it.
pub const VALIDATOR: DevAccount = DevAccount {
    name: "validator",
    mnemonic: "grab blouse until front media eternal movie damp \
               affair blossom rebuild mandate broken royal theme reject \
               bleak undo glove plate female pumpkin desk twenty",
    address: "agora17fhfm4c9z5wfg0nx25dg94d0nuztcqwndaresj",
};

/// Who operates the validators of a network of several: the accounts of [`VALIDATOR`]'s mnemonic, `m/44'/118'/0'/0/<index>`.
#[must_use]
pub fn operator(index: usize) -> Option<Address> {
    let mnemonic = Mnemonic::parse_in_normalized(Language::English, VALIDATOR.mnemonic).ok()?;
    let path = format!("m/44'/118'/0'/0/{index}").parse().ok()?;
    let key = bip32::XPrv::derive_from_path(mnemonic.to_seed_normalized(""), &path).ok()?;
    Some(Address::from_secp256k1(&key.public_key().to_bytes()))
}

impl DevAccount {
    /// The account's secp256k1 secret key; `None` only if the published mnemonic were malformed, which a test excludes.
    #[must_use]
    pub fn secret_key(&self) -> Option<[u8; 32]> {
        let mnemonic = Mnemonic::parse_in_normalized(Language::English, self.mnemonic).ok()?;
        let path = "m/44'/118'/0'/0/0".parse().ok()?;
        let key = bip32::XPrv::derive_from_path(mnemonic.to_seed_normalized(""), &path).ok()?;
        Some(key.private_key().to_bytes().into())
    }
}

/// The account of this name.
pub fn dev_account(name: &str) -> Option<&'static DevAccount> {
    DEV_ACCOUNTS.iter().find(|account| account.name == name)
}

#[cfg(test)]
mod tests {
    use ripemd::Ripemd160;
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn every_address_follows_from_its_mnemonic() {
        for account in DEV_ACCOUNTS.into_iter().chain([FAUCET, VALIDATOR]) {
            let mnemonic = Mnemonic::parse_in_normalized(Language::English, account.mnemonic).unwrap();
            assert_eq!(mnemonic.word_count(), 24);
            let path = "m/44'/118'/0'/0/0".parse().unwrap();
            let key = bip32::XPrv::derive_from_path(mnemonic.to_seed(""), &path).unwrap();
            let hash = Ripemd160::digest(Sha256::digest(key.public_key().to_bytes()));
            let hrp = bech32::Hrp::parse("agora").unwrap();
            assert_eq!(
                bech32::encode::<bech32::Bech32>(hrp, &hash).unwrap(),
                account.address,
                "{}",
                account.name
            );
        }
    }

    #[test]
    fn operators_begin_with_the_published_one_and_are_distinct() {
        assert_eq!(operator(0).unwrap().to_string(), VALIDATOR.address);
        assert_ne!(operator(0), operator(1));
    }

    #[test]
    fn names_are_distinct_and_found() {
        for account in &DEV_ACCOUNTS {
            assert_eq!(dev_account(account.name), Some(account));
        }
        assert_eq!(dev_account("mallory"), None);
    }
}

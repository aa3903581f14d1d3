//! Names for other people's addresses, in `<home>/address_book.toml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::address::Address;
use crate::error::{CliError, Result, nearest};
use crate::files;
use crate::keyring::KeyName;

/// The address book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressBook {
    path: PathBuf,
    entries: BTreeMap<KeyName, Address>,
}

impl AddressBook {
    /// Reads the book; without a file it is empty.
    pub fn load(home: &Path) -> Result<Self> {
        let path = home.join("address_book.toml");
        let mut entries = BTreeMap::new();
        if let Some(text) = files::read_optional(&path)? {
            let place = path.display();
            let unusable =
                || CliError::usage(format!("{place} cannot be read")).hint("correct it, or move it away");
            let table: BTreeMap<String, String> =
                toml::from_str(&text).map_err(|error| unusable().because(error))?;
            for (name, address) in table {
                let entry = name.parse().and_then(|name: KeyName| Ok((name, Address::parse(&address)?)));
                let (name, address) = entry.map_err(|error| unusable().because(error))?;
                entries.insert(name, address);
            }
        }
        Ok(Self { path, entries })
    }

    /// Writes the book.
    pub fn save(&self) -> Result<()> {
        let table: BTreeMap<String, String> =
            self.entries.iter().map(|(name, address)| (name.to_string(), address.to_string())).collect();
        let text = toml::to_string(&table)
            .map_err(|error| CliError::usage("cannot write the address book").because(error))?;
        if let Some(home) = self.path.parent() {
            files::private_dir(home)?;
        }
        files::write_private(&self.path, text.as_bytes(), true)
    }

    /// All entries, sorted by name.
    pub fn entries(&self) -> impl Iterator<Item = (&KeyName, &Address)> {
        self.entries.iter()
    }

    /// The address of a name.
    pub fn get(&self, name: &KeyName) -> Option<&Address> {
        self.entries.get(name)
    }

    /// The first name of an address.
    pub fn name_of(&self, address: &Address) -> Option<&KeyName> {
        self.entries.iter().find(|(_, other)| *other == address).map(|(name, _)| name)
    }

    /// Adds an entry. A name that stands for another address is refused: changing where money goes must be explicit.
    pub fn add(&mut self, name: KeyName, address: Address) -> Result<()> {
        match self.entries.get(&name) {
            Some(known) if *known != address => {
                Err(CliError::usage(format!("`{name}` stands for {known} already"))
                    .hint(format!("remove it first: agora address remove {name}")))
            }
            _ => {
                self.entries.insert(name, address);
                Ok(())
            }
        }
    }

    /// Removes an entry and returns its address.
    pub fn remove(&mut self, name: &KeyName) -> Result<Address> {
        self.entries.remove(name).ok_or_else(|| {
            let error = CliError::usage(format!("the address book has no `{name}`"));
            match nearest(name.as_str(), self.entries.keys().map(KeyName::as_str)) {
                Some(known) => error.hint(format!("did you mean `{known}`?")),
                None => error.hint("`agora address list` shows what there is"),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_silently_change_its_address() {
        let home = tempfile::tempdir().unwrap();
        let mut book = AddressBook::load(home.path()).unwrap();
        let (one, two) = (Address::from_bytes([1; 20]).unwrap(), Address::from_bytes([2; 20]).unwrap());
        let name: KeyName = "shop".parse().unwrap();
        book.add(name.clone(), one.clone()).unwrap();
        book.add(name.clone(), one.clone()).unwrap();
        assert!(book.add(name.clone(), two).unwrap_err().to_text().contains("stands for"));
        book.save().unwrap();
        let mut again = AddressBook::load(home.path()).unwrap();
        assert_eq!(again.get(&name), Some(&one));
        assert_eq!(again.name_of(&one), Some(&name));
        assert!(
            again.remove(&"shp".parse().unwrap()).unwrap_err().to_text().contains("did you mean `shop`?")
        );
        assert_eq!(again.remove(&name).unwrap(), one);
    }

    #[test]
    fn a_damaged_book_is_an_error_not_an_empty_book() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("address_book.toml"), "shop = \"agora1qqqq\"\n").unwrap();
        assert!(AddressBook::load(home.path()).unwrap_err().to_text().contains("too short"));
    }
}

//! What is written down of a Secret.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::TranscriptError;
use super::bundle::{bundles_of, is_bundles};
use super::form::{Base64, decoded};
use super::public::is_public;
use super::read::{Members, shape};
use super::trusted_root::is_trusted_root;
use crate::json::Value;

/// The items that policies read. Of the others not even the names are kept.
const KNOWN: [&str; 7] = [
    "certificate",
    "key",
    "name",
    "password",
    "publicKey",
    TRUSTED_ROOT,
    "username",
];
/// The item with a trusted root of sigstore, as tools call the file.
const TRUSTED_ROOT: &str = "trusted_root.json";
/// What the name of a `ConfigMap` begins with.
const CONFIG_MAP: &str = "configmap/";
/// What the name of a key source begins with.
const KEY_SOURCE: &str = "keysource/";
/// What the name of a trusted root begins with.
const TRUST_ROOT: &str = "trustroot/";
/// The item with the name of a signer, beside its public key.
const NAME: &str = "name";
/// The longest name of a signer.
const MAX_NAME: usize = 1 << 10;
/// The most items of a Secret that is kept.
const MAX_ITEMS: usize = 1 << 10;

/// What came of reading a Secret that a policy names, or a `ConfigMap`, which has
/// [a name of its own](Self::name_of_config_map).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SecretRecord {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What was found.
    pub found: Found,
}

/// What was found where a Secret was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Found {
    /// There is such a Secret, and it is not usable. Why, without its content.
    Invalid(String),
    /// Something else is there than the policy pins.
    Mismatch {
        /// The digest that is pinned.
        expected: String,
        /// That of what is there.
        found: String,
    },
    /// There is none.
    Nothing,
    /// It holds public keys or certificates and nothing else.
    Public(BTreeMap<String, Bytes>),
    /// It could not be read, and why.
    Unavailable(String),
    /// It holds something that may be secret. Which of the items that policies read it has, and whether each is text.
    ///
    /// No fingerprint of it is kept: that of a short password gives the password to anyone who guesses long enough.
    Withheld {
        /// Whether it is marked as the credentials of a signature store.
        for_stores: bool,
        /// The items, and whether each is text.
        items: BTreeMap<String, bool>,
    },
}

impl SecretRecord {
    /// What the bundles that were brought along are called among the Secrets of a transcript, where they have no namespace.
    pub const BUNDLES: &str = "bundles/";

    /// What a `ConfigMap` is called among the Secrets of a transcript. No name of a Secret has a slash.
    #[must_use]
    pub fn name_of_config_map(name: &str) -> String {
        format!("{CONFIG_MAP}{name}")
    }

    /// What a trusted root of the program is called among the Secrets of a transcript, where it has no namespace.
    #[must_use]
    pub fn name_of_trust_root(name: &str) -> String {
        format!("{TRUST_ROOT}{name}")
    }

    /// What a key at an address is called among the Secrets of a transcript, where it has no namespace. `pin` is what the
    /// policy says that it must be, or empty.
    #[must_use]
    pub fn name_of_key_source(address: &str, pin: &str) -> String {
        format!("{KEY_SOURCE}{address} {pin}").trim_end().to_owned()
    }

    /// What a record is about, for people: such as "secret shop/key" or "`ConfigMap` shop/roots".
    pub(super) fn title(namespace: &str, name: &str) -> String {
        if name == Self::BUNDLES {
            return "bundles".to_owned();
        }
        if let Some(name) = name.strip_prefix(TRUST_ROOT) {
            return format!("trusted root {name}");
        }
        if let Some(name) = name.strip_prefix(KEY_SOURCE) {
            return format!("key of {name}");
        }
        match name.strip_prefix(CONFIG_MAP) {
            Some(name) => format!("ConfigMap {namespace}/{name}"),
            None => format!("secret {namespace}/{name}"),
        }
    }

    /// What is written down of something that was found under this name.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>, found: Found) -> Self {
        Self {
            namespace: namespace.into(),
            name: name.into(),
            found,
        }
    }

    /// What is written down of a Secret with these items.
    ///
    /// All of them, if each is public by its form: PEM of certificates and public keys, or OpenPGP keys and
    /// revocations without anything secret in them, from the first byte to the last, and the name beside a public key.
    /// Otherwise none: a policy may name any Secret of its namespace, and what is wrong with one as a key is often that
    /// it is none.
    #[must_use]
    pub fn of<'a>(
        namespace: &str,
        name: &str,
        for_stores: bool,
        items: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Self {
        let items: BTreeMap<&str, &[u8]> = items.into_iter().collect();
        if name == Self::BUNDLES {
            return Self::new(namespace, name, Found::Public(bundles(items)));
        }
        let keys = items.keys().filter(|item| **item != NAME).count();
        let is_public = keys > 0
            && items.len() <= MAX_ITEMS
            && !for_stores
            && items
                .iter()
                .all(|(item, bytes)| is_public_item(name, item, bytes));
        let found = if is_public {
            let copied =
                |(item, bytes): (&str, &[u8])| (item.to_owned(), Bytes::copy_from_slice(bytes));
            Found::Public(items.into_iter().map(copied).collect())
        } else {
            let known = items.into_iter().filter(|(item, _)| KNOWN.contains(item));
            let is_text = |(item, bytes): (&str, &[u8])| {
                (item.to_owned(), std::str::from_utf8(bytes).is_ok())
            };
            Found::Withheld {
                for_stores,
                items: known.map(is_text).collect(),
            }
        };
        Self::new(namespace, name, found)
    }

    pub(super) fn read(value: &Value) -> Result<Self, TranscriptError> {
        let mut members = Members::of(value, "secrets")?;
        let namespace = members.text("namespace")?.to_owned();
        let name = members.text("name")?.to_owned();
        let found = match members.text("found")? {
            "invalid" => Found::Invalid(members.text("detail")?.to_owned()),
            "mismatch" => Found::Mismatch {
                expected: members.text("expected")?.to_owned(),
                found: members.text("foundDigest")?.to_owned(),
            },
            "nothing" => Found::Nothing,
            "public" => {
                let items = map(members.next("items")?, |value| {
                    let text = value.as_str().ok_or(shape("items"))?;
                    decoded(text, "items").map(Bytes::from)
                })?;
                let record = Self::of(
                    &namespace,
                    &name,
                    false,
                    items
                        .iter()
                        .map(|(item, bytes)| (item.as_str(), &bytes[..])),
                );
                // What is not public was put there by somebody else.
                match record.found {
                    public @ Found::Public(_) => public,
                    _ => return Err(shape("items")),
                }
            }
            "unavailable" => Found::Unavailable(members.text("detail")?.to_owned()),
            "withheld" => Found::Withheld {
                for_stores: members.flag("forStores")?,
                items: map(members.next("items")?, |value| match value {
                    Value::Bool(is_text) => Ok(*is_text),
                    _ => Err(shape("items")),
                })?,
            },
            _ => return Err(shape("found")),
        };
        members.end()?;
        Ok(Self {
            namespace,
            name,
            found,
        })
    }
}

/// Files with bundles, and nothing of what stands beside them.
fn bundles(files: BTreeMap<&str, &[u8]>) -> BTreeMap<String, Bytes> {
    let files = files.into_iter();
    files
        .map(|(name, bytes)| (name.to_owned(), Bytes::from(bundles_of(bytes))))
        .collect()
}

fn is_public_item(of: &str, item: &str, bytes: &[u8]) -> bool {
    if item == NAME {
        let is_line = |text: &str| !text.trim_end().contains(char::is_control);
        return bytes.len() <= MAX_NAME && std::str::from_utf8(bytes).is_ok_and(is_line);
    }
    is_public(bytes)
        || item == TRUSTED_ROOT && is_trusted_root(bytes)
        || of.starts_with(CONFIG_MAP) && is_bundles(bytes)
}

fn map<T>(
    value: &Value,
    read: impl Fn(&Value) -> Result<T, TranscriptError>,
) -> Result<BTreeMap<String, T>, TranscriptError> {
    let members = value.as_object().ok_or(shape("items"))?;
    if members.len() > MAX_ITEMS {
        return Err(shape("items"));
    }
    let read = members
        .iter()
        .map(|(name, value)| Ok((name.clone(), read(value)?)));
    read.collect()
}

impl Serialize for SecretRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut form = serializer.serialize_map(None)?;
        form.serialize_entry("namespace", &self.namespace)?;
        form.serialize_entry("name", &self.name)?;
        match &self.found {
            Found::Invalid(detail) => {
                form.serialize_entry("found", "invalid")?;
                form.serialize_entry("detail", detail)?;
            }
            Found::Mismatch { expected, found } => {
                form.serialize_entry("found", "mismatch")?;
                form.serialize_entry("expected", expected)?;
                form.serialize_entry("foundDigest", found)?;
            }
            Found::Nothing => form.serialize_entry("found", "nothing")?,
            Found::Public(items) => {
                let items: BTreeMap<&str, Base64<'_>> = items
                    .iter()
                    .map(|(item, bytes)| (item.as_str(), Base64(bytes)))
                    .collect();
                form.serialize_entry("found", "public")?;
                form.serialize_entry("items", &items)?;
            }
            Found::Unavailable(detail) => {
                form.serialize_entry("found", "unavailable")?;
                form.serialize_entry("detail", detail)?;
            }
            Found::Withheld { for_stores, items } => {
                form.serialize_entry("found", "withheld")?;
                form.serialize_entry("forStores", for_stores)?;
                form.serialize_entry("items", items)?;
            }
        }
        form.end()
    }
}

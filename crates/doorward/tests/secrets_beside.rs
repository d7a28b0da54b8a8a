//! What a program knows besides Secrets hides nothing of these.
#![cfg(feature = "trust-roots")]
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward::core::Timestamp;
use doorward::policy::KeySource;
use doorward::{
    KeySourceError, KeySources, MemoryState, Secret, SecretError, Secrets, StaticSecrets,
    TrustRoots,
};

fn items(value: &str) -> BTreeMap<String, Vec<u8>> {
    BTreeMap::from([("item".to_owned(), value.as_bytes().to_vec())])
}

fn source() -> KeySource {
    KeySource::Kms {
        uri: "awskms:///alias/release".to_owned(),
        fingerprint: None,
    }
}

/// Everything that can be asked for is what it is without anything beside it, but for the root that is known.
async fn holds_all(secrets: &dyn Secrets) {
    let item =
        |found: Result<Arc<Secret>, SecretError>| found.unwrap().item("item").unwrap().to_vec();
    assert_eq!(item(secrets.secret("ns", "s").await), b"secret");
    assert_eq!(item(secrets.config_map("ns", "c").await), b"config map");
    assert_eq!(item(secrets.bundles().await), b"bundles");
    let root = secrets.trust_root("corp").await.unwrap();
    assert_eq!(root.item("trusted_root.json"), Some(&b"root"[..]));
    // The sources know it, and have not asked yet: another answer than that of a program without any.
    let unknown = secrets.key_source(&source()).await.unwrap_err();
    let without = StaticSecrets::default()
        .key_source(&source())
        .await
        .unwrap_err();
    assert!(matches!(unknown, KeySourceError::Unavailable { .. }));
    assert_ne!(unknown, without);
}

#[tokio::test]
async fn what_stands_beside_secrets_hides_nothing_of_them_in_either_order() {
    let mut held = StaticSecrets::default();
    held.insert("ns", "s", Secret::new(items("secret")));
    held.insert_config_map("ns", "c", Ok(items("config map")));
    held.set_bundles(items("bundles"));
    let clock: doorward::Clock = Arc::new(|| Timestamp::from_unix(1_800_000_000));
    let roots = TrustRoots::new(Arc::clone(&clock)).with_file("corp", b"root".to_vec());
    let keys = KeySources::new(Arc::new(MemoryState::default()), clock);
    let roots_first = roots.beside(&held);
    holds_all(&keys.beside(&roots_first)).await;
    let keys_first = keys.beside(&held);
    holds_all(&roots.beside(&keys_first)).await;
}

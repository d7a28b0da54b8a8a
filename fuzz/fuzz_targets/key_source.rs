//! What a program for a key management service answers, and what a server of keys serves: no input panics, what counts has its
//! pin and is one public key, a ring of OpenPGP keys or certificates, and no error shows anything of it.

#![no_main]

use std::sync::Arc;

use bytes::Bytes;
use doorward::policy::{KeyForm, KeyPin, KeySource};
use doorward::{KeySourceError, KeySources, MemoryState, WatchedKey};
use doorward_core::transcript::is_public;
use doorward_core::{
    Digest, Fetch, FetchFuture, Fetched, Fetcher, KeyService, KeyServiceError, KeyServiceFuture,
    Timestamp,
};
use doorward_plugin_exec::KmsAnswer;
use doorward_sigstore::VerificationKey;
use doorward_simple_signing::Keyring;
use libfuzzer_sys::fuzz_target;

/// What stands for a secret in the seeds.
const SECRET: &str = "Pa55-w0rd-of-the-seeds";

struct Served(Vec<u8>);

impl Fetcher for Served {
    fn fetch<'a>(&'a self, _: &'a Fetch) -> FetchFuture<'a> {
        let answer = Ok(Fetched::new(self.0.clone(), None, "server"));
        Box::pin(std::future::ready(answer))
    }
}

impl KeyService for Served {
    fn public_key<'a>(&'a self, _: &'a str) -> KeyServiceFuture<'a> {
        let answer = KmsAnswer::parse(&self.0)
            .map(|answer| Bytes::from(answer.public_key))
            .map_err(|error| KeyServiceError::Malformed {
                detail: error.to_string(),
            });
        Box::pin(std::future::ready(answer))
    }
}

fuzz_target!(|data: &[u8]| {
    let file = KeySource::Url {
        url: "https://keys.example/file".to_owned(),
        pin: KeyPin::File(Digest::sha256(data)),
        form: KeyForm::PublicKey,
    };
    let key = KeySource::Url {
        url: "https://keys.example/key".to_owned(),
        pin: KeyPin::Key(Digest::sha256(b"another key")),
        form: KeyForm::PublicKey,
    };
    let [ring, store] = [KeyForm::OpenPgp, KeyForm::Certificates].map(|form| KeySource::Url {
        url: "https://keys.example/file".to_owned(),
        pin: KeyPin::File(Digest::sha256(data)),
        form,
    });
    let service = KeySource::Kms {
        uri: "awskms:///alias/key".to_owned(),
        fingerprint: None,
    };
    let clock = Arc::new(|| Timestamp::from_unix(1_767_225_600));
    let keys = KeySources::new(Arc::new(MemoryState::default()), clock)
        .with_service(Arc::new(Served(data.to_vec())));
    keys.watch(
        [&file, &key, &ring, &store, &service].map(|source| WatchedKey {
            source,
            is_kept: true,
        }),
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let renewed = runtime.block_on(keys.refresh(&Served(data.to_vec())));
    assert_eq!(renewed.len(), 5);
    for renewal in renewed {
        let error = match renewal.said {
            Ok(_) => {
                assert_ne!(renewal.source, key, "another key than is pinned counts");
                let held = keys.get(&renewal.source).expect("a key");
                match renewal.source.form() {
                    KeyForm::PublicKey => {
                        let file = held.item("key").expect("its file");
                        VerificationKey::from_pem(file).expect("one public key");
                    }
                    KeyForm::OpenPgp => {
                        let ring = held.item("key").expect("its file");
                        assert!(is_public(ring), "more than public keys is kept");
                        Keyring::parse([ring]).expect("a ring of keys");
                    }
                    KeyForm::Certificates => {
                        let items = held.items_but("key").inspect(|item| {
                            assert!(is_public(item), "more than certificates is kept");
                        });
                        assert!(items.count() > 0, "no certificate");
                    }
                }
                continue;
            }
            Err(error) => error,
        };
        assert!(!matches!(error, KeySourceError::Unavailable { .. }));
        assert!(!error.to_string().contains(SECRET), "{error}");
        assert!(keys.get(&renewal.source).is_err());
    }
});

//! One flipped bit.

use std::sync::OnceLock;

use doorward_core::Fetched;
use doorward_testkit::{Collection, Publication, Tampering, flip_bit};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::support::client::{Client, RELEASES, answer, delegating, digest};

const ROLES: [&str; 5] = ["root", "timestamp", "snapshot", "targets", RELEASES];

fn publisher() -> &'static (Collection, Publication) {
    static PUBLISHER: OnceLock<(Collection, Publication)> = OnceLock::new();
    PUBLISHER.get_or_init(|| {
        let mut publisher = delegating();
        let publication = publisher.publish();
        (publisher, publication)
    })
}

/// Asks a server that has one bit flipped in one of its files.
fn with_flipped(mut client: Client, role: &str, bit: usize) {
    let (_, publication) = publisher();
    let outcome = client.asks(&mut |file| {
        let fetched = answer(publication, file)?;
        if !file.starts_with(role) || file.trim_start_matches(role).starts_with('/') {
            return Ok(fetched);
        }
        Ok(Fetched::new(flip_bit(&fetched.bytes, bit), None, file))
    });
    // What is in the file beside what is signed may change without consequence.
    if let Some(found) = outcome.digest() {
        assert_eq!(*found, digest("1.0"), "{role} {bit}");
    }
}

#[test]
fn no_bit_of_a_timestamp_changes_what_is_let_through() {
    let (_, publication) = publisher();
    for bit in 0..publication.role("timestamp").len() * 8 {
        with_flipped(Client::new(), "timestamp", bit);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1500) })]

    #[test]
    fn no_bit_of_any_file_changes_what_is_let_through(role in 0..ROLES.len(), bit: Index, seen: bool) {
        let (_, publication) = publisher();
        let bit = bit.index(publication.role(ROLES[role]).len() * 8);
        let client = if seen { Client::after(publication) } else { Client::new() };
        with_flipped(client, ROLES[role], bit);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn nor_does_one_that_the_signer_of_the_roles_above_has_listed(role in 0..ROLES.len(), bit: Index) {
        let (publisher, _) = publisher();
        let forged = publisher.forge(&[Tampering::of(ROLES[role])
            .rewrite(move |bytes| flip_bit(&bytes, bit.index(bytes.len() * 8)))]);
        let outcome = Client::new().sees(&forged);
        if let Some(found) = outcome.digest() {
            prop_assert_eq!(found, &digest("1.0"));
        }
    }
}

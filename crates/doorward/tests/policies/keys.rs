//! Where keys come from, and what follows where they cannot be had.

use std::sync::atomic::{AtomicI64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward::core::Timestamp;
use doorward::policy::{KeyForm, KeyPin, KeySource};
use doorward::{KeyChange, KeySourceError, KeySources, MemoryState, WatchedKey};

use super::*;

#[tokio::test]
async fn a_missing_key_secret_is_a_configuration_error_and_denies() {
    let verdict = Review::of(&policy("ImagePolicy", OURS, SIGNED_BY))
        .secrets(StaticSecrets::default())
        .decide(signed())
        .await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Deny, Some(Code::SECRET_NOT_FOUND))
    );
    assert!(
        verdict.message().contains("tenant/release"),
        "{}",
        verdict.message()
    );
}

#[tokio::test]
async fn a_key_secret_without_its_item_or_with_rubbish_denies() {
    for (item, expected) in [
        ("keys", Code::SECRET_INVALID),
        ("key", simple_codes::KEYRING_INVALID),
    ] {
        let mut secrets = StaticSecrets::default();
        let rubbish = Secret::new(BTreeMap::from([(item.to_owned(), b"rubbish".to_vec())]));
        secrets.insert("tenant", "release", rubbish);
        let verdict = Review::of(&policy("ImagePolicy", OURS, SIGNED_BY))
            .secrets(secrets)
            .decide(signed())
            .await;
        assert_eq!(outcome(&verdict), (Decision::Deny, Some(expected)));
        assert_eq!(expected.class(), Class::Configuration);
    }
}

/// The outcome for a signed image if the key secret has these items.
async fn with_items<const N: usize>(items: [(&str, Vec<u8>); N]) -> (Decision, Option<Code>) {
    let mut review = Review::of(&policy("ImagePolicy", OURS, SIGNED_BY));
    let items = items.map(|(name, bytes)| (name.to_owned(), bytes));
    review
        .secrets
        .insert("tenant", "release", Secret::new(BTreeMap::from(items)));
    outcome(&review.decide(signed()).await)
}

#[tokio::test]
async fn a_binary_key_in_a_secret_is_as_good_as_an_armored_one() {
    assert_eq!(
        with_items([("key", signer().public_key_binary())]).await,
        (Decision::Allow, None)
    );
}

#[tokio::test]
async fn a_revocation_certificate_in_a_key_secret_counts_in_the_item_and_beside_it() {
    let key = signer().public_key_armored();
    let revocation = signer().revocation_certificate_armored();
    let both = format!("{key}{revocation}").into_bytes();
    let (key, revocation) = (key.into_bytes(), revocation.into_bytes());
    let revoked = (Decision::Deny, Some(simple_codes::KEY_REVOKED));
    assert_eq!(with_items([("key", both)]).await, revoked);
    let beside = [("key", key.clone()), ("revocation.asc", revocation.clone())];
    assert_eq!(with_items(beside).await, revoked);
    let binary = [
        ("key", signer().public_key_binary()),
        ("a", revocation.clone()),
    ];
    assert_eq!(with_items(binary).await, revoked);
    // Alone it is about no key, and another item never brings one.
    let invalid = (Decision::Deny, Some(simple_codes::KEYRING_INVALID));
    assert_eq!(with_items([("key", revocation.clone())]).await, invalid);
    let swapped = [("key", revocation), ("other", key.clone())];
    assert_eq!(with_items(swapped).await, invalid);
    let harmless = [("key", key), ("note", b"call the release team".to_vec())];
    assert_eq!(with_items(harmless).await, (Decision::Allow, None));
}

#[tokio::test]
async fn keys_of_a_cluster_policy_never_come_from_the_tenant() {
    for group in [OURS, PORTIERIS] {
        let yaml = policy("ClusterImagePolicy", group, SIGNED_BY);
        let verdict = Review::of(&yaml).decide(signed()).await;
        assert_eq!(
            outcome(&verdict),
            (Decision::Deny, Some(Code::SECRET_NOT_FOUND)),
            "{group}"
        );
        let verdict = Review::of(&yaml)
            .secrets(key_in(&["doorward"]))
            .decide(signed())
            .await;
        assert_eq!(outcome(&verdict), (Decision::Allow, None), "{group}");
    }
}

#[tokio::test]
async fn the_compatibility_switch_reads_tenant_keys_for_the_portieris_group_alone() {
    for (group, expected) in [(OURS, Decision::Deny), (PORTIERIS, Decision::Allow)] {
        let mut review = Review::of(&policy("ClusterImagePolicy", group, SIGNED_BY));
        review.engine = review
            .engine
            .dangerously_read_cluster_policy_keys_from_tenants();
        assert_eq!(
            review.decide(signed()).await.decision(),
            expected,
            "{group}"
        );
    }
}

#[tokio::test]
async fn a_key_secret_in_a_named_namespace_is_read_there() {
    let body = SIGNED_BY.replace("release}", "release, keySecretNamespace: keys}");
    let verdict = Review::of(&policy("ClusterImagePolicy", OURS, &body))
        .secrets(key_in(&["keys"]))
        .decide(signed())
        .await;
    assert_eq!(outcome(&verdict), (Decision::Allow, None));
}

#[tokio::test]
async fn the_same_key_for_two_entries_is_parsed_and_fetched_once() {
    let yaml = policy("ImagePolicy", OURS, SIGNED_BY)
        + &policy("ClusterImagePolicy", OURS, SIGNED_BY)
            .replace("spec:\n", "spec:\n  floor: true\n");
    let world = Arc::new(signed());
    let rules = rules(&yaml);
    let secrets = key_in(&["tenant", "doorward"]);
    let context =
        Context::new(&rules, &secrets, Arc::clone(&world) as _, NOW).in_namespace("tenant");
    let verdict = Engine::default().decide(IMAGE, &context).await;
    assert_eq!(outcome(&verdict), (Decision::Allow, None));
    let asked = world.asked();
    assert_eq!(asked.iter().filter(|a| **a == signature(1)).count(), 1);
}

/// Secrets of a cluster that does not answer.
struct Silent;

impl Secrets for Silent {
    fn secret<'a>(&'a self, _: &'a str, _: &'a str) -> SecretFuture<'a> {
        Box::pin(std::future::ready(Err(SecretError::Unavailable {
            detail: "the API server does not answer".to_owned(),
        })))
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_read_is_unavailable_and_named_as_data() {
    let rules = rules(&policy("ImagePolicy", OURS, SIGNED_BY));
    let context = Context::new(&rules, &Silent, Arc::new(signed()), NOW).in_namespace("tenant");
    let verdict = Engine::builder().build().decide(IMAGE, &context).await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Deny, Some(Code::SECRET_UNAVAILABLE))
    );
    let rejection = verdict.rejection().unwrap();
    assert_eq!(rejection.class(), Class::Unavailable);
    assert_eq!(rejection.secret(), Some(("tenant", "release")));
}

const RING: &str = "https://keys.example/release.gpg";

fn by_file(file: &[u8]) -> KeySource {
    at(KeyPin::File(Digest::sha256(file)))
}

fn by_key(signer: &OpenPgpSigner) -> KeySource {
    at(KeyPin::OpenPgp(signer.fingerprint()))
}

fn at(pin: KeyPin) -> KeySource {
    KeySource::Url {
        url: RING.to_owned(),
        pin,
        form: KeyForm::OpenPgp,
    }
}

/// A server of keys on which the ring is this.
fn serving(ring: &[u8]) -> World {
    World::default().serves(&format!("lookaside {RING}"), ring)
}

fn silent() -> World {
    World::default().fails(&format!("lookaside {RING}"), unavailable())
}

/// A process that knows the ring of a source, a clock and a policy that demands a signature by it.
struct Watching {
    keys: KeySources,
    hand: Arc<AtomicI64>,
    rules: Rules,
}

impl Watching {
    fn new(source: &KeySource, memory: &Arc<MemoryState>) -> Self {
        let hand = Arc::new(AtomicI64::new(NOW.unix()));
        let now = Arc::clone(&hand);
        let clock = Arc::new(move || Timestamp::from_unix(now.load(Ordering::Relaxed)));
        let keys = KeySources::new(Arc::clone(memory) as _, clock);
        keys.watch([WatchedKey {
            source,
            is_kept: true,
        }]);
        let pin = match source.pin().unwrap() {
            KeyPin::File(digest) => format!("sha256: {}", digest.hex()),
            // As people write it.
            KeyPin::OpenPgp(key) => format!("fingerprint: {}", key.to_lowercase()),
            KeyPin::Key(_) => panic!("no key of OpenPGP"),
        };
        let body = SIGNED_BY.replace(
            "keySecret: release",
            &format!("keyURL: {{url: '{RING}', {pin}}}"),
        );
        let rules = rules(&policy("ImagePolicy", OURS, &body));
        Self { keys, hand, rules }
    }

    /// Asks two hours later.
    async fn later(&self, server: World) -> Result<KeyChange, KeySourceError> {
        self.hand.fetch_add(2 * 3600, Ordering::Relaxed);
        let mut renewed = self.keys.refresh(&server).await;
        renewed.remove(0).said
    }

    async fn decide(&self, world: World) -> Verdict {
        let none = StaticSecrets::default();
        let secrets = self.keys.beside(&none);
        let context =
            Context::new(&self.rules, &secrets, Arc::new(world), NOW).in_namespace("tenant");
        taped::decide(&Engine::default(), IMAGE, &context).await
    }

    async fn outcome(&self) -> (Decision, Option<Code>) {
        outcome(&self.decide(signed()).await)
    }
}

#[tokio::test]
async fn a_key_ring_at_an_address_is_fetched_before_an_image_needs_it_and_never_while_one_waits() {
    let (armored, binary) = (
        signer().public_key_armored().into_bytes(),
        signer().public_key_binary(),
    );
    for ring in [&armored, &binary] {
        for source in [by_file(ring), by_key(&signer())] {
            let watching = Watching::new(&source, &Arc::default());
            // Who is asked for the image would answer for the ring too.
            let world = signed().serves(&format!("lookaside {RING}"), ring);
            let verdict = watching.decide(world).await;
            assert_eq!(
                outcome(&verdict),
                (Decision::Deny, Some(Code::KEY_SOURCE_UNAVAILABLE))
            );
            assert_eq!(Code::KEY_SOURCE_UNAVAILABLE.class(), Class::Unavailable);
            assert!(
                verdict
                    .message()
                    .contains(&format!("the key ring of {RING}")),
                "{}",
                verdict.message()
            );
            let said = watching.later(serving(ring)).await;
            assert_eq!(said, Ok(KeyChange::First(Digest::sha256(ring))));
            assert_eq!(watching.outcome().await, (Decision::Allow, None));
        }
    }
    // Another ring that is what its pin says is still not that of the signer.
    let other = OpenPgpSigner::new(KeyKind::P256);
    let watching = Watching::new(&by_key(&other), &Arc::default());
    watching
        .later(serving(&other.public_key_binary()))
        .await
        .unwrap();
    assert_eq!(
        watching.outcome().await,
        (Decision::Deny, Some(simple_codes::UNKNOWN_KEY))
    );
}

#[tokio::test]
async fn a_key_ring_with_any_other_primary_key_than_is_pinned_is_refused() {
    let stranger = OpenPgpSigner::new(KeyKind::P256);
    // The attacker has signed the image, and put their key where the policy says, alone or beside the right one.
    let alone = stranger.public_key_binary();
    let beside = [signer().public_key_binary(), alone.clone()].concat();
    let image = stranger.sign(IMAGE, &digest());
    for ring in [&alone, &beside] {
        for source in [by_key(&signer()), by_file(&signer().public_key_binary())] {
            let watching = Watching::new(&source, &Arc::default());
            let said = watching.later(serving(ring)).await;
            let Err(KeySourceError::PinMismatch { expected, found }) = &said else {
                panic!("{said:?}");
            };
            if source == by_key(&signer()) {
                assert_eq!(*expected, signer().fingerprint());
                assert_eq!(*found, stranger.fingerprint());
            }
            let verdict = watching
                .decide(unsigned().serves(&signature(1), &image))
                .await;
            assert_eq!(
                outcome(&verdict),
                (Decision::Deny, Some(Code::KEY_SOURCE_PIN_MISMATCH))
            );
            assert_eq!(Code::KEY_SOURCE_PIN_MISMATCH.class(), Class::Integrity);
            assert!(
                verdict.message().contains(expected),
                "{}",
                verdict.message()
            );
        }
    }
}

#[tokio::test]
async fn the_last_good_key_ring_counts_while_another_or_none_is_served_and_for_the_next_process() {
    let ring = signer().public_key_binary();
    let other = OpenPgpSigner::new(KeyKind::P256).public_key_binary();
    for source in [by_file(&ring), by_key(&signer())] {
        let memory = Arc::default();
        let watching = Watching::new(&source, &memory);
        watching.later(serving(&ring)).await.unwrap();
        for wrong in [serving(&other), serving(b"<html>"), silent()] {
            watching.later(wrong).await.unwrap_err();
            assert_eq!(watching.outcome().await, (Decision::Allow, None));
        }
        let watching = Watching::new(&source, &memory);
        watching.hand.fetch_add(24 * 3600, Ordering::Relaxed);
        watching.later(silent()).await.unwrap_err();
        assert_eq!(watching.outcome().await, (Decision::Allow, None));
    }
}

#[tokio::test]
async fn what_a_ring_says_later_of_its_pinned_key_is_taken_over_and_outlives_the_process() {
    let armored = signer().public_key_armored();
    let revoked = format!("{armored}{}", signer().revocation_certificate_armored());
    let memory = Arc::default();
    let source = by_key(&signer());
    let watching = Watching::new(&source, &memory);
    watching.later(serving(armored.as_bytes())).await.unwrap();
    assert_eq!(watching.outcome().await, (Decision::Allow, None));
    let said = watching.later(serving(revoked.as_bytes())).await;
    assert_eq!(said, Ok(KeyChange::Same));
    let (decision, code) = watching.outcome().await;
    assert_eq!(decision, Decision::Deny);
    assert_eq!(code, Some(simple_codes::KEY_REVOKED));
    let watching = Watching::new(&source, &memory);
    watching.hand.fetch_add(24 * 3600, Ordering::Relaxed);
    watching.later(silent()).await.unwrap_err();
    assert_eq!(watching.outcome().await.1, Some(simple_codes::KEY_REVOKED));
}

#[tokio::test]
async fn what_is_no_ring_of_public_keys_is_none_even_if_it_is_pinned() {
    let armored = signer().public_key_armored();
    let private = signer().secret_key_armored();
    let secret_line = private.lines().nth(6).unwrap().to_owned();
    let long = armored.repeat(1 + (64 << 10) / armored.len());
    for ring in [
        String::new(),
        "<html><body>Sign in</body></html>".to_owned(),
        private.clone(),
        format!("{armored}{private}"),
        format!("Our release key:\n\n{armored}"),
        format!("{armored}token: hunter2\n"),
        armored[..armored.len() / 2].to_owned(),
        signer().revocation_certificate_armored(),
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n".to_owned(),
        long,
    ] {
        for source in [by_file(ring.as_bytes()), by_key(&signer())] {
            let watching = Watching::new(&source, &Arc::default());
            let error = watching.later(serving(ring.as_bytes())).await.unwrap_err();
            assert!(
                matches!(&error, KeySourceError::Invalid { .. }),
                "{ring:.60}: {error:?}"
            );
            assert!(!error.to_string().contains(&secret_line), "{error}");
            assert_eq!(
                watching.outcome().await,
                (Decision::Deny, Some(Code::KEY_SOURCE_INVALID))
            );
        }
    }
}

#[tokio::test]
async fn a_revocation_that_was_served_once_is_not_undone_by_an_older_ring() {
    let armored = signer().public_key_armored();
    let revoked = format!("{armored}{}", signer().revocation_certificate_armored());
    let memory = Arc::default();
    let source = by_key(&signer());
    let watching = Watching::new(&source, &memory);
    // One that was started earlier, and has not seen it.
    let other = Watching::new(&source, &memory);
    other.later(serving(armored.as_bytes())).await.unwrap();
    watching.hand.fetch_add(2 * 3600, Ordering::Relaxed);
    watching.later(serving(revoked.as_bytes())).await.unwrap();
    let said = watching.later(serving(armored.as_bytes())).await;
    let Err(KeySourceError::Invalid { detail }) = said else {
        panic!("{said:?}");
    };
    assert!(detail.contains(&signer().fingerprint()), "{detail}");
    let denied = (Decision::Deny, Some(simple_codes::KEY_REVOKED));
    assert_eq!(watching.outcome().await, denied);
    // To confirm the older one overwrites nothing that the next process knows.
    other.later(serving(armored.as_bytes())).await.unwrap();
    let watching = Watching::new(&source, &memory);
    watching.hand.fetch_add(24 * 3600, Ordering::Relaxed);
    let said = watching.later(serving(armored.as_bytes())).await;
    assert!(
        matches!(said, Err(KeySourceError::Invalid { .. })),
        "{said:?}"
    );
    assert_eq!(watching.outcome().await, denied);
    // Not even when what is remembered is too old to count itself.
    let watching = Watching::new(&source, &memory);
    watching.hand.fetch_add(40 * 24 * 3600, Ordering::Relaxed);
    let said = watching.later(serving(armored.as_bytes())).await;
    assert!(
        matches!(said, Err(KeySourceError::Invalid { .. })),
        "{said:?}"
    );
    let (decision, code) = watching.outcome().await;
    assert_eq!(
        (decision, code),
        (Decision::Deny, Some(Code::KEY_SOURCE_INVALID))
    );
}

#[tokio::test]
async fn a_revocation_that_a_namespace_saw_is_not_undone_by_what_the_operator_remembers() {
    let armored = signer().public_key_armored();
    let revoked = format!("{armored}{}", signer().revocation_certificate_armored());
    let memory = Arc::default();
    let source = by_key(&signer());
    let earlier = Watching::new(&source, &memory);
    earlier.later(serving(armored.as_bytes())).await.unwrap();
    let watching = Watching::new(&source, &memory);
    let watch = |is_kept| {
        let source = &source;
        watching.keys.watch([WatchedKey { source, is_kept }]);
    };
    watch(false);
    watching.later(serving(revoked.as_bytes())).await.unwrap();
    watch(true);
    watching.later(silent()).await.unwrap_err();
    let denied = (Decision::Deny, Some(simple_codes::KEY_REVOKED));
    assert_eq!(watching.outcome().await, denied);
}

#[tokio::test]
async fn a_revocation_that_nobody_can_check_does_not_end_the_last_good_ring() {
    let ring = signer().public_key_binary();
    let armored = signer().revocation_certificate_armored();
    let body = armored.split("\n\n").nth(1).unwrap();
    let lines = body
        .lines()
        .take_while(|line| !line.starts_with(['=', '-']));
    let mut revocation = STANDARD.decode(lines.collect::<String>()).unwrap();
    let whole = [ring.clone(), revocation.clone()].concat();
    // A hash that nobody knows (RFC 9580, section 5.2.3: version, type, algorithm of the key, hash).
    let head = revocation
        .windows(2)
        .position(|two| two == [4, 0x20])
        .unwrap();
    revocation[head + 3] = 99;
    let broken = [ring.clone(), revocation].concat();
    let watching = Watching::new(&by_key(&signer()), &Arc::default());
    watching.later(serving(&ring)).await.unwrap();
    let said = watching.later(serving(&broken)).await;
    let Err(KeySourceError::Invalid { detail }) = said else {
        panic!("{said:?}");
    };
    assert!(detail.contains("a revocation"), "{detail}");
    assert_eq!(watching.outcome().await, (Decision::Allow, None));
    // The owner's own ends it.
    watching.later(serving(&whole)).await.unwrap();
    assert_eq!(watching.outcome().await.1, Some(simple_codes::KEY_REVOKED));
}

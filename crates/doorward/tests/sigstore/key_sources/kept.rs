//! What was had stays, for a time, whatever is served meanwhile.

use bytes::Bytes;
use doorward::core::{Scheme, StateKey};
use doorward::policy::{KeyPin, KeySource};
use doorward::{KeyChange, KeySourceError, WatchedKey};
use doorward_testkit::CosignKey;

use super::world::{
    DAY, HOUR, World, down, fingerprint, pinned_file, pinned_key, pinned_kms, served, unpinned,
};

#[tokio::test]
async fn a_key_that_was_exchanged_without_its_pin_is_refused_and_the_last_good_one_stays() {
    let pem = CosignKey::generate().public_pem();
    let other = CosignKey::generate().public_pem();
    for source in [pinned_file(&pem), pinned_key(&pem), pinned_kms(&pem)] {
        let world = World::new([served(&pem)]);
        let keys = world.watching(&[&source]);
        keys.refresh(&world).await;
        let before = keys.get(&source).unwrap();
        for wrong in [served(&other), served("<html>"), down()] {
            world.say(wrong);
            world.pass(2 * HOUR);
            let renewed = keys.refresh(&world).await;
            assert!(renewed[0].said.is_err() && renewed[0].counts);
            assert_eq!(keys.get(&source).unwrap(), before);
        }
        // It counts for 30 days after it was last served, and the reason is told once it does not.
        world.say(served(&other));
        let end = keys.end().unwrap();
        world.pass(30 * DAY - 7 * HOUR);
        keys.refresh(&world).await;
        assert!(keys.get(&source).is_ok());
        assert_eq!(keys.end(), Some(end));
        world.pass(HOUR);
        let error = keys.get(&source).unwrap_err();
        assert!(
            matches!(error, KeySourceError::PinMismatch { .. }),
            "{error:?}"
        );
        // And comes back with the right key.
        world.say(served(&pem));
        world.pass(2 * HOUR);
        let renewed = keys.refresh(&world).await;
        assert_eq!(renewed[0].said, Ok(KeyChange::Same));
        assert!(keys.get(&source).is_ok());
    }
}

#[tokio::test]
async fn a_service_exchanges_a_key_that_no_pin_says_and_that_is_told() {
    let (old, new) = (
        CosignKey::generate().public_pem(),
        CosignKey::generate().public_pem(),
    );
    let source = unpinned();
    let world = World::new([served(&old)]);
    let keys = world.watching(&[&source]);
    keys.refresh(&world).await;
    world.say(served(&new));
    world.pass(2 * HOUR);
    let renewed = keys.refresh(&world).await;
    let exchanged = KeyChange::Exchanged {
        before: fingerprint(&old),
        now: fingerprint(&new),
    };
    assert_eq!(renewed[0].said, Ok(exchanged));
    // It counts for a day without the service.
    world.say(down());
    world.pass(DAY - 1);
    keys.refresh(&world).await;
    assert!(keys.get(&source).is_ok());
    world.pass(1);
    assert!(keys.get(&source).is_err());
}

#[tokio::test]
async fn the_next_process_goes_on_with_what_has_its_pin_and_with_nothing_else() {
    let pem = CosignKey::generate().public_pem();
    for source in [pinned_file(&pem), pinned_key(&pem), pinned_kms(&pem)] {
        let world = World::new([served(&pem), down()]);
        world.watching(&[&source]).refresh(&world).await;
        // Nobody is asked as long as it is young.
        let keys = world.watching(&[&source]);
        assert!(keys.refresh(&world).await.is_empty());
        assert!(keys.get(&source).is_ok());
        assert_eq!(world.asked(), 1);
        // Later it is, and the last good one stays though nobody answers.
        world.pass(29 * DAY);
        let keys = world.watching(&[&source]);
        let renewed = keys.refresh(&world).await;
        assert!(renewed[0].said.is_err() && renewed[0].counts);
        world.pass(2 * DAY);
        let keys = world.watching(&[&source]);
        assert!(!keys.refresh(&world).await[0].counts);
    }
    let source = unpinned();
    let world = World::new([served(&pem), down()]);
    world.watching(&[&source]).refresh(&world).await;
    let keys = world.watching(&[&source]);
    assert!(!keys.refresh(&world).await[0].counts);
}

#[tokio::test]
async fn a_pin_that_the_policy_changes_is_another_source_with_nothing_remembered_for_it() {
    let (old, new) = (
        CosignKey::generate().public_pem(),
        CosignKey::generate().public_pem(),
    );
    let (before, after) = (pinned_key(&old), pinned_key(&new));
    let world = World::new([served(&old)]);
    let keys = world.watching(&[&before]);
    keys.refresh(&world).await;
    super::world::watch(&keys, &[&after]);
    keys.refresh(&world).await;
    let error = keys.get(&after).unwrap_err();
    assert!(matches!(error, KeySourceError::PinMismatch { .. }));
    assert!(keys.get(&before).is_err(), "no policy names it any more");
}

#[tokio::test]
async fn two_pins_of_one_address_are_remembered_beside_each_other() {
    let (old, new) = (
        CosignKey::generate().public_pem(),
        CosignKey::generate().public_pem(),
    );
    for pinned in [pinned_key, pinned_file, pinned_kms] {
        let (before, after) = (pinned(&old), pinned(&new));
        let world = World::new([served(&old)]);
        world.watching(&[&before]).refresh(&world).await;
        world.say(served(&new));
        world.watching(&[&after]).refresh(&world).await;
        // Nobody answers any more, and each has what was served under its own pin.
        world.say(down());
        world.pass(HOUR * 2);
        for (source, pem) in [(&before, &old), (&after, &new)] {
            let keys = world.watching(&[source]);
            keys.refresh(&world).await;
            let key = keys.get(source).unwrap();
            assert_eq!(key.item("key"), Some(pem.as_bytes()), "{source:?}");
        }
    }
    // The same key, by its file and by itself.
    let world = World::new([served(&old)]);
    for source in [pinned_file(&old), pinned_key(&old)] {
        world.watching(&[&source]).refresh(&world).await;
    }
    assert_eq!(world.asked(), 2);
}

/// Puts a document in the place of what is remembered for a source.
async fn plant(world: &World, source: &KeySource, document: &str) {
    let servers = vec![source.address().to_owned()];
    let pin = match source.pin() {
        None => String::new(),
        Some(KeyPin::File(digest)) => format!(" with the file {digest}"),
        Some(KeyPin::Key(digest)) => format!(" with the key {digest}"),
        Some(KeyPin::OpenPgp(_)) => panic!("no key of sigstore"),
    };
    let name = format!("key source{pin}");
    let key = StateKey::new("cluster", Scheme::SIGSTORE, servers, name);
    let stored = world.memory.load(&key).await.unwrap();
    let new = Bytes::copy_from_slice(document.as_bytes());
    assert_eq!(
        world.memory.replace(&key, stored.bytes(), new).await,
        Ok(true)
    );
}

#[tokio::test]
async fn a_key_that_was_put_into_the_memory_gains_no_trust() {
    let pem = CosignKey::generate().public_pem();
    let planted = CosignKey::generate().public_pem();
    let world = World::new([down()]);
    let asked = doorward::core::Timestamp::from_unix(1_795_262_400);
    let document = |key: &str, asked: i64, version: u32| {
        serde_json::json!({"version": version, "asked": asked, "key": key}).to_string()
    };
    let now = asked.unix();
    for source in [
        pinned_file(&pem),
        pinned_key(&pem),
        pinned_kms(&pem),
        unpinned(),
    ] {
        for text in [
            document(&planted, now, 1),
            document("", now, 1),
            document(&pem, now, 2),
            // A time that has not come keeps nothing from being asked.
            document(&pem, now + 400 * DAY, 1),
            document(&pem, i64::MAX, 1),
            document(&pem, i64::MIN, 1),
            document(&pem, now - 31 * DAY, 1),
            "{}".to_owned(),
            "[".repeat(100_000),
            "x".repeat(200_000),
        ] {
            plant(&world, &source, &text).await;
            let keys = world.watching(&[&source]);
            assert_eq!(keys.refresh(&world).await.len(), 1, "{text:.60}");
            assert!(keys.get(&source).is_err(), "{source:?} {text:.60}");
        }
    }
}

#[tokio::test]
async fn what_a_tenant_names_takes_no_share_of_what_is_remembered() {
    let pem = CosignKey::generate().public_pem();
    let source = pinned_key(&pem);
    let world = World::new([served(&pem), down()]);
    let keys = world.watching(&[]);
    keys.watch([WatchedKey {
        source: &source,
        is_kept: false,
    }]);
    keys.refresh(&world).await;
    assert!(keys.get(&source).is_ok());
    let keys = world.watching(&[&source]);
    assert!(!keys.refresh(&world).await[0].counts);
}

#[tokio::test]
async fn a_key_that_was_had_at_a_time_that_has_not_come_counts_again_once_it_is_confirmed() {
    let pem = CosignKey::generate().public_pem();
    for source in [pinned_key(&pem), unpinned()] {
        let world = World::new([served(&pem)]);
        let keys = world.watching(&[&source]);
        keys.refresh(&world).await;
        // Clocks are corrected a little all the time.
        world.pass(-300);
        assert!(keys.get(&source).is_ok());
        assert!(keys.refresh(&world).await.is_empty());
        world.pass(-1);
        let error = keys.get(&source).unwrap_err();
        assert!(
            matches!(&error, KeySourceError::Unavailable { detail } if detail.contains("clock")),
            "{error:?}"
        );
        // It is asked at once, and after a failure no more often than others.
        world.say(down());
        assert!(!keys.refresh(&world).await[0].counts);
        assert!(keys.refresh(&world).await.is_empty());
        world.say(served(&pem));
        world.pass(15);
        assert!(keys.refresh(&world).await[0].counts);
        assert!(keys.get(&source).is_ok());
    }
}

#[tokio::test]
async fn a_clock_that_goes_back_puts_nobody_off_for_long() {
    let pem = CosignKey::generate().public_pem();
    let source = pinned_key(&pem);
    let world = World::new([served(&pem)]);
    let keys = world.watching(&[&source]);
    world.pass(400 * DAY);
    keys.refresh(&world).await;
    world.pass(-400 * DAY);
    assert_eq!(keys.refresh(&world).await.len(), 1);
    assert!(keys.get(&source).is_ok());
}

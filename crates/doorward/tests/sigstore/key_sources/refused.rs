//! What is served and is no key, or not the one that is pinned.

use doorward::KeySourceError;
use doorward::core::{Answer, FetchError};
use doorward::policy::KeySource;
use doorward_testkit::{CosignForm, CosignKey};

use super::world::{World, down, pinned_file, pinned_key, pinned_kms, served, unpinned};
use crate::site::{Site, refused};

/// Why this source gives no key if that is served.
async fn why(source: &KeySource, answer: Answer) -> KeySourceError {
    let world = World::new([answer]);
    let keys = world.watching(&[source]);
    let renewed = keys.refresh(&world).await;
    let error = renewed[0].said.clone().expect_err("no key");
    assert!(!renewed[0].counts);
    assert_eq!(keys.get(source).map(|_| ()), Err(error.clone()));
    error
}

fn is_mismatch(error: &KeySourceError) -> bool {
    matches!(error, KeySourceError::PinMismatch { .. })
}

fn is_invalid(error: &KeySourceError) -> bool {
    matches!(error, KeySourceError::Invalid { .. })
}

fn is_unavailable(error: &KeySourceError) -> bool {
    matches!(error, KeySourceError::Unavailable { .. })
}

#[tokio::test]
async fn another_key_than_is_pinned_is_refused_with_both_digests() {
    let site = Site::new(true).await;
    let stolen = CosignKey::generate();
    // The attacker has signed the image, and put their key where the policy says.
    let signature = doorward_testkit::CosignBuilder::new(&stolen, &site.image);
    site.tag("sig", &[signature.form(CosignForm::Layer).build()]);
    let (pinned, served_key) = (site.key.public_pem(), stolen.public_pem());
    for source in [
        pinned_file(&pinned),
        pinned_key(&pinned),
        pinned_kms(&pinned),
    ] {
        let error = why(&source, served(&served_key)).await;
        let KeySourceError::PinMismatch { expected, found } = error else {
            panic!("{error:?}");
        };
        assert_ne!(expected, found);
        let world = World::new([served(&served_key)]);
        let keys = world.watching(&[&source]);
        keys.refresh(&world).await;
        let verdict = world.decide(&site, &keys, &source).await;
        refused(&verdict, "key-source-pin-mismatch");
        assert!(
            verdict.message().contains(&expected),
            "{}",
            verdict.message()
        );
    }
}

#[tokio::test]
async fn what_is_no_single_public_key_is_none_whoever_vouches_for_it() {
    let pem = CosignKey::generate().public_pem();
    let other = CosignKey::generate().public_pem();
    let two = format!("{pem}{other}");
    let unknown = pem.replacen("MFkwEwYHKoZIzj0CAQ", "MFkwEwYHKoZIzj0CAg", 1);
    assert_ne!(unknown, pem);
    let page = "<html><body>Sign in</body></html>";
    let commented = format!("# release key\n{pem}");
    let followed = format!("{pem}# release key\n");
    let short = &pem[..pem.len() / 2];
    for text in [
        two.as_str(),
        &commented,
        &followed,
        &unknown,
        page,
        short,
        "",
        "{}",
    ] {
        // Also if the pin is that of the file: then it is the operator who took it for a key.
        for source in [pinned_key(&pem), pinned_file(text), unpinned()] {
            let error = why(&source, served(text)).await;
            assert!(is_invalid(&error), "{text}: {error:?}");
        }
        assert!(is_mismatch(&why(&pinned_file(&pem), served(text)).await));
    }
}

#[tokio::test]
async fn a_private_key_is_refused_and_nothing_of_it_is_told() {
    let content = "MC4CAQAwBQYDK2VwBCIEIHNlY3JldHNlY3JldHNlY3JldHNlY3JldHNlY3Jl";
    for kind in [
        "PRIVATE KEY",
        "EC PRIVATE KEY",
        "ENCRYPTED SIGSTORE PRIVATE KEY",
    ] {
        let private = format!("-----BEGIN {kind}-----\n{content}\n-----END {kind}-----\n");
        let beside = format!("{}{private}", CosignKey::generate().public_pem());
        for text in [&private, &beside] {
            // Even if it is what the policy pins.
            for source in [pinned_file(text), unpinned()] {
                let error = why(&source, served(text)).await;
                assert!(is_invalid(&error), "{error:?}");
                assert!(error.to_string().contains("a private key"), "{error}");
                assert!(!format!("{error:?}").contains("secret"), "{error:?}");
                assert!(!format!("{error:?}").contains(&content[8..24]), "{error:?}");
            }
        }
    }
}

#[tokio::test]
async fn too_much_is_no_key() {
    let pem = CosignKey::generate().public_pem();
    let long = format!("{pem}{}", "#".repeat(16 << 10));
    assert!(is_invalid(&why(&pinned_file(&long), served(&long)).await));
    let error = FetchError::TooLarge { limit: 16 << 10 };
    assert!(is_invalid(&why(&pinned_key(&pem), Err(error)).await));
}

#[tokio::test]
async fn what_could_not_be_asked_is_never_a_key_that_is_wrong() {
    let pem = CosignKey::generate().public_pem();
    let detail = || "d".to_owned();
    for error in [
        FetchError::NotFound,
        FetchError::Unavailable { detail: detail() },
        FetchError::Unauthorized { detail: detail() },
        // A redirect that leads to a server without transport security.
        FetchError::Insecure { detail: detail() },
    ] {
        let told = why(&pinned_key(&pem), Err(error)).await;
        assert!(is_unavailable(&told), "{told:?}");
    }
    assert!(is_unavailable(&why(&unpinned(), down()).await));
}

#[tokio::test]
async fn without_programs_no_service_is_asked_and_no_key_of_one_counts() {
    use std::sync::Arc;

    let source = unpinned();
    let world = World::new([down()]);
    let clock = Arc::new(|| doorward::core::Timestamp::from_unix(0));
    let keys = doorward::KeySources::new(Arc::clone(&world.memory), clock);
    super::world::watch(&keys, &[&source]);
    keys.refresh(&world).await;
    assert_eq!(world.asked(), 0);
    assert!(is_unavailable(&keys.get(&source).unwrap_err()));
}

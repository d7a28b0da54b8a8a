mod ends;
mod passed_over;

use crate::codes;
use std::sync::Arc;

use doorward_core::{Answer, Basic, Budget, Digest, Fetched};

use super::*;
use crate::{Keyring, SignedIdentity};

const GOOD: &[u8] = include_bytes!("../../tests/vectors/signatures/ok-rsa2048.sig");
const STRANGER: &[u8] = include_bytes!("../../tests/vectors/signatures/ok-stranger.sig");
const KEY: &[u8] = include_bytes!("../../tests/vectors/keys/rsa2048.gpg");
const MANIFEST: &[u8] = include_bytes!("../../tests/vectors/images/oci.manifest.json");

fn signed_by() -> Requirement {
    Requirement::SignedBy {
        keyring: Arc::new(Keyring::parse([KEY]).expect("valid")),
        identity: SignedIdentity::default(),
    }
}

fn input(requirements: Vec<Requirement>) -> SessionInput {
    let image: doorward_core::Reference = "registry.example.com/ns/app:1.0".parse().expect("valid");
    SessionInput {
        located: image.repository().clone(),
        subject: Subject::new(image, Digest::sha256(MANIFEST)),
        requirements,
        store: Store::lookaside("https://sigs.example.com", None).expect("valid"),
        now: "2026-11-21T00:00:00Z".parse().expect("valid"),
    }
}

fn bytes(content: &[u8]) -> Answer {
    Ok(Fetched::new(content.to_vec(), None, "test"))
}

fn unavailable() -> FetchError {
    FetchError::Unavailable {
        detail: "down".into(),
    }
}

/// Runs a session against a store; says how many resources each round asked for, and the outcome.
fn drive(
    mut session: SimpleSession,
    extension: &Answer,
    stored: &dyn Fn(usize) -> Answer,
) -> (Vec<usize>, Result<Proof, Rejection>) {
    let mut meter = Meter::new(Budget::default());
    let mut rounds = Vec::new();
    let mut answers = Vec::new();
    loop {
        match session.advance(answers, &mut meter) {
            Step::Done(outcome) => return (rounds, outcome),
            Step::Fetch(fetches) => {
                assert!(!fetches.is_empty(), "an empty round would never end");
                rounds.push(fetches.len());
                answers = fetches
                    .iter()
                    .map(|fetch| {
                        fetch.check(match &fetch.resource {
                            Resource::SignatureExtension { .. } => extension.clone(),
                            Resource::Lookaside { url, .. } => {
                                let (_, index) = url.rsplit_once("signature-").expect("an index");
                                stored(index.parse().expect("an index"))
                            }
                            other => panic!("asked for {other}"),
                        })
                    })
                    .collect();
            }
        }
    }
}

fn lookaside(count: usize) -> impl Fn(usize) -> Answer {
    move |index| {
        if index <= count {
            bytes(GOOD)
        } else {
            Err(FetchError::NotFound)
        }
    }
}

fn read(count: usize) -> (Vec<usize>, Result<Proof, Rejection>) {
    drive(
        SimpleSession::new(input(vec![signed_by()])),
        &Err(FetchError::NotSupported),
        &lookaside(count),
    )
}

fn code(outcome: Result<Proof, Rejection>) -> Code {
    let rejection = outcome.expect_err("must be refused");
    assert_eq!(rejection.scheme(), Some(Scheme::SIMPLE_SIGNING));
    rejection.code()
}

#[test]
fn one_signature_takes_one_round() {
    let (rounds, outcome) = read(1);
    assert_eq!(rounds, [3]);
    assert!(outcome.is_ok());
}

#[test]
fn an_unsigned_image_takes_one_round() {
    let (rounds, outcome) = read(0);
    assert_eq!(rounds, [3]);
    assert_eq!(code(outcome), codes::NO_SIGNATURE);
}

#[test]
fn rounds_grow_with_the_logarithm_of_the_signatures() {
    assert_eq!(read(2).0, [3, 2]);
    assert_eq!(read(5).0, [3, 2, 4]);
    assert_eq!(read(20).0, [3, 2, 4, 8, 16]);
    let (rounds, outcome) = read(127);
    assert!(rounds.len() <= 8, "{rounds:?}");
    assert!(outcome.is_ok());
}

#[test]
fn with_128_signatures_the_store_is_given_up() {
    for count in [128, 129, 100_000] {
        let (rounds, outcome) = read(count);
        assert_eq!(code(outcome), codes::TOO_MANY_SIGNATURES);
        assert!(rounds.iter().sum::<usize>() <= 129 + 1);
    }
}

#[test]
fn a_list_of_the_registry_takes_one_round_and_the_store_is_not_looked_at() {
    let (rounds, outcome) = drive(
        SimpleSession::new(input(vec![signed_by()])),
        &bytes(br#"{"signatures":[]}"#),
        &lookaside(1),
    );
    assert_eq!(rounds, [3]);
    assert_eq!(code(outcome), codes::NO_SIGNATURE);
}

#[test]
fn errors_of_the_store_do_not_matter_where_the_registry_has_the_list() {
    use base64::Engine;
    let content = crate::extension::BASE64.encode(GOOD);
    let list = format!(
        r#"{{"signatures":[{{"schemaVersion":2,"type":"atomic","name":"n","content":"{content}"}}]}}"#
    );
    let (_, outcome) = drive(
        SimpleSession::new(input(vec![signed_by()])),
        &bytes(list.as_bytes()),
        &|_| Err(unavailable()),
    );
    assert!(outcome.is_ok());
}

#[test]
fn nothing_is_fetched_where_no_requirement_looks_at_signatures() {
    for (requirements, accepted) in [
        (vec![Requirement::InsecureAcceptAnything], true),
        (vec![Requirement::Reject], false),
        (
            vec![Requirement::InsecureAcceptAnything, Requirement::Reject],
            false,
        ),
        (vec![], false),
    ] {
        let (rounds, outcome) = drive(
            SimpleSession::new(input(requirements)),
            &Err(unavailable()),
            &|_| Err(unavailable()),
        );
        assert_eq!(rounds, [0; 0]);
        assert_eq!(outcome.is_ok(), accepted);
    }
}

#[test]
fn without_a_store_only_the_registry_is_asked() {
    let mut input = input(vec![signed_by()]);
    input.store = Store::None;
    let (rounds, outcome) = drive(
        SimpleSession::new(input),
        &Err(FetchError::NotSupported),
        &lookaside(1),
    );
    assert_eq!(rounds, [1]);
    assert_eq!(code(outcome), codes::NO_SIGNATURE);
}

#[test]
fn a_registry_that_cannot_be_asked_is_not_taken_for_one_without_a_list() {
    let (_, outcome) = drive(
        SimpleSession::new(input(vec![signed_by()])),
        &Err(unavailable()),
        &lookaside(1),
    );
    assert_eq!(code(outcome), Code::REGISTRY_UNAVAILABLE);
}

#[test]
fn a_registry_that_has_lists_but_not_this_one_is_malformed() {
    let (_, outcome) = drive(
        SimpleSession::new(input(vec![signed_by()])),
        &Err(FetchError::NotFound),
        &lookaside(1),
    );
    assert_eq!(code(outcome), codes::STORE_MALFORMED);
}

#[test]
fn an_error_of_the_store_is_not_taken_for_the_end_even_after_a_good_signature() {
    for (error, expected) in [
        (unavailable(), Code::REGISTRY_UNAVAILABLE),
        (
            FetchError::Unauthorized {
                detail: "403".into(),
            },
            codes::STORE_UNAUTHORIZED,
        ),
        (FetchError::TooLarge { limit: 1 }, Code::REGISTRY_TOO_LARGE),
        (FetchError::NotSupported, Code::REGISTRY_MALFORMED),
    ] {
        for at in [1, 2, 3, 6] {
            let (_, outcome) = drive(
                SimpleSession::new(input(vec![signed_by()])),
                &Err(FetchError::NotSupported),
                &|index| {
                    if index == at {
                        Err(error.clone())
                    } else {
                        lookaside(at)(index)
                    }
                },
            );
            assert_eq!(code(outcome), expected, "at {at}");
        }
    }
}

#[test]
fn what_lies_behind_the_first_gap_is_never_looked_at() {
    let behind: [&dyn Fn() -> Answer; 3] = [&|| bytes(GOOD), &|| Err(unavailable()), &|| {
        bytes(b"<html>")
    }];
    for behind in behind {
        let (_, outcome) = drive(
            SimpleSession::new(input(vec![signed_by()])),
            &Err(FetchError::NotSupported),
            &|index| match index {
                1 => bytes(STRANGER),
                2 => Err(FetchError::NotFound),
                _ => behind(),
            },
        );
        assert_eq!(code(outcome), codes::UNKNOWN_KEY);
    }
}

#[test]
fn a_store_that_refuses_access_is_not_told_as_a_registry_that_does() {
    let session = SimpleSession::new(input(vec![signed_by()])).skipping_unreadable();
    let (_, outcome) = drive(session, &Err(FetchError::NotSupported), &|index| {
        if index == 1 {
            return bytes(GOOD);
        }
        Err(FetchError::Unauthorized {
            detail: "sigs.example.com answered 403".to_owned(),
        })
    });
    let rejection = outcome.expect_err("must be refused");
    assert_eq!(rejection.code(), codes::STORE_UNAUTHORIZED);
    assert!(
        rejection.detail().ends_with(
            "/signature-2: the signature store refused access: sigs.example.com answered 403"
        ),
        "{rejection}"
    );
}

#[test]
fn a_store_address_that_is_not_valid_is_an_error_of_the_policy() {
    let mut input = input(vec![signed_by()]);
    input.store = Store::Lookaside {
        base: "ftp://sigs.example.com".into(),
        access: None,
    };
    let (rounds, outcome) = drive(
        SimpleSession::new(input),
        &Err(FetchError::NotSupported),
        &lookaside(1),
    );
    assert_eq!(rounds, [0; 0]);
    assert_eq!(code(outcome), Code::POLICY_INVALID);
}

#[test]
fn credentials_go_beside_the_address_and_the_path_is_that_of_the_physical_repository() {
    let mut input = input(vec![signed_by()]);
    input.located = "mirror.example.com/m/app".parse().expect("valid");
    input.store = Store::Lookaside {
        base: "https://u:p@sigs.example.com".into(),
        access: None,
    };
    let mut session = SimpleSession::new(input);
    let Step::Fetch(fetches) = session.advance(Vec::new(), &mut Meter::new(Budget::default()))
    else {
        panic!("expected fetches");
    };
    let Resource::SignatureExtension { repository, .. } = &fetches[0].resource else {
        panic!("expected the extension");
    };
    assert_eq!(repository.to_string(), "registry.example.com/ns/app");
    let Resource::Lookaside { url, access } = &fetches[1].resource else {
        panic!("expected the store");
    };
    assert!(
        url.starts_with("https://sigs.example.com/m/app@sha256="),
        "{url}"
    );
    assert_eq!(access, &Some(Basic::new("u", "p")));
}

#[test]
fn answers_that_do_not_fit_end_the_session_without_a_proof() {
    let mut meter = Meter::new(Budget::default());
    for answers in [vec![], vec![Err(FetchError::NotSupported)]] {
        let mut session = SimpleSession::new(input(vec![signed_by()]));
        let Step::Fetch(fetches) = session.advance(Vec::new(), &mut meter) else {
            panic!("expected fetches");
        };
        let checked = fetches[0].check(bytes(GOOD));
        let Step::Done(outcome) = session.advance(answers, &mut meter) else {
            panic!("expected an end");
        };
        assert_eq!(code(outcome), Code::INTERNAL_ERROR);
        let Step::Done(again) = session.advance(vec![checked], &mut meter) else {
            panic!("expected an end");
        };
        assert_eq!(code(again), Code::INTERNAL_ERROR);
    }
}

#[test]
fn a_session_gives_evidence_of_who_signed_what_and_where() {
    let (_, outcome) = read(1);
    let proof = outcome.expect("accepted");
    let evidence = &proof.evidence()[0];
    assert_eq!(
        evidence.key.as_deref(),
        Some("5FC6D3A3A8F0DF741E1FC391887BFE36F2005A7F")
    );
    assert_eq!(
        evidence.signer.as_deref(),
        Some("rsa2048 <rsa2048@lab.example>")
    );
    assert_eq!(
        evidence.identity.as_deref(),
        Some("registry.example.com/ns/app:1.0")
    );
    assert_eq!(evidence.source.as_deref(), Some("test"));
    assert!(evidence.signed_at.is_some());
    assert_eq!(proof.digest(), &Digest::sha256(MANIFEST));
}

proptest::proptest! {
    #[test]
    fn nothing_is_asked_for_behind_what_was_asked_for_together_with_no_signature(
        page in 1_usize..40,
        text in "[<!a-z][ -~]{0,20}",
    ) {
        let session = SimpleSession::new(input(vec![signed_by()])).skipping_unreadable();
        let asked = std::cell::RefCell::new(Vec::new());
        let (rounds, _) = drive(session, &Err(FetchError::NotSupported), &|index| {
            asked.borrow_mut().push(index);
            match index {
                _ if index == page => bytes(text.as_bytes()),
                _ => bytes(STRANGER),
            }
        });
        // The round with the page in it is the last one.
        let asked = asked.into_inner();
        let last = rounds.last().copied().unwrap_or_default();
        let (before, together) = asked.split_at(asked.len() - last.min(asked.len()));
        proptest::prop_assert!(!before.contains(&page), "{asked:?}");
        proptest::prop_assert!(together.contains(&page), "{asked:?}");
    }
}

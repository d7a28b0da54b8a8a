//! Who must have signed a document, and about what.

use std::sync::Arc;

use doorward::core::{Code, Digest};
use doorward::{Decision, Plan};

use crate::support::{TOY, Toy, document, fixed, governed, note, policies, toy_codes};
use crate::world::{decide, decide_in, demanding, documents, image, signed_by_a, world};

#[tokio::test]
async fn a_signed_document_about_the_image_admits_it_pinned_to_its_own_digest() {
    let good = document(&image(), "");
    let verdict = decide(
        &demanding(documents(signed_by_a(), None)),
        world(&[(good, true)]),
    )
    .await;
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
    assert_eq!(verdict.pinned().unwrap().digest(), &image());
    // Who vouched for the document stands beside what the document says.
    let [requirement] = verdict.requirements() else {
        panic!("{:?}", verdict.requirements());
    };
    let signers: Vec<_> = requirement
        .evidence
        .iter()
        .filter_map(|one| one.signer.as_deref())
        .collect();
    assert_eq!((requirement.scheme, signers), (TOY, vec!["document", "a"]));
}

#[tokio::test]
async fn a_document_that_nobody_signed_is_not_even_read() {
    let good = document(&image(), "");
    let world = Arc::new(world(&[(good.clone(), false)]));
    let verdict = decide_in(
        &demanding(documents(signed_by_a(), None)),
        Arc::clone(&world),
    )
    .await;
    assert_eq!(verdict.code(), Some(toy_codes::NO_NOTE));
    // Its manifest was asked for once, to see what it is, and nothing opened it.
    let name = format!("manifest r.example/app@{}", Digest::sha256(&good));
    let asked = world.asked();
    assert_eq!(asked.iter().filter(|one| **one == name).count(), 1);
}

#[tokio::test]
async fn a_plan_that_checks_nothing_vouches_for_no_document() {
    let verdict = decide(
        &demanding(documents(Plan::unchecked(), None)),
        world(&[(document(&image(), ""), true)]),
    )
    .await;
    assert_eq!(verdict.decision(), Decision::Deny);
    assert_eq!(verdict.code(), Some(Code::POLICY_INVALID));
}

#[tokio::test]
async fn a_requirement_that_accepts_anything_vouches_for_no_document() {
    let rules = policies(
        "attestations: [{predicateType: \"https://toys.example/v1\", signedBy: {simple: {requirements: \
         [{type: insecureAcceptAnything}]}}}]",
    );
    for is_signed in [false, true] {
        let verdict = decide(&rules, world(&[(document(&image(), ""), is_signed)])).await;
        assert_eq!(verdict.decision(), Decision::Deny);
        assert_eq!(verdict.code(), Some(Code::POLICY_INVALID));
    }
}

#[tokio::test]
async fn what_was_proved_of_a_document_says_nothing_about_the_digest_of_the_image() {
    let good = document(&image(), "");
    let digest = Digest::sha256(&good);
    // The document counts for the image although its own digest is another one.
    let both = fixed(vec![governed(vec![
        documents(signed_by_a(), None),
        Toy::demand("image"),
    ])]);
    let world_of = |good: &Vec<u8>| world(&[(good.clone(), true)]);
    let admitted = decide(
        &both,
        world_of(&good).serves(&note("image", &image()), b"image"),
    )
    .await;
    assert_eq!(
        admitted.decision(),
        Decision::Allow,
        "{}",
        admitted.message()
    );
    // The signature of the document is none of the image.
    let refused = decide(&demanding(Toy::demand("a")), world_of(&good)).await;
    assert_eq!(refused.code(), Some(toy_codes::NO_NOTE));
    // A reader that proves the digest of the document has proved nothing of the image.
    let refused = decide(
        &demanding(documents(signed_by_a(), Some(digest))),
        world_of(&good),
    )
    .await;
    assert_eq!(refused.code(), Some(Code::CONFLICTING_DIGESTS));
}

#[tokio::test]
async fn a_signed_document_about_another_image_does_not_count() {
    let other = document(&Digest::sha256(b"another image"), "");
    let verdict = decide(
        &demanding(documents(signed_by_a(), None)),
        world(&[(other, true)]),
    )
    .await;
    assert_eq!(verdict.code(), Some(toy_codes::OTHER_DOCUMENT));
}

#[tokio::test]
async fn signed_by_of_a_policy_is_compiled_by_the_schemes_it_names() {
    let rules = policies(
        "attestations: [{predicateType: \"https://toys.example/v1\", signedBy: {sigstore: {authorities: \
         [{keySecret: a}]}}}]",
    );
    let good = document(&image(), "");
    let admitted = decide(&rules, world(&[(good.clone(), true)])).await;
    assert_eq!(
        admitted.decision(),
        Decision::Allow,
        "{}",
        admitted.message()
    );
    let refused = decide(&rules, world(&[(good, false)])).await;
    assert_eq!(refused.code(), Some(toy_codes::NO_NOTE));
}

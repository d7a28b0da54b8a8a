//! Several documents, of which some count.

use doorward::core::{Code, Digest};
use doorward::{Decision, DocumentKind, Node, Plan};

use crate::support::{Toy, ToyDocument, document, note, toy_codes, unavailable};
use crate::world::{decide, demanding, documents, image, signed_by_a, world};

#[tokio::test]
async fn a_digest_that_is_listed_again_and_again_is_one_document() {
    let junk = (document(&image(), "junk"), false);
    let mut all = vec![junk; 20];
    all.push((document(&image(), "good"), true));
    let rules = demanding(documents(signed_by_a(), None));
    let verdict = decide(&rules, world(&all)).await;
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
}

#[tokio::test]
async fn a_document_that_nobody_signed_takes_nothing_away_from_one_that_somebody_did() {
    let good = (document(&image(), "good"), true);
    let bad = [
        (document(&Digest::sha256(b"x"), ""), false),
        (document(&image(), "unsigned"), false),
        (b"no manifest at all".to_vec(), true),
        (document(&image(), &"x".repeat(256 << 10)), true),
    ];
    for bad in bad {
        for all in [[bad.clone(), good.clone()], [good.clone(), bad.clone()]] {
            let verdict = decide(&demanding(documents(signed_by_a(), None)), world(&all)).await;
            assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
        }
    }
}

#[tokio::test]
async fn a_good_document_does_not_hide_a_bad_one_that_was_signed_too() {
    let good = (document(&image(), "good"), true);
    let bad = (document(&Digest::sha256(b"x"), ""), true);
    for all in [[bad.clone(), good.clone()], [good, bad]] {
        let verdict = decide(&demanding(documents(signed_by_a(), None)), world(&all)).await;
        assert_eq!(verdict.code(), Some(toy_codes::OTHER_DOCUMENT));
    }
}

#[tokio::test]
async fn a_kind_that_only_helps_need_not_be_there_and_what_is_not_known_of_it_is_said() {
    let good = (document(&image(), "good"), true);
    let kinds = || {
        vec![
            DocumentKind::required(signed_by_a()),
            DocumentKind::helpful(Plan::new(vec![Toy::demand("b")])),
        ]
    };
    let rules = demanding(Node::Attached(Box::new(ToyDocument {
        kinds: kinds(),
        claims: None,
    })));
    let admitted = decide(&rules, world(std::slice::from_ref(&good))).await;
    assert_eq!(
        admitted.decision(),
        Decision::Allow,
        "{}",
        admitted.message()
    );
    // The reader learns that nobody knows whether there is one, and decides by itself.
    let world = world(std::slice::from_ref(&good))
        .fails(&note("b", &Digest::sha256(&good.0)), unavailable());
    assert_eq!(decide(&rules, world).await.decision(), Decision::Allow);
}

#[tokio::test]
async fn a_requirement_of_no_kind_is_never_met() {
    let rules = demanding(Node::Attached(Box::new(ToyDocument {
        kinds: Vec::new(),
        claims: None,
    })));
    let good = (document(&image(), "good"), true);
    let verdict = decide(&rules, world(&[good])).await;
    assert_eq!(verdict.code(), Some(Code::POLICY_INVALID));
}

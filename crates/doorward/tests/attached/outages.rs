//! Documents that could not be had.

use std::sync::Arc;

use doorward::core::{Code, Digest, FetchError};
use doorward::{Context, Decision, Engine, Node, StaticSecrets};
use doorward_testkit::outage;

use crate::support::{
    NOW, Toy, World, attached_to, document, fixed, governed, note, toy_codes, unavailable,
};
use crate::world::{decide, demanding, documents, image, signed_by_a, world};

#[tokio::test]
async fn an_outage_softens_neither_what_was_answered_nor_what_junk_brings_about() {
    let soft = |node: Node| {
        let mut entry = governed(vec![node]);
        entry.warn_on_unavailable = true;
        fixed(vec![entry])
    };
    let by_digest = format!("r.example/app@{}", image());
    let secrets = StaticSecrets::default();
    let rules = soft(documents(signed_by_a(), None));
    // The registry is out, and the list of documents says that there is none.
    let world_of = |error| {
        World::default()
            .fails(&format!("manifest {by_digest}"), outage("gone"))
            .fails(&attached_to(&image()), error)
    };
    for (error, decision) in [
        (FetchError::NotFound, Decision::Deny),
        (outage("gone"), Decision::Warn),
    ] {
        let world = Arc::new(world_of(error));
        let context = Context::new(&rules, &secrets, world, NOW);
        let verdict = Engine::default().decide(&by_digest, &context).await;
        assert_eq!(verdict.decision(), decision, "{}", verdict.message());
    }
    // The same for a demand.
    let rules = soft(Toy::demand("a"));
    let world = World::default()
        .fails(&format!("manifest {by_digest}"), outage("gone"))
        .fails(&note("a", &image()), FetchError::NotFound);
    let context = Context::new(&rules, &secrets, Arc::new(world), NOW);
    let verdict = Engine::default().decide(&by_digest, &context).await;
    assert_eq!(verdict.code(), Some(toy_codes::NO_NOTE));
    assert_eq!(verdict.decision(), Decision::Deny);
    // Junk that does not parse, is too large or is not there is no outage.
    let junk = [
        (b"no manifest".to_vec(), true),
        (document(&image(), &"x".repeat(256 << 10)), true),
    ];
    let rules = soft(documents(signed_by_a(), None));
    let verdict = decide(&rules, self::world(&junk)).await;
    assert_eq!(verdict.decision(), Decision::Deny, "{}", verdict.message());
}

#[tokio::test]
async fn as_long_as_a_document_could_not_be_asked_about_the_answer_is_not_known() {
    let (one, two) = (document(&image(), "1"), document(&image(), "2"));
    let rules = demanding(documents(signed_by_a(), None));
    let note_of = |bytes: &[u8]| note("a", &Digest::sha256(bytes));
    let both = || world(&[(one.clone(), false), (two.clone(), false)]);
    // Nor if another one counts: this may be the one that says the worst.
    for is_signed in [false, true] {
        let world = both().fails(&note_of(&one), unavailable());
        let world = if is_signed {
            world.serves(&note_of(&two), b"a")
        } else {
            world
        };
        let verdict = decide(&rules, world).await;
        assert_eq!(verdict.code(), Some(Code::REGISTRY_UNAVAILABLE));
    }
    let manifest = format!("manifest r.example/app@{}", Digest::sha256(&one));
    let lost = both()
        .fails(&manifest, unavailable())
        .serves(&note_of(&two), b"a");
    let verdict = decide(&rules, lost).await;
    assert_eq!(verdict.code(), Some(Code::REGISTRY_UNAVAILABLE));
    // What the registry does not have is nothing.
    let gone = both()
        .fails(&manifest, FetchError::NotFound)
        .serves(&note_of(&two), b"a");
    assert_eq!(decide(&rules, gone).await.decision(), Decision::Allow);
}

#[tokio::test]
async fn nothing_attached_is_a_refusal_and_a_list_that_cannot_be_had_is_none() {
    let rules = demanding(documents(signed_by_a(), None));
    for (error, code) in [
        (FetchError::NotFound, toy_codes::NO_DOCUMENT),
        (unavailable(), Code::REGISTRY_UNAVAILABLE),
    ] {
        let verdict = decide(&rules, world(&[]).fails(&attached_to(&image()), error)).await;
        assert_eq!(verdict.code(), Some(code));
    }
    // A list of nothing.
    let verdict = decide(&rules, world(&[])).await;
    assert_eq!(verdict.code(), Some(toy_codes::NO_DOCUMENT));
}

//! Documents that are attached to an image: signed by somebody about their own digest, and evidence for the image.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward::core::{Budget, Code, Digest, FetchError};
use doorward::{
    Context, Decision, DocumentKind, Engine, Node, Plan, Rules, Secret, StaticSecrets, Verdict,
};
use doorward_testkit::outage;
use support::{
    MANIFEST, NOW, TOY, Toy, ToyDocument, ToyUnit, World, attached_to, document, fixed, governed,
    note, policies, toy_codes, unavailable,
};

const IMAGE: &str = "r.example/app:1";

fn image() -> Digest {
    Digest::sha256(MANIFEST)
}

/// The image, and these documents attached to it, of which the toy `a` has signed those that are said to be signed.
fn world(documents: &[(Vec<u8>, bool)]) -> World {
    let digests: Vec<String> = documents
        .iter()
        .map(|(bytes, _)| Digest::sha256(bytes).to_string())
        .collect();
    let world = World::default()
        .serves(&format!("manifest {IMAGE}"), MANIFEST)
        .serves(&attached_to(&image()), digests.join("\n").as_bytes());
    documents.iter().fold(world, |world, (bytes, is_signed)| {
        let digest = Digest::sha256(bytes);
        let world = world.serves(&format!("manifest r.example/app@{digest}"), bytes);
        if *is_signed {
            world.serves(&note("a", &digest), b"a")
        } else {
            world
        }
    })
}

fn signed_by_a() -> Plan {
    Plan::new(vec![Toy::demand("a")])
}

fn documents(signed_by: Plan, claims: Option<Digest>) -> Node {
    ToyDocument::signed_by(signed_by, claims)
}

async fn decide(rules: &Rules, world: World) -> Verdict {
    decide_in(rules, Arc::new(world)).await
}

async fn decide_in(rules: &Rules, world: Arc<World>) -> Verdict {
    let mut secrets = StaticSecrets::default();
    let items = BTreeMap::from([("name".to_owned(), b"a".to_vec())]);
    secrets.insert("doorward", "a", Secret::new(items));
    let engine = Engine::builder().scheme(Arc::new(ToyUnit)).build();
    engine
        .decide(IMAGE, &Context::new(rules, &secrets, world, NOW))
        .await
}

fn demanding(node: Node) -> Rules {
    fixed(vec![governed(vec![node])])
}

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
async fn documents_that_anybody_attached_use_up_nothing_that_others_need() {
    // Each costs its toys a fetch, and all of them more than an entry has.
    let junk = |number: usize| {
        let more = format!("{number}{}", "x".repeat(255 << 10));
        (document(&image(), &more), false)
    };
    let mut attached: Vec<_> = (0..15).map(junk).collect();
    attached.push((document(&image(), "good"), true));
    let narrow = || {
        let mut budget = Budget::default();
        budget.bytes = 16 * (300 << 10);
        budget.fetches = 64;
        Engine::builder().budget(budget).build()
    };
    let rules = demanding(documents(signed_by_a(), None));
    let secrets = StaticSecrets::default();
    let context = Context::new(&rules, &secrets, Arc::new(world(&attached)), NOW);
    let verdict = narrow().decide(IMAGE, &context).await;
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
    // Nor what an alternative needs that has nothing to do with them.
    let alternatives = Node::Any(vec![
        Plan::new(vec![documents(
            Plan::new(vec![Toy::demand("nobody")]),
            None,
        )]),
        Plan::new(vec![Toy::demand("image")]),
    ]);
    let rules = demanding(alternatives);
    let world = world(&attached).serves(&note("image", &image()), b"image");
    let context = Context::new(&rules, &secrets, Arc::new(world), NOW);
    let verdict = narrow().decide(IMAGE, &context).await;
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
    // What they cost still shows in the account.
    assert!(verdict.cost().fetches > 30, "{:?}", verdict.cost());
}

#[tokio::test]
async fn a_manifest_that_is_too_large_for_an_artifact_is_not_read() {
    let large = document(&image(), &"x".repeat(256 << 10));
    let rules = demanding(documents(signed_by_a(), None));
    let verdict = decide(&rules, world(&[(large, true)])).await;
    assert_eq!(verdict.code(), Some(Code::REGISTRY_TOO_LARGE));
}

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
async fn where_there_are_more_documents_than_are_judged_nobody_knows_which_count() {
    let junk = |number: usize| (document(&image(), &number.to_string()), false);
    let good = (document(&image(), "good"), true);
    let within: Vec<_> = [good.clone()]
        .into_iter()
        .chain((1..64).map(junk))
        .collect();
    let beyond: Vec<_> = [good].into_iter().chain((1..65).map(junk)).collect();
    let rules = demanding(documents(signed_by_a(), None));
    assert_eq!(
        decide(&rules, world(&within)).await.decision(),
        Decision::Allow
    );
    let refused = decide(&rules, world(&beyond)).await;
    assert_eq!(refused.code(), Some(Code::BUDGET_EXCEEDED));
    let message = refused.message();
    assert!(message.contains("65 documents"), "{message}");
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
async fn what_uses_up_the_share_of_a_document_does_not_make_it_one_that_nobody_signed() {
    let (one, two) = (document(&image(), "1"), document(&image(), "2"));
    let rules = demanding(documents(signed_by_a(), None));
    // The toy notes of each document cost a signature, and there is a share of none.
    let mut budget = Budget::default();
    budget.signatures = 15;
    let engine = Engine::builder().budget(budget).build();
    let secrets = StaticSecrets::default();
    let world = world(&[(one, true), (two, false)]);
    let context = Context::new(&rules, &secrets, Arc::new(world), NOW);
    let verdict = engine.decide(IMAGE, &context).await;
    assert_eq!(verdict.code(), Some(Code::BUDGET_EXCEEDED));
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

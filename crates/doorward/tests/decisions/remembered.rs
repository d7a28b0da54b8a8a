//! Proofs that are remembered, and for whom.

use super::*;

#[tokio::test]
async fn a_remembered_proof_spares_the_signatures_and_never_the_tag() {
    let engine = Engine::default();
    let rules = fixed(vec![governed(vec![Toy::demand("a")])]);
    let world = Arc::new(signed_by("a"));
    let _ = decide(&engine, &rules, &world, TAGGED).await;
    world.asked.lock().unwrap().clear();
    let again = decide(&engine, &rules, &world, TAGGED).await;
    assert_eq!(again.decision(), Decision::Allow);
    assert!(again.cost().cached);
    assert_eq!(
        again.requirements()[0].evidence[0].signer.as_deref(),
        Some("a")
    );
    assert_eq!(world.asked(), [TAG]);
}

#[tokio::test]
async fn a_tag_that_moved_since_is_judged_anew() {
    let other = br#"{"schemaVersion":2,"layers":["moved"]}"#;
    let world = Arc::new(signed_by("a").answers(
        TAG,
        vec![
            Ok(Fetched::new(MANIFEST, None, "t")),
            Ok(Fetched::new(other.to_vec(), None, "t")),
        ],
    ));
    let engine = Engine::default();
    let rules = fixed(vec![governed(vec![Toy::demand("a")])]);
    assert_eq!(
        decide(&engine, &rules, &world, TAGGED).await.decision(),
        Decision::Allow
    );
    assert_eq!(
        decide(&engine, &rules, &world, TAGGED).await.decision(),
        Decision::Deny
    );
}

#[tokio::test]
async fn proofs_are_not_shared_between_scopes_references_or_demands() {
    let engine = Engine::default();
    let world = Arc::new(signed_by("a").serves("manifest r.example/app:2", MANIFEST));
    let rules = fixed(vec![governed(vec![Toy::demand("a")])]);
    let _ = decide(&engine, &rules, &world, TAGGED).await;
    let secrets = StaticSecrets::default();
    let context =
        Context::new(&rules, &secrets, Arc::clone(&world) as _, NOW).remembering_in("other tenant");
    assert!(!engine.decide(TAGGED, &context).await.cost().cached);
    assert!(
        !decide(&engine, &rules, &world, "r.example/app:2")
            .await
            .cost()
            .cached
    );
    let stricter = fixed(vec![governed(vec![Toy::demand("a"), Toy::demand("b")])]);
    assert_eq!(
        decide(&engine, &stricter, &world, TAGGED).await.decision(),
        Decision::Deny
    );
}

#[tokio::test]
async fn a_refusal_is_not_remembered() {
    let engine = Engine::default();
    let rules = fixed(vec![governed(vec![Toy::demand("a")])]);
    let world = Arc::new(signed_by("a").answers(
        &note("a", &digest()),
        vec![
            Err(FetchError::NotFound),
            Ok(Fetched::new(&b"a"[..], None, "t")),
        ],
    ));
    assert_eq!(
        decide(&engine, &rules, &world, TAGGED).await.decision(),
        Decision::Deny
    );
    assert_eq!(
        decide(&engine, &rules, &world, TAGGED).await.decision(),
        Decision::Allow
    );
}

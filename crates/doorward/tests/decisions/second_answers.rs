//! A registry, or somebody on the way to it, that answers the same question in two ways: what was verified is what is
//! admitted, and there is no second look at what a name means.

use super::*;

const EVIL: &[u8] = br#"{"schemaVersion":2,"layers":["evil"]}"#;

fn evil() -> Digest {
    Digest::sha256(EVIL)
}

/// Answers for the tag with these one after another, and has both images by digest.
fn two_faced(answers: &[&[u8]]) -> World {
    let answers = answers
        .iter()
        .map(|bytes| Ok(Fetched::new(bytes.to_vec(), None, "t")))
        .collect();
    signed_by("a")
        .answers(TAG, answers)
        .serves(&format!("manifest r.example/app@{}", evil()), EVIL)
}

#[tokio::test]
async fn other_content_for_the_second_question_changes_nothing_of_what_is_admitted() {
    let world = Arc::new(two_faced(&[MANIFEST, EVIL]));
    let rules = fixed(vec![
        governed(vec![Toy::demand("a")]),
        governed(vec![Toy::demand("a")]),
    ]);
    let verdict = decide(&Engine::default(), &rules, &world, TAGGED).await;
    assert_eq!(verdict.decision(), Decision::Allow);
    assert_eq!(verdict.replacement().unwrap().to_string(), by_digest());
    // The tag is asked for once, however many entries there are, and what it named is asked for by its digest.
    let asked = world.asked();
    assert_eq!(asked.iter().filter(|asked| *asked == TAG).count(), 1);
    assert!(
        !asked
            .iter()
            .any(|asked| asked.contains(&evil().to_string())),
        "{asked:?}"
    );
}

#[tokio::test]
async fn signed_content_for_the_second_question_signs_nothing_of_the_first() {
    let verdict = judged(
        &fixed(vec![governed(vec![Toy::demand("a")])]),
        two_faced(&[EVIL, MANIFEST]),
        TAGGED,
    )
    .await;
    assert_eq!(verdict.decision(), Decision::Deny);
    assert_eq!(verdict.replacement(), None);
}

#[tokio::test]
async fn each_review_judges_and_pins_what_the_tag_names_at_that_time() {
    let engine = Engine::default();
    let rules = fixed(vec![governed(vec![Toy::demand("a")])]);
    let world = Arc::new(two_faced(&[EVIL, MANIFEST, EVIL]));
    let mut decisions = Vec::new();
    for _ in 0..3 {
        let verdict = decide(&engine, &rules, &world, TAGGED).await;
        let replaced = verdict.replacement().map(ToString::to_string);
        decisions.push((verdict.decision(), replaced));
    }
    assert_eq!(
        decisions,
        [
            (Decision::Deny, None),
            (Decision::Allow, Some(by_digest())),
            (Decision::Deny, None),
        ]
    );
}

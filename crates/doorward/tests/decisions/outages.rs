//! What counts as an outage, and what it may soften.

use super::*;

fn warns_when_unavailable() -> Vec<Governed> {
    let mut entry = governed(vec![Toy::demand("a")]);
    entry.warn_on_unavailable = true;
    vec![entry]
}

#[tokio::test]
async fn an_outage_warns_where_the_policy_says_so() {
    let world = World::default().fails(TAG, outage("refused"));
    let verdict = judged(&fixed(warns_when_unavailable()), world, TAGGED).await;
    assert_eq!(
        (verdict.decision(), verdict.replacement()),
        (Decision::Warn, None)
    );
}

#[tokio::test]
async fn nothing_without_evidence_counts_as_an_outage_whatever_its_class() {
    let handshake = FetchError::Handshake(Handshake {
        host: "r.example".to_owned(),
        distrust: Distrust::Expired,
    });
    let internal = FetchError::Internal {
        detail: "no file is left".to_owned(),
    };
    for error in [unavailable(), handshake, internal] {
        let world = World::default().fails(TAG, error.clone());
        let verdict = judged(&fixed(warns_when_unavailable()), world, TAGGED).await;
        assert_eq!(verdict.decision(), Decision::Deny, "{error}");
    }
    let mut late = signed_by("a");
    late.delay = Duration::from_secs(60);
    let engine = Engine::builder()
        .deadline(Duration::from_millis(20))
        .build();
    let rules = fixed(warns_when_unavailable());
    let verdict = decide(&engine, &rules, &Arc::new(late), TAGGED).await;
    assert_eq!(
        (verdict.decision(), verdict.code()),
        (Decision::Deny, Some(Code::DEADLINE_EXCEEDED))
    );
}

#[tokio::test]
async fn demands_that_must_all_be_met_are_an_outage_only_if_each_that_failed_is() {
    let warning = |names: &[&'static str]| {
        let mut entry = governed(names.iter().copied().map(Toy::demand).collect());
        entry.warn_on_unavailable = true;
        fixed(vec![entry])
    };
    let world = || {
        signed_by("a")
            .fails(&note("out", &digest()), outage("refused"))
            .fails(&note("unclear", &digest()), unavailable())
    };
    for (names, expected) in [
        (&["out"][..], Decision::Warn),
        (&["a", "out"], Decision::Warn),
        (&["out", "unclear"], Decision::Deny),
        (&["unclear", "out"], Decision::Deny),
        (&["out", "unsigned"], Decision::Deny),
    ] {
        let verdict = judged(&warning(names), world(), TAGGED).await;
        assert_eq!(verdict.decision(), expected, "{names:?}");
    }
}

#[tokio::test]
async fn a_registry_that_is_out_hides_nothing_that_is_wrong_with_the_policy() {
    let missing = || Node::Refused(TOY, Rejection::new(Code::SECRET_NOT_FOUND, "no key"));
    let out = || World::default().fails(TAG, outage("refused"));
    for (nodes, expected) in [
        (vec![Toy::demand("a")], Decision::Warn),
        (vec![Toy::demand("a"), missing()], Decision::Deny),
        (
            vec![
                Toy::demand("a"),
                Node::Any(vec![Plan::new(vec![missing()]), Plan::new(vec![missing()])]),
            ],
            Decision::Deny,
        ),
    ] {
        let mut entry = governed(nodes);
        entry.warn_on_unavailable = true;
        let verdict = judged(&fixed(vec![entry]), out(), TAGGED).await;
        assert_eq!(verdict.decision(), expected);
    }
}

#[tokio::test]
async fn an_alternative_that_is_out_is_an_outage_of_all_and_one_that_is_unclear_is_none() {
    let warning = |names: &[&'static str]| {
        let plans = names.iter().map(|name| Plan::new(vec![Toy::demand(name)]));
        let mut entry = governed(vec![Node::Any(plans.collect())]);
        entry.warn_on_unavailable = true;
        fixed(vec![entry])
    };
    let world = || {
        signed_by("a")
            .fails(&note("out", &digest()), outage("refused"))
            .fails(&note("unclear", &digest()), unavailable())
    };
    for (names, expected) in [
        (&["x", "out"][..], Decision::Warn),
        (&["unclear", "out"], Decision::Warn),
        (&["x", "unclear"], Decision::Deny),
        (&["x", "y"], Decision::Deny),
    ] {
        let verdict = judged(&warning(names), world(), TAGGED).await;
        assert_eq!(verdict.decision(), expected, "{names:?}");
    }
}

#[tokio::test]
async fn neither_refused_credentials_nor_a_missing_image_count_as_an_outage() {
    let refused = FetchError::Unauthorized {
        detail: "403".to_owned(),
    };
    for error in [refused, FetchError::NotFound] {
        let world = World::default().fails(TAG, error);
        let verdict = judged(&fixed(warns_when_unavailable()), world, TAGGED).await;
        assert_eq!(verdict.decision(), Decision::Deny);
    }
}

#[tokio::test]
async fn an_entry_that_says_no_speaks_before_one_that_could_not_ask() {
    let world = || signed_by("a").fails(&note("away", &digest()), unavailable());
    for names in [["away", "b"], ["b", "away"]] {
        let entries = names.map(|name| governed(vec![Toy::demand(name)]));
        let verdict = judged(&fixed(entries.into()), world(), TAGGED).await;
        assert_eq!(
            (verdict.decision(), verdict.code()),
            (Decision::Deny, Some(toy_codes::NO_NOTE))
        );
    }
}

//! Whose keyless signatures count.

use doorward_core::{Code, Timestamp, Witness};
use doorward_sigstore::{
    Authority, Demands, KeylessDemand, Subject, TimestampDemand, WorkflowClaims, codes, verify,
};

use super::code;
use super::support::{DEVELOPER, ISSUER, World, meter, sign};

const WORKFLOW: &str =
    "https://github.com/example/app/.github/workflows/release.yml@refs/tags/v1.0.0";
const GITHUB: &str = "https://token.actions.githubusercontent.com";

fn by_subject(world: &World, subject: Subject) -> Option<Code> {
    let (digest, found) = world.only("keyless", "v1-email");
    let authority = world.by_identity(ISSUER, subject);
    let outcome = sign(&found.candidate().unwrap(), &digest, &authority);
    outcome.err().map(|rejection| rejection.code())
}

#[test]
fn a_signature_says_who_made_it_and_when_and_where_the_log_has_it() {
    let world = World::open();
    for image in ["v1-email", "v1-notsa", "v2-email", "legacy-email"] {
        let (digest, found) = world.only("keyless", image);
        let candidate = found.candidate().unwrap().found_at("somewhere");
        let accepted = sign(&candidate, &digest, &world.by_developer()).unwrap();
        assert_eq!(accepted.digest(), &digest, "{image}");
        assert_eq!(accepted.identity(), Some(DEVELOPER), "{image}");
        assert_eq!(accepted.issuer(), Some(ISSUER), "{image}");
        let day: Timestamp = "2026-11-21T00:00:00Z".parse().unwrap();
        let at = accepted.signed_at().expect("a time");
        assert!((0..86_400).contains(&at.since(day)), "{image}: {at}");
        assert!(accepted.log_index().is_some(), "{image}");
        assert_eq!(accepted.valid_until(), None, "{image}");
        let evidence = accepted.evidence().pop().unwrap();
        assert_eq!(evidence.signer.as_deref(), Some(DEVELOPER));
        // Not the certificate, which is another one each time.
        let who = format!("{DEVELOPER} ({ISSUER})");
        assert_eq!(evidence.signer_identity(), Some(who.as_str()));
        assert_eq!(evidence.source.as_deref(), Some("somewhere"));
        assert_eq!(evidence.authentic_at, Some(at));
    }
}

#[test]
fn a_signature_counts_years_after_its_certificate_has_ended() {
    let world = World::open();
    let (digest, found) = world.only("keyless", "v1-email");
    let later = "2036-01-01T00:00:00Z".parse().unwrap();
    let candidate = found.candidate().unwrap();
    verify(
        &candidate,
        &digest,
        &world.by_developer(),
        later,
        &mut meter(),
    )
    .unwrap();
}

#[test]
fn a_signature_from_the_future_does_not_count() {
    let world = World::open();
    for image in ["v1-email", "v2-email", "legacy-email"] {
        let (digest, found) = world.only("keyless", image);
        let before = "2026-11-20T00:00:00Z".parse().unwrap();
        let candidate = found.candidate().unwrap();
        let outcome = verify(
            &candidate,
            &digest,
            &world.by_developer(),
            before,
            &mut meter(),
        );
        assert_eq!(code(outcome), codes::TIMESTAMP_INVALID, "{image}");
    }
}

#[test]
fn an_issuer_is_compared_character_by_character() {
    let world = World::open();
    let (digest, found) = world.only("keyless", "v1-email");
    for issuer in [
        "https://accounts.fixtures.test/",
        "https://accounts.fixtures.tes",
        "https://accounts.fixtures.test.example",
        "HTTPS://accounts.fixtures.test",
        "http://accounts.fixtures.test",
        "",
        GITHUB,
    ] {
        let authority = world.by_identity(issuer, Subject::exact(DEVELOPER));
        let outcome = sign(&found.candidate().unwrap(), &digest, &authority);
        assert_eq!(code(outcome), codes::UNTRUSTED_ISSUER, "{issuer}");
    }
}

#[test]
fn an_exact_subject_is_all_of_the_identity_and_no_pattern() {
    let world = World::open();
    assert_eq!(by_subject(&world, Subject::exact(DEVELOPER)), None);
    for subject in [
        "",
        "dev@fixtures.tes",
        "ev@fixtures.test",
        "dev@fixtures.test ",
        "Dev@fixtures.test",
        "dev@fixtures.test.example",
        ".*",
        "dev@fixtures.tes.",
    ] {
        let refused = by_subject(&world, Subject::exact(subject));
        assert_eq!(refused, Some(codes::UNTRUSTED_IDENTITY), "{subject}");
    }
}

#[test]
fn a_pattern_matches_the_identity_as_a_whole() {
    let world = World::open();
    let pattern = |text: &str| Subject::pattern(text).unwrap();
    for text in [
        r"dev@fixtures\.test",
        r".*@fixtures\.test",
        r"^dev@.*$",
        "dev|dev@fixtures.test",
        "(?i)DEV@FIXTURES.TEST",
        "(?x) dev @ fixtures . test # a comment",
        r"\Adev@fixtures\.test\z",
    ] {
        assert_eq!(by_subject(&world, pattern(text)), None, "{text}");
    }
    for text in [
        "dev",
        "fixtures",
        r"@fixtures\.test",
        "dev@fixtures",
        "^dev",
        "test$",
        "(?m)^dev$",
        r"dev@fixtures\.test\.example",
        "[a-c].*",
        "(?x) dev # @fixtures.test",
        "$",
    ] {
        let refused = by_subject(&world, pattern(text));
        assert_eq!(refused, Some(codes::UNTRUSTED_IDENTITY), "{text}");
    }
}

#[test]
fn a_pattern_cannot_get_around_its_anchors() {
    for text in ["a)|(?:b", "a)|.*", ")", "a)(?:", "(?:a", "a)\\z|(.*"] {
        assert!(Subject::pattern(text).is_err(), "{text}");
    }
    let lines = Subject::pattern("(?m)^dev@fixtures.test$").unwrap();
    assert!(lines.matches("dev@fixtures.test"));
    assert!(!lines.matches("dev@fixtures.test\nmallory@example.org"));
    assert!(!Subject::pattern("a.b").unwrap().matches("a\nb"));
}

#[test]
fn a_pattern_that_would_take_too_much_is_refused_when_it_is_read() {
    let long = "a".repeat(1025);
    let deep = format!("{}a{}", "(".repeat(100), ")".repeat(100));
    for text in [
        "",
        long.as_str(),
        deep.as_str(),
        r"(\w{1000}){1000}",
        r"(a{1000}){1000}",
        "[",
    ] {
        assert!(
            Subject::pattern(text).is_err(),
            "{}",
            &text[..text.len().min(40)]
        );
    }
    let slow = Subject::pattern("(a|a)*(a|aa)*b").unwrap();
    assert!(!slow.matches(&"a".repeat(4096)));
}

#[test]
fn claims_about_the_build_are_all_met_or_the_signature_does_not_count() {
    let world = World::open();
    let (digest, found) = world.only("keyless", "idx-v2");
    let by = |claims: WorkflowClaims| {
        let authority = world.by_claims(GITHUB, Subject::exact(WORKFLOW), claims);
        sign(&found.candidate().unwrap(), &digest, &authority)
    };
    by(WorkflowClaims::default()).unwrap();
    let some = |text: &str| Some(Subject::exact(text));
    let mut claims = WorkflowClaims::default();
    claims.repository = some("example/app");
    by(claims.clone()).unwrap();
    let others: [fn(&mut WorkflowClaims, Option<Subject>); 5] = [
        |claims, other| claims.repository = other,
        |claims, other| claims.reference = other,
        |claims, other| claims.workflow_name = other,
        |claims, other| claims.workflow_trigger = other,
        |claims, other| claims.runner_environment = other,
    ];
    for set in others {
        let mut claims = claims.clone();
        set(&mut claims, some("another"));
        assert_eq!(code(by(claims)), codes::UNTRUSTED_IDENTITY);
    }
}

#[test]
fn a_certificate_of_a_person_makes_no_claims_about_a_build() {
    let world = World::open();
    let (digest, found) = world.only("keyless", "v1-email");
    let mut claims = WorkflowClaims::default();
    claims.repository = Some(Subject::pattern(".*").unwrap());
    let authority = world.by_claims(ISSUER, Subject::exact(DEVELOPER), claims);
    let outcome = sign(&found.candidate().unwrap(), &digest, &authority);
    assert_eq!(code(outcome), codes::UNTRUSTED_IDENTITY);
}

#[test]
fn a_signature_by_a_key_is_by_no_identity() {
    let world = World::open();
    for (set, image) in [
        ("static-fallback", "legacy-key"),
        ("static-fallback", "bundle-key"),
    ] {
        let (digest, found) = world.only(set, image);
        let outcome = sign(&found.candidate().unwrap(), &digest, &world.by_developer());
        assert_eq!(code(outcome), codes::CERTIFICATE_UNTRUSTED, "{image}");
    }
}

#[test]
fn a_signature_for_another_image_is_none_for_this_one() {
    let world = World::open();
    let (other, _) = world.only("keyless", "v1-notsa");
    for image in ["v1-email", "v2-email", "legacy-email"] {
        let (_, found) = world.only("keyless", image);
        let outcome = sign(&found.candidate().unwrap(), &other, &world.by_developer());
        assert_eq!(code(outcome), codes::DIGEST_MISMATCH, "{image}");
    }
}

#[test]
fn a_time_stamp_that_is_demanded_is_there_although_a_log_vouches_for_a_time() {
    let world = World::open();
    let mut demands = Demands::default();
    demands.timestamp = TimestampDemand::Required;
    let demand = KeylessDemand {
        root: std::sync::Arc::clone(&world.root),
        issuer: ISSUER.into(),
        subject: Subject::exact(DEVELOPER),
        claims: WorkflowClaims::default(),
    };
    let authority = Authority::keyless(demand, demands).unwrap();
    let judged = |image: &str| {
        let (digest, found) = world.only("keyless", image);
        sign(&found.candidate().unwrap(), &digest, &authority)
    };
    for image in ["v1-email", "v2-email", "legacy-tsa"] {
        judged(image).unwrap_or_else(|rejection| panic!("{image}: {rejection}"));
    }
    for image in ["v1-notsa", "legacy-email"] {
        assert_eq!(code(judged(image)), codes::TIMESTAMP_MISSING, "{image}");
    }
}

//! Whom policies are for, and from when they refuse.

use doorward::Exit;
use doorward::core::Timestamp;
use doorward::policy::{Environment, Labels};

use super::*;

/// A policy of the cluster: its name, lines of `spec`, and lines of its entry.
fn cluster(name: &str, spec: &str, entry: &str) -> String {
    format!(
        "apiVersion: {OURS}\nkind: ClusterImagePolicy\nmetadata: {{name: {name}}}\nspec:\n{spec}  repositories:\n  \
         - name: \"r.example/team/*\"\n{entry}---\n"
    )
}

fn signed_by(more: &str) -> String {
    format!(
        "    policy: {{{more}simple: {{storeURL: \"https://sigs.example\", requirements: [{{type: signedBy, keySecret: \
         release, keySecretNamespace: tenant}}]}}}}\n"
    )
}

const PROD: &str = "  namespaceSelector: {matchLabels: {env: prod}}\n";
const UNCHECKED: &str = "    policy: {unchecked: true}\n";

fn labels(env: &str) -> Labels {
    [("env".to_owned(), env.to_owned())].into()
}

/// Decides in an environment, and once more from the record of the decision.
async fn decide(yaml: &str, environment: Environment<'_>, now: Timestamp, world: World) -> Verdict {
    let (rules, secrets) = (rules(yaml), key_in(&["tenant"]));
    let context = Context::new(&rules, &secrets, Arc::new(world), now).in_environment(environment);
    taped::decide(&Engine::default(), IMAGE, &context).await
}

async fn decide_in(yaml: &str, env: Option<&str>, world: World) -> Verdict {
    let (known, none) = (env.map(labels), Labels::new());
    let mut environment = Environment::new()
        .in_namespace("tenant")
        .with_object_labels(&none)
        .running_as("default");
    if let Some(labels) = &known {
        environment = environment.with_namespace_labels(labels);
    }
    decide(yaml, environment, NOW, world).await
}

#[tokio::test]
async fn a_policy_demands_where_it_selects_and_another_decides_elsewhere() {
    let yaml = cluster("prod", PROD, &signed_by("")) + &cluster("rest", "", UNCHECKED);
    let denied = (Decision::Deny, Some(simple_codes::NO_SIGNATURE));
    let allowed = (Decision::Allow, None);
    // Of equally specific entries the first by the name of its object is selected.
    assert_eq!(
        outcome(&decide_in(&yaml, Some("prod"), unsigned()).await),
        denied
    );
    assert_eq!(
        outcome(&decide_in(&yaml, Some("prod"), signed()).await),
        allowed
    );
    assert_eq!(
        outcome(&decide_in(&yaml, Some("dev"), unsigned()).await),
        allowed
    );
}

#[tokio::test]
async fn labels_that_are_not_known_refuse_what_they_may_refuse_and_say_that_nobody_could_tell() {
    let yaml = cluster("prod", PROD, &signed_by("")) + &cluster("rest", "", UNCHECKED);
    let verdict = decide_in(&yaml, None, unsigned()).await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Deny, Some(Code::POLICY_SELECTION_UNKNOWN))
    );
    assert_eq!(Exit::of(std::slice::from_ref(&verdict)), Exit::Inconclusive);
    let rejection = verdict.rejection().unwrap();
    assert!(
        rejection
            .to_string()
            .contains("the labels of the namespace are not known"),
        "{}",
        verdict.message()
    );
    assert_eq!(rejection.causes()[0].code(), simple_codes::NO_SIGNATURE);
    // What passes all that it may be under is let in.
    let verdict = decide_in(&yaml, None, signed()).await;
    assert_eq!(outcome(&verdict), (Decision::Allow, None));
    assert!(verdict.pinned().is_some());
}

#[tokio::test]
async fn labels_that_are_not_known_refuse_what_may_be_under_no_policy() {
    let yaml = cluster("prod", PROD, &signed_by("onUnavailable: warn, "));
    for world in [signed(), unsigned()] {
        let verdict = decide_in(&yaml, None, world).await;
        assert_eq!(
            outcome(&verdict),
            (Decision::Deny, Some(Code::POLICY_SELECTION_UNKNOWN))
        );
        assert_eq!(
            verdict.rejection().unwrap().class(),
            Class::Unavailable,
            "{}",
            verdict.message()
        );
    }
    assert_eq!(
        outcome(&decide_in(&yaml, Some("dev"), signed()).await),
        (Decision::Deny, Some(Code::POLICY_NO_MATCH))
    );
    assert_eq!(
        outcome(&decide_in(&yaml, Some("prod"), signed()).await),
        (Decision::Allow, None)
    );
}

#[tokio::test]
async fn no_mode_and_no_outage_softens_a_selection_that_is_not_known() {
    let lax = "onUnavailable: warn, ";
    let yaml = cluster("prod", PROD, &signed_by(lax)) + &cluster("rest", "", UNCHECKED);
    let verdict = decide_in(&yaml, None, unsigned()).await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Deny, Some(Code::POLICY_SELECTION_UNKNOWN))
    );
    // The outage of a store is what it is under any labels.
    let out = unsigned().fails(
        &signature(1),
        doorward_testkit::outage("sigs.example is out"),
    );
    let verdict = decide_in(&yaml, None, out).await;
    assert_eq!(verdict.decision(), Decision::Warn, "{}", verdict.message());
}

#[tokio::test]
async fn an_object_is_judged_by_a_policy_for_its_labels_beside_what_governs_it_anyway() {
    let yaml = cluster(
        "web",
        "  objectSelector: {matchLabels: {env: prod}}\n",
        UNCHECKED,
    ) + &cluster("base", "", &signed_by(""));
    let (prod, none) = (labels("prod"), Labels::new());
    for object in [&prod, &none] {
        let environment = Environment::new()
            .in_namespace("tenant")
            .with_object_labels(object);
        let verdict = decide(&yaml, environment, NOW, unsigned()).await;
        assert_eq!(
            outcome(&verdict),
            (Decision::Deny, Some(simple_codes::NO_SIGNATURE))
        );
    }
}

fn from(date: &str, more: &str) -> String {
    cluster(
        "p",
        more,
        &format!("    effectiveFrom: {date}\n{}", signed_by("")),
    )
}

fn tenant() -> Environment<'static> {
    Environment::new().in_namespace("tenant")
}

#[tokio::test]
async fn a_failure_is_a_warning_until_the_second_from_which_the_entry_refuses() {
    let start: Timestamp = "2026-02-01T00:00:00Z".parse().unwrap();
    for date in ["2026-02-01", "\"2026-02-01T01:00:00+01:00\""] {
        let yaml = from(date, "");
        let before = decide(&yaml, tenant(), start.plus(-1), unsigned()).await;
        assert_eq!(
            outcome(&before),
            (Decision::Warn, Some(Code::POLICY_NOT_EFFECTIVE_YET))
        );
        assert_eq!(before.mode(), Mode::Warn);
        let rejection = before.rejection().unwrap();
        assert!(
            rejection
                .to_string()
                .contains("from 2026-02-01T00:00:00Z on"),
            "{}",
            before.message()
        );
        assert_eq!(rejection.time(), Some(start));
        assert_eq!(rejection.causes()[0].code(), simple_codes::NO_SIGNATURE);
        let on = decide(&yaml, tenant(), start, unsigned()).await;
        assert_eq!(
            outcome(&on),
            (Decision::Deny, Some(simple_codes::NO_SIGNATURE))
        );
    }
}

#[tokio::test]
async fn what_passes_is_pinned_before_the_entry_refuses_and_insisted_on_from_then() {
    let start: Timestamp = "2026-02-01T00:00:00Z".parse().unwrap();
    let verdict = decide(&from("2026-02-01", ""), tenant(), start.plus(-1), signed()).await;
    assert_eq!(outcome(&verdict), (Decision::Allow, None));
    assert!(verdict.replacement().is_some());
    assert_eq!(verdict.insistence(), Some(Mode::Warn));
    let verdict = decide(&from("2026-02-01", ""), tenant(), start, signed()).await;
    assert_eq!(verdict.insistence(), Some(Mode::Enforce));
}

#[tokio::test]
async fn a_tampered_image_is_let_in_with_a_warning_that_says_so() {
    let other = Digest::sha256(b"other");
    let world = || unsigned().serves(&signature(1), &signer().sign(IMAGE, &other));
    let start: Timestamp = "2026-02-01T00:00:00Z".parse().unwrap();
    let denied = decide(&from("2026-02-01", ""), tenant(), start, world()).await;
    assert_eq!(denied.decision(), Decision::Deny);
    let warned = decide(&from("2026-02-01", ""), tenant(), start.plus(-1), world()).await;
    assert_eq!(
        outcome(&warned),
        (Decision::Warn, Some(Code::POLICY_NOT_EFFECTIVE_YET))
    );
    assert_eq!(
        Some(warned.rejection().unwrap().causes()[0].code()),
        denied.code()
    );
    let report = doorward::Report::new(start, &[warned]);
    assert_eq!(report.images[0].code, Some("policy-not-effective-yet"));
    assert_eq!(report.summary.warned, 1);
}

#[tokio::test]
async fn an_entry_with_a_mistake_denies_whatever_it_says_of_a_date() {
    let text = cluster(
        "p",
        "",
        "    effectiveFrom: 2099-01-01\n    policy: {simple: {requirements: []}}\n",
    );
    let (documents, _) = read_documents("policy.yaml", text.as_bytes());
    let (set, _) = PolicySet::compile(policies_of(documents));
    let rules = Rules::Policies(Arc::new(set));
    let secrets = StaticSecrets::default();
    let context = Context::new(&rules, &secrets, Arc::new(signed()), NOW).in_namespace("tenant");
    let verdict = Engine::default().decide(IMAGE, &context).await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Deny, Some(Code::POLICY_INVALID))
    );
}

#[tokio::test]
async fn a_floor_that_refuses_later_warns_beside_what_governs_and_refuses_nothing() {
    let yaml =
        from("2026-02-01", "  floor: true\n") + &policy("ImagePolicy", OURS, "{unchecked: true}");
    let start: Timestamp = "2026-02-01T00:00:00Z".parse().unwrap();
    let before = decide(&yaml, tenant(), start.plus(-1), unsigned()).await;
    assert_eq!(
        outcome(&before),
        (Decision::Warn, Some(Code::POLICY_NOT_EFFECTIVE_YET))
    );
    let on = decide(&yaml, tenant(), start, unsigned()).await;
    assert_eq!(
        outcome(&on),
        (Decision::Deny, Some(simple_codes::NO_SIGNATURE))
    );
    // What refuses already goes on doing so.
    let strict = from("2026-02-01", "  floor: true\n")
        + &policy(
            "ImagePolicy",
            OURS,
            "{simple: {requirements: [{type: reject}]}}",
        );
    let before = decide(&strict, tenant(), start.plus(-1), signed()).await;
    assert_eq!(before.decision(), Decision::Deny);
}

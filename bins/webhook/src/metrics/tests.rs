use super::*;

fn text(metrics: &Metrics) -> String {
    String::from_utf8(metrics.render().unwrap()).unwrap()
}

#[test]
fn every_published_family_is_exposed_under_its_name() {
    let metrics = Metrics::new().unwrap();
    metrics.reviewed("CREATE", "Pod", "allow", Duration::from_millis(1));
    metrics.fetched("manifest", "ok", Duration::from_millis(1));
    metrics.policies("ImagePolicy", "active", 2);
    metrics.trust_expires([("simple-signing", "release", Timestamp::from_unix(5))]);
    let text = text(&metrics);
    for line in [
        r#"doorward_admission_requests_total{kind="Pod",operation="CREATE",verdict="allow"} 1"#,
        "doorward_admission_duration_seconds_count 1",
        r#"doorward_fetch_total{outcome="ok",resource="manifest"} 1"#,
        r#"doorward_fetch_duration_seconds_count{resource="manifest"} 1"#,
        r#"doorward_policies{kind="ImagePolicy",state="active"} 2"#,
        r#"doorward_trust_expiry_timestamp_seconds{name="release",scheme="simple-signing"} 5"#,
        "doorward_build_info{version=",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}

#[test]
fn words_of_the_requester_do_not_become_labels() {
    let metrics = Metrics::new().unwrap();
    metrics.reviewed("FROB", "Pod\"} 1\n", "deny", Duration::ZERO);
    let text = text(&metrics);
    assert!(
        text.contains(r#"{kind="other",operation="other",verdict="deny"} 1"#),
        "{text}"
    );
    assert!(!text.contains("FROB"));
}

#[test]
fn of_two_keys_under_one_name_the_one_that_ends_first_is_shown() {
    let metrics = Metrics::new().unwrap();
    let end = |at| ("simple-signing", "k", Timestamp::from_unix(at));
    metrics.trust_expires([end(9), end(4), end(7)]);
    assert!(text(&metrics).contains("} 4\n"));
    metrics.trust_expires([]);
    assert!(!text(&metrics).contains("doorward_trust_expiry_timestamp_seconds{"));
}

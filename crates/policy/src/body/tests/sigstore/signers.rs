//! Signers who may be others than the author of a policy thinks.

use super::*;

#[test]
fn an_expression_that_anybody_with_an_account_can_meet_is_refused_unless_a_claim_says_whose() {
    let of = |issuer: &str, text: &str, more: &str| {
        format!("keyless: {{issuer: '{issuer}', subjectRegExp: '{text}'{more}}}")
    };
    let actions = "https://token.actions.githubusercontent.com";
    let open = "https://github\\.com/.+";
    for (issuer, text, more) in [
        (actions, open, ""),
        (actions, ".+@acme\\.example", ""),
        (actions, open, ", github: {ref: refs/heads/main}"),
        (
            "https://gitlab.com",
            "https://gitlab\\.com/.+//ci\\.yml@.*",
            "",
        ),
    ] {
        let authority = of(issuer, text, more);
        let body = format!("sigstore: {{authorities: [{{{authority}}}]}}");
        refused(&[(&body, LintCode::AnyIdentity)]);
    }
    for (issuer, text, more) in [
        (actions, open, ", github: {repository: acme/web}"),
        (actions, "https://github\\.com/acme/.+", ""),
        ("https://issuer.example", open, ""),
    ] {
        authority(&format!("{{{}}}", of(issuer, text, more)));
    }
    // An instance of one's own has those sign who belong there; GitHub's has everybody.
    let anybody = of(actions, open, "");
    for own in ["trustRootSecret: r", "trustRoot: corp"] {
        authority(&format!("{{{anybody}, {own}}}"));
    }
    for shared in ["github", "sigstore"] {
        let body = format!("sigstore: {{authorities: [{{{anybody}, trustRoot: {shared}}}]}}");
        refused(&[(&body, LintCode::AnyIdentity)]);
    }
}

/// What the linter says of these fields of `sigstore`.
fn noted_of(fields: &str) -> Vec<LintCode> {
    noted(&format!("{{sigstore: {{{fields}}}}}"))
}

#[test]
fn a_star_in_a_name_that_is_no_pattern_is_noted() {
    let identity = |name: &str| {
        format!("authorities: [{{keyless: {{issuer: 'https://i.example', subject: '{name}'}}}}]")
    };
    let certificate = |name: &str| {
        format!("authorities: [{{certificate: {{caSecret: c, caSecretNamespace: n, {name}}}}}]")
    };
    let star = [LintCode::StarInName];
    assert_eq!(noted_of(&identity("https://github.com/acme/*")), star);
    assert_eq!(noted_of(&certificate("email: '*@acme.example'")), star);
    assert_eq!(noted_of(&certificate("uri: 'spiffe://acme/*'")), star);
    // A certificate can be for a name with a star.
    assert_eq!(noted_of(&certificate("dns: '*.acme.example'")), []);
    assert_eq!(noted_of(&identity("https://github.com/acme/web")), []);
}

#[test]
fn one_signer_that_counts_as_two_is_noted_where_two_are_demanded() {
    let key = |name: &str| format!("{{keySecret: {name}, keySecretNamespace: n}}");
    let keys = "{keySecrets: [{name: a, namespace: n}, {name: b, namespace: n}]}";
    let identity = "{keyless: {issuer: 'https://i.example', subject: s}}";
    let all = |authorities: &[&str]| authorities.join(", ");
    let (a, b) = (key("a"), key("b"));
    for (require, authorities, expected) in [
        (
            ", require: 2",
            all(&[&a, &b, &a]),
            &[LintCode::RepeatedSigner][..],
        ),
        (
            ", require: all",
            all(&[keys, &b]),
            &[LintCode::RepeatedSigner],
        ),
        (
            ", require: 2",
            all(&[identity, &a, identity]),
            &[LintCode::RepeatedSigner],
        ),
        (", require: 2", all(&[&a, &b]), &[]),
        (", require: any", all(&[&a, &a]), &[]),
        ("", all(&[&a, keys]), &[]),
    ] {
        let fields = format!("authorities: [{authorities}]{require}");
        assert_eq!(noted_of(&fields), expected, "{fields}");
    }
}

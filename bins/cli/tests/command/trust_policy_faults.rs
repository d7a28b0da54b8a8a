//! Trust policies of the Notary Project with mistakes in them.

use crate::notation::Notation;

#[test]
fn a_trust_policy_that_says_something_unknown_is_refused() {
    let notation = Notation::new();
    for text in [
        "",
        "{}",
        r#"{"version": "1.0", "trustPolicies": []}"#,
        r#"{"version": "1.0", "trustPolicies": [{"name": "a", "registryScopes": ["*"],
            "signatureVerification": {"level": "skip"}}]}"#,
    ] {
        notation.site.write("trustpolicy.json", text);
        notation
            .verify("shop/web")
            .expect_failure(6, &["trustpolicy.json"]);
    }
}

#[test]
fn what_is_wrong_with_a_trust_policy_is_said_once() {
    let notation = Notation::new();
    let one = |members: &str| {
        format!(r#"{{"version": "1.0", "trustPolicies": [{{"name": "a", {members}}}]}}"#)
    };
    let with = |members: &str| {
        one(&format!(
            r#""registryScopes": ["*"], "signatureVerification": {{"level": "strict"}}, {members}"#
        ))
    };
    let stores = r#""trustStores": ["ca:acme"]"#;
    for text in [
        String::new(),
        "{".to_owned(),
        "{}".to_owned(),
        r#"{"version": "1.0", "version": "1.0"}"#.to_owned(),
        r#"{"version": "9", "trustPolicies": []}"#.to_owned(),
        one(""),
        one(r#""registryScopes": ["a b"], "signatureVerification": {"level": "strict"}"#),
        one(
            r#""registryScopes": ["*", "r.example/a"], "signatureVerification": {"level": "strict"}"#,
        ),
        one(r#""registryScopes": ["*"], "signatureVerification": {"level": "none"}"#),
        with(r#""trustStores": ["ca"], "trustedIdentities": ["*"]"#),
        with(r#""trustStores": ["ca:.."], "trustedIdentities": ["*"]"#),
        with(r#""trustStores": ["x:y"], "trustedIdentities": ["*"]"#),
        with(&format!(
            r#"{stores}, "trustedIdentities": ["x509.subject: C"]"#
        )),
        with(&format!(
            r#"{stores}, "trustedIdentities": ["*", "x509.subject: C=US, ST=WA, O=a"]"#
        )),
        with(&format!(r#"{stores}, "trustedIdentities": []"#)),
        with(&format!(
            r#"{stores}, "trustedIdentities": ["*"], "more": 1"#
        )),
    ] {
        notation.site.write("trustpolicy.json", &text);
        let run = notation.verify("shop/web");
        run.expect_failure(6, &["trustpolicy.json is not a usable trust policy"]);
        run.says_nothing_twice();
        let files = [
            "verify",
            "--blob",
            "trustpolicy.json",
            "--signature",
            "trustpolicy.json",
            "--trust-policy",
            "trustpolicy.json",
            "--trust-store",
            "truststore",
        ];
        let blob = notation.site.doorward(&files).run();
        blob.expect_failure(
            6,
            &["trustpolicy.json is not a usable trust policy for files"],
        );
        blob.says_nothing_twice();
    }
    // The same holds for what lies beside it.
    notation.site.write("lists/one.crl", "no list");
    let settings = ["--trust-policy", "none.json", "--revocation", "lists"];
    notation.site.write(
        "none.json",
        r#"{"version": "1.0", "trustPolicies": [{"name": "a", "registryScopes": ["*"],
            "signatureVerification": {"level": "strict"}, "trustStores": ["ca:acme"], "trustedIdentities": ["*"]}]}"#,
    );
    let run = notation.verify_with(
        "shop/web",
        &[&settings[..], &["--trust-store", "truststore"]].concat(),
    );
    run.expect_failure(6, &["one.crl"]);
    run.says_nothing_twice();
}

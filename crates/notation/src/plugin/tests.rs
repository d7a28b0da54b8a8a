use doorward_core::PluginName;
use proptest::prelude::*;

use super::answer::{Capabilities, metadata, verdict};
use super::named::version;

const BOTH: Capabilities = Capabilities {
    identity: true,
    revocation: true,
};

fn name() -> PluginName {
    "com.example.signer".parse().expect("a name")
}

fn described(change: &[(&str, &str)]) -> Result<Capabilities, String> {
    let mut text = r#"{"name":"com.example.signer","description":"x","version":"1.2.3","url":"u",
        "supportedContractVersions":["1.0"],"capabilities":["SIGNATURE_VERIFIER.TRUSTED_IDENTITY"]}"#
        .to_owned();
    for (from, to) in change {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    metadata(text.as_bytes(), &name(), version("1.2.0").as_ref())
}

#[test]
fn a_plug_in_that_is_what_was_asked_for_is_taken_whatever_else_it_says() {
    for change in [
        ("1.2.3", "1.2.0"),
        ("1.2.3", "1.2.0+1"),
        ("\"url\"", "\"later\""),
        ("[\"1.0\"]", "[\"0.9\",\"1.0\"]"),
    ] {
        let found = described(&[change]);
        assert_eq!(
            found.map(|found| (found.identity, found.revocation)),
            Ok((true, false)),
            "{change:?}"
        );
    }
}

#[test]
fn a_plug_in_that_lies_about_itself_or_is_too_old_gives_no_verdict() {
    for change in [
        ("com.example.signer", "com.example.other"),
        ("com.example.signer", "com.example.Signer"),
        ("1.2.3", "1.1.9"),
        ("1.2.3", "1.2.0-rc.1"),
        ("1.2.3", "1.2"),
        ("1.2.3", ""),
        ("[\"1.0\"]", "[\"2.0\"]"),
        ("[\"1.0\"]", "\"1.0\""),
        ("[\"1.0\"]", "[1.0]"),
        (
            "SIGNATURE_VERIFIER.TRUSTED_IDENTITY",
            "SIGNATURE_GENERATOR.RAW",
        ),
        ("\"url\":\"u\"", "\"name\":\"com.example.signer\""),
        ("\"name\"", "\"Name\""),
        ("}", ""),
        ("}", "} x"),
    ] {
        assert!(described(&[change]).is_err(), "{change:?}");
    }
}

#[test]
fn versions_are_bounded() {
    assert!(version(&format!("1.0.0-{}", "x".repeat(100))).is_some());
    assert!(version(&format!("1.0.0-{}", "x".repeat(200))).is_none());
    for none in [
        "",
        "1",
        "v1.0.0",
        "01.0.0",
        "1.0.0 ",
        "99999999999999999999.0.0",
    ] {
        assert!(version(none).is_none(), "{none}");
    }
}

fn said(text: &str) -> Result<(bool, bool), String> {
    let verdict = verdict(text.as_bytes(), BOTH, ["a", "b"].into_iter())?;
    let holds = |opinion: Option<Result<(), String>>| opinion.is_some_and(|said| said.is_ok());
    Ok((holds(verdict.identity), holds(verdict.revocation)))
}

fn result(identity: &str, revocation: &str, processed: &str) -> String {
    format!(
        r#"{{"verificationResults":{{"SIGNATURE_VERIFIER.TRUSTED_IDENTITY":{identity},
        "SIGNATURE_VERIFIER.REVOCATION_CHECK":{revocation},"SIGNATURE_VERIFIER.LATER":7}},
        "processedAttributes":{processed},"later":null}}"#
    )
}

#[test]
fn a_verdict_says_yes_or_no_to_all_that_was_asked() {
    let (yes, no) = (r#"{"success":true,"reason":null}"#, r#"{"success":false}"#);
    for (identity, revocation) in [(yes, yes), (yes, no), (no, yes), (no, no)] {
        let text = result(identity, revocation, r#"["b","a","c"]"#);
        assert_eq!(said(&text), Ok((identity == yes, revocation == yes)));
    }
}

#[test]
fn a_plug_in_that_answers_less_than_it_is_asked_gives_no_verdict() {
    let (yes, all) = (r#"{"success":true}"#, r#"["a","b"]"#);
    assert_eq!(said(&result(yes, yes, all)), Ok((true, true)));
    for wrong in [
        "null",
        "true",
        "{}",
        "[]",
        r#"{"success":1}"#,
        r#"{"success":"true"}"#,
        r#"{"Success":true}"#,
        r#"{"success":true,"success":true}"#,
        r#"{"success":true,"reason":7}"#,
    ] {
        assert!(said(&result(wrong, yes, all)).is_err(), "{wrong}");
        assert!(said(&result(yes, wrong, all)).is_err(), "{wrong}");
    }
    for processed in [
        "null",
        "[]",
        r#"["a"]"#,
        r#"["A","b"]"#,
        r#"["a","b",1]"#,
        r#""ab""#,
    ] {
        assert!(said(&result(yes, yes, processed)).is_err(), "{processed}");
    }
    for text in [
        "",
        "{}",
        "[]",
        "null",
        r#"{"processedAttributes":["a","b"]}"#,
        r#"{"processedAttributes":["a","b"],"verificationResults":[]}"#,
        r#"{"processedAttributes":["a","b"],"verificationResults":{}}"#,
    ] {
        assert!(said(text).is_err(), "{text}");
    }
}

#[test]
fn what_a_plug_in_says_cannot_draw_on_the_terminal() {
    let no = r#"{"success":false,"reason":"\u001b[2Ja\nb"}"#;
    let answer = result(no, no, "[]");
    let verdict = verdict(answer.as_bytes(), BOTH, std::iter::empty()).expect("a verdict");
    let reason = verdict.identity.expect("asked").expect_err("a no");
    assert!(
        !reason.contains(doorward_core::text::is_disruptive),
        "{reason}"
    );
    assert!(verdict.revocation.is_some());
}

proptest! {
    #[test]
    fn whatever_a_plug_in_says_that_is_no_verdict_is_none(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(metadata(&bytes, &name(), None).is_err());
        prop_assert!(verdict(&bytes, BOTH, std::iter::empty()).is_err());
    }

    #[test]
    fn no_cut_of_a_verdict_is_one(at in 0..1000_usize) {
        let yes = r#"{"success":true}"#;
        let text = result(yes, yes, r#"["a","b"]"#);
        let cut = &text[..at % text.len()];
        prop_assert!(said(cut).is_err());
    }
}

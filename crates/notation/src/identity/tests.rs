use super::*;

fn compatible(entries: &[&str]) -> Result<TrustedIdentities, IdentityError> {
    TrustedIdentities::compatible(entries)
}

fn wider(entries: &[&str]) -> Result<TrustedIdentities, IdentityError> {
    TrustedIdentities::wider(entries)
}

/// Why `x509.subject:` with this name is none for the reference.
fn refused(name: &str) -> NameError {
    match compatible(&[&format!("x509.subject:{name}")]) {
        Err(IdentityError::Name { error, .. }) => error,
        other => panic!("{name}: {other:?}"),
    }
}

fn values(name: &str) -> Vec<(String, String)> {
    let name = DistinguishedName::parse(name, Matching::Compatible).expect("a name");
    let attributes = name.attributes().iter();
    attributes
        .map(|(kind, value)| (kind.clone(), value.clone()))
        .collect()
}

#[test]
fn space_around_types_and_values_is_dropped_unless_it_is_escaped() {
    let pair = |kind: &str, value: &str| (kind.to_owned(), value.to_owned());
    assert_eq!(
        values(r" C = US ;ST=W A,O=\ a\,\2Cb\ , CN=\C3\84 "),
        [
            pair("C", "US"),
            pair("CN", "Ä"),
            pair("O", " a,,b "),
            pair("ST", "W A")
        ]
    );
    assert_eq!(
        values(r"C=US,S=x,O=a=b\\")[1..],
        [pair("O", r"a=b\"), pair("ST", "x")]
    );
}

#[test]
fn a_name_lacks_nothing_that_every_name_has() {
    for (name, missing) in [
        ("ST=WA, O=x", "C"),
        ("C=US, O=x", "ST"),
        ("C=US, ST=WA, O=", "O"),
    ] {
        assert_eq!(refused(name), NameError::Mandatory(missing));
    }
    // Types are compared with their case.
    assert_eq!(refused("c=US, ST=WA, O=x"), NameError::Mandatory("C"));
}

#[test]
fn malformed_names_are_refused() {
    for (name, error) in [
        ("", NameError::Empty),
        ("  ", NameError::Empty),
        ("C=US, ST=WA, O=x, O=y", NameError::Repeated("O".to_owned())),
        (
            "C=US, ST=WA, S=OR, O=x",
            NameError::Repeated("ST".to_owned()),
        ),
        ("C=US, ST=WA, O=#0c0141", NameError::Hexadecimal),
        (r"C=US, ST=WA, O=a\=#b", NameError::Hexadecimal),
        ("C=US, ST=WA, O=x+OU=y", NameError::MultiValued),
        ("C=US, ST=WA, O=\"Acme, Inc.\"", NameError::NotAPair),
        ("C=US, ST=WA, O=x,", NameError::NotAPair),
        ("C=US,, ST=WA, O=x", NameError::NotAPair),
        ("C=US, =WA, O=x", NameError::NotAPair),
        (r"C=US, ST=WA, O=\", NameError::Escape),
        (r"C=US, ST=WA, O=\x", NameError::Escape),
        (r"C=US, ST=WA, O=\4", NameError::Escape),
        (r"C=US, ST=WA, O=\ff", NameError::Escape),
        ("C=US, ST=WA, O=x\\\u{a0}", NameError::Escape),
    ] {
        assert_eq!(refused(name), error, "{name}");
    }
}

#[test]
fn an_identity_that_another_one_contains_is_refused() {
    let long = "x509.subject: C=US, ST=WA, O=x, OU=y";
    let short = "x509.subject: O=x, C=US, ST=WA";
    for entries in [[long, short], [short, long], [short, short]] {
        assert!(matches!(
            compatible(&entries),
            Err(IdentityError::Overlap { .. })
        ));
        assert!(matches!(
            wider(&entries),
            Err(IdentityError::Overlap { .. })
        ));
    }
    assert!(compatible(&[long, "x509.subject: C=US, ST=WA, O=x, OU=z"]).is_ok());
}

#[test]
fn the_wildcard_stands_alone() {
    let name = "x509.subject: C=US, ST=WA, O=x";
    assert_eq!(compatible(&["*"]), Ok(TrustedIdentities::any()));
    assert_eq!(compatible(&["*", name]), Err(IdentityError::BesideWildcard));
    assert_eq!(wider(&["*", "*"]), Err(IdentityError::BesideWildcard));
    assert_eq!(compatible(&[]), Err(IdentityError::None));
}

#[test]
fn other_prefixes_are_passed_over_in_files_and_refused_in_policies_of_our_own() {
    assert!(compatible(&["foo:bar"]).is_ok());
    assert!(matches!(
        wider(&["foo:bar"]),
        Err(IdentityError::Prefix { .. })
    ));
    // A name of a host would be passed over in a file, and so is none there.
    assert!(matches!(
        compatible(&["x509.san: dns:ci.example"]).expect("passed over").accepted,
        Accepted::Listed { alternatives, names, .. } if alternatives.is_empty() && names.is_empty()
    ));
    for entry in ["", "C=US", "**"] {
        assert!(matches!(
            compatible(&[entry]),
            Err(IdentityError::NoPrefix { .. })
        ));
    }
}

#[test]
fn a_wider_name_has_known_types_and_values() {
    for good in [
        "CN=x",
        "cn=x, 2.5.4.11=y",
        "emailAddress=a@b, DC=x",
        "1.2.3=x",
    ] {
        assert!(wider(&[&format!("x509.subject:{good}")]).is_ok(), "{good}");
    }
    for bad in [
        "",
        "CN=",
        "foo=x",
        "CN=x, 2.5.4.3=y",
        "CN=x, cn=y",
        "E=x",
        "01.2=x",
        "1.=x",
        "CN=x+OU=y",
    ] {
        assert!(wider(&[&format!("x509.subject:{bad}")]).is_err(), "{bad}");
    }
}

#[test]
fn an_alternative_name_has_a_kind_and_a_plain_value() {
    for good in [
        "uri:https://ci.example/a",
        " dns:ci.example",
        "email:a@b.example",
    ] {
        assert!(wider(&[&format!("x509.san:{good}")]).is_ok(), "{good}");
    }
    for bad in [
        "",
        "ci.example",
        "dns:",
        "ip:10.0.0.1",
        "URI:x",
        "dns:a b",
        "uri:ä",
    ] {
        assert!(wider(&[&format!("x509.san:{bad}")]).is_err(), "{bad}");
    }
}

#[test]
fn numbers_of_entries_and_bytes_are_bounded() {
    let many: Vec<String> = (0..=limits::ENTRIES)
        .map(|number| format!("x509.subject: C=US, ST=WA, O={number}"))
        .collect();
    assert!(TrustedIdentities::compatible(&many[1..]).is_ok());
    assert!(matches!(
        TrustedIdentities::compatible(&many),
        Err(IdentityError::TooMany { .. })
    ));
    let long = format!(
        "x509.subject: C=US, ST=WA, O={}",
        "x".repeat(limits::NAME_BYTES)
    );
    assert!(matches!(
        compatible(&[&long]),
        Err(IdentityError::TooLong { .. })
    ));
}

#[test]
fn space_around_a_name_makes_it_no_other_identity() {
    let plain = compatible(&["x509.subject:C=US;S=WA;O=acme"]).expect("identities");
    let spaced = compatible(&["x509.subject:  C=US;S=WA;O=acme "]).expect("identities");
    assert_eq!(plain, spaced);
    assert_ne!(
        plain,
        compatible(&["x509.subject:C=US;S=WA;O=acme2"]).expect("identities")
    );
}

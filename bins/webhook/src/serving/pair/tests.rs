use std::time::Duration;

use doorward_kube::serving::MOST_AUTHORITIES;

use super::*;

const NOW: i64 = 1_800_000_000;
const TIMES: Times = Times {
    valid: Duration::from_secs(90 * 86_400),
    backdate: Duration::from_secs(3_600),
    settle: Duration::ZERO,
};

fn names() -> Vec<String> {
    ["doorward.home", "doorward.home.svc"]
        .map(str::to_owned)
        .to_vec()
}

fn issued() -> Issued {
    issue(&names(), Timestamp::from_unix(NOW), &TIMES).unwrap()
}

fn trusted(issued: &Issued) -> Vec<Authority> {
    authorities(&issued.authority).unwrap()
}

fn refused(pair: &Pair, trusted: &[Authority], names: &[String]) -> String {
    format!("{:#}", check(pair, trusted, names).expect_err("refused"))
}

#[test]
fn what_is_made_is_accepted_for_its_names_from_an_hour_before_to_its_last_second() {
    let made = issued();
    let span = check(&made.pair, &trusted(&made), &names()).unwrap();
    assert_eq!(span.from.unix(), NOW - 3_600);
    assert_eq!(span.until.unix(), NOW + 90 * 86_400);
    assert!(span.has(span.from) && !span.has(span.until));
    let pem: String = trusted(&made).iter().map(|one| pem(&one.der)).collect();
    assert_eq!(authorities(pem.as_bytes()).unwrap(), trusted(&made));
}

#[test]
fn no_two_have_a_key_or_an_authority_in_common() {
    let (one, other) = (issued(), issued());
    assert!(one.pair.key != other.pair.key && one.authority != other.authority);
    let said = refused(&one.pair, &trusted(&other), &names());
    assert!(said.contains("no authority"), "{said}");
}

#[test]
fn the_key_of_another_certificate_is_refused() {
    let mixed = Pair {
        key: issued().pair.key,
        ..issued().pair
    };
    let said = refused(&mixed, &[], &names());
    assert!(said.contains("do not belong together"), "{said}");
}

#[test]
fn a_certificate_for_other_names_is_refused() {
    let made = issued();
    for other in [
        "doorward.home.svc.cluster.local",
        "other.home.svc",
        "home.svc",
    ] {
        let said = refused(&made.pair, &trusted(&made), &[other.to_owned()]);
        assert_eq!(said, format!("it is not for {other}"));
    }
}

#[test]
fn an_authority_that_ends_before_the_certificate_ends_it() {
    let made = issued();
    let mut early = trusted(&made);
    early[0].span.until = Timestamp::from_unix(NOW + 5);
    let span = check(&made.pair, &early, &names()).unwrap();
    assert_eq!(span.until.unix(), NOW + 5);
}

#[test]
fn a_bundle_with_something_else_in_it_or_too_much_of_it_is_refused() {
    let made = issued();
    for bad in [
        b"".to_vec(),
        b"lol".to_vec(),
        made.pair.key.clone(),
        made.authority[..made.authority.len() / 2].to_vec(),
        made.authority.repeat(MOST_AUTHORITIES + 1),
        vec![b'\n'; MOST_BYTES + 1],
    ] {
        assert!(authorities(&bad).is_err(), "{} bytes", bad.len());
    }
    assert_eq!(authorities(&made.authority.repeat(2)).unwrap().len(), 2);
}

#[test]
fn keys_and_certificates_that_are_none_or_too_large_are_refused() {
    let made = issued();
    let trusted = trusted(&made);
    for bad in [
        Pair {
            key: Vec::new(),
            ..made.pair.clone()
        },
        Pair {
            key: vec![b'x'; MOST_BYTES + 1],
            ..made.pair.clone()
        },
        Pair {
            certificate: Vec::new(),
            ..made.pair.clone()
        },
        Pair {
            certificate: made.pair.key.clone(),
            ..made.pair.clone()
        },
        Pair {
            certificate: made.authority.clone(),
            ..made.pair.clone()
        },
    ] {
        let said = refused(&bad, &trusted, &names());
        let key = String::from_utf8(made.pair.key.clone()).unwrap();
        assert!(!said.contains(key.lines().nth(1).unwrap()), "{said}");
    }
}

#[test]
fn an_authority_signs_nothing_but_certificates_of_servers_below_it() {
    let made = issued();
    let der = &trusted(&made)[0].der;
    let (_, parsed) = x509_parser::parse_x509_certificate(der).unwrap();
    let constraints = parsed.basic_constraints().unwrap().unwrap().value;
    assert!(constraints.ca && constraints.path_len_constraint == Some(0));
    let usage = parsed.key_usage().unwrap().unwrap().value;
    assert!(usage.key_cert_sign() && !usage.digital_signature());
}

#[test]
fn a_clock_beyond_all_reason_is_an_error_and_no_panic() {
    for now in [i64::MIN, -1, 0, i64::MAX] {
        assert!(issue(&names(), Timestamp::from_unix(now), &TIMES).is_err());
    }
}

#[test]
fn debug_output_shows_no_key() {
    let made = issued();
    let key = String::from_utf8(made.pair.key.clone()).unwrap();
    assert!(!format!("{made:?}").contains(key.lines().nth(1).unwrap()));
    assert_eq!(format!("{:?}", made.pair), "Pair { .. }");
}

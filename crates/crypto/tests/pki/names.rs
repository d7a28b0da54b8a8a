//! What authorities may certify: names, purposes, and what they must say that is understood.

use doorward_crypto::{OrderedChainError, OrderedRule, Profile};
use doorward_testkit::{CertificateBuilder, Certified, KeyKind, asn1};

use super::ordered::{authority, check, leaf, purposes, refused};

const NAME_CONSTRAINTS: &str = "2.5.29.30";
const ALTERNATIVE_NAMES: &str = "2.5.29.17";
const ORGANISATION: [u8; 3] = [0x55, 4, 10];

/// A name of one attribute.
fn organisation(string: u8, name: &str) -> Vec<u8> {
    let attribute = asn1(
        0x30,
        &[
            &asn1(0x06, &[&ORGANISATION]),
            &asn1(string, &[name.as_bytes()]),
        ],
    );
    asn1(0x30, &[&asn1(0x31, &[&attribute])])
}

/// Constraints with these permitted and excluded names.
fn constraints(permitted: &[Vec<u8>], excluded: &[Vec<u8>]) -> Vec<u8> {
    let list = |tag, names: &[Vec<u8>]| {
        let subtrees: Vec<_> = names.iter().map(|name| asn1(0x30, &[name])).collect();
        match names {
            [] => Vec::new(),
            _ => asn1(tag, &[&subtrees.concat()]),
        }
    };
    asn1(0x30, &[&list(0xa0, permitted), &list(0xa1, excluded)])
}

fn directory(name: &str) -> Vec<u8> {
    asn1(0xa4, &[&organisation(0x0c, name)])
}

/// A chain below an authority with this extension, of a leaf of `O=Acme, CN=build`.
fn below(
    oid: &str,
    critical: bool,
    value: &[u8],
    names: Option<&[u8]>,
) -> Result<(), OrderedChainError> {
    let root = authority("root").self_signed();
    let between = authority("between")
        .key(KeyKind::P256, 55)
        .extension(oid, critical, value);
    let between = between.issued_by(&root);
    let mut leaf = leaf().subject(&[("2.5.4.10", "Acme"), ("2.5.4.3", "build")]);
    if let Some(names) = names {
        leaf = leaf.extension(ALTERNATIVE_NAMES, false, names);
    }
    let leaf = leaf.issued_by(&between);
    check(&[&leaf, &between, &root], Profile::CodeSigning)
}

fn rule(result: Result<(), OrderedChainError>) -> Option<(usize, OrderedRule)> {
    match result {
        Ok(()) => None,
        Err(OrderedChainError::Certificate { at, rule }) => Some((at.position(), rule)),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn an_authority_certifies_no_name_that_its_constraints_leave_out() {
    let (acme, team) = (directory("Acme"), directory("TeamB"));
    let printable = asn1(0xa4, &[&organisation(0x13, "ACME")]);
    for (permitted, excluded, is_held) in [
        (vec![team.clone()], vec![], false),
        (vec![], vec![acme.clone()], false),
        (vec![acme.clone()], vec![acme.clone()], false),
        (vec![acme.clone()], vec![printable.clone()], false),
        (vec![acme.clone()], vec![team.clone()], true),
        (vec![team.clone(), acme.clone()], vec![], true),
        (vec![printable], vec![], true),
        // Of another form, of which the leaf has no name.
        (vec![asn1(0x82, &[b"acme.example"])], vec![], true),
        (vec![], vec![], true),
    ] {
        let value = constraints(&permitted, &excluded);
        // Those that are not critical are understood all the same.
        for critical in [true, false] {
            let found = rule(below(NAME_CONSTRAINTS, critical, &value, None));
            let expected = (!is_held).then_some((0, OrderedRule::NameConstraint));
            assert_eq!(found, expected, "{permitted:?} {excluded:?}");
        }
    }
}

#[test]
fn alternative_names_are_held_against_constraints_of_their_form() {
    let san = |tag, name: &[u8]| asn1(0x30, &[&asn1(tag, &[name])]);
    const EMAIL: u8 = 0x81;
    const DNS: u8 = 0x82;
    const URI: u8 = 0x86;
    const ADDRESS: u8 = 0x87;
    for (tag, subtree, name, is_held) in [
        (DNS, "acme.example", "acme.example", true),
        (DNS, "acme.example", "Build.ACME.example", true),
        (DNS, "acme.example", "notacme.example", false),
        (DNS, ".acme.example", "acme.example", false),
        (DNS, "", "other.example", true),
        (EMAIL, "acme.example", "build@acme.example", true),
        (EMAIL, "acme.example", "build@sub.acme.example", false),
        (EMAIL, ".acme.example", "build@sub.acme.example", true),
        (EMAIL, "build@acme.example", "build@acme.example", true),
        (EMAIL, "build@acme.example", "other@acme.example", false),
        (EMAIL, "acme.example", "no address", false),
        (URI, "acme.example", "https://acme.example:8443/b", true),
        (URI, ".acme.example", "https://b.acme.example/", true),
        (
            URI,
            "acme.example",
            "https://acme.example@b.example/",
            false,
        ),
        (URI, "acme.example", "urn:acme.example", false),
        // Not understood.
        (ADDRESS, "\n\0\0\0\0\0\0\0", "\n\0\0\x01", false),
    ] {
        let names = san(tag, name.as_bytes());
        let value = constraints(&[asn1(tag, &[subtree.as_bytes()])], &[]);
        let found = rule(below(NAME_CONSTRAINTS, true, &value, Some(&names)));
        let expected = (!is_held).then_some((0, OrderedRule::NameConstraint));
        assert_eq!(found, expected, "{subtree} {name}");
    }
    // What cannot be told is excluded by any subtree of its form.
    let names = san(URI, b"urn:acme.example");
    let value = constraints(&[], &[asn1(URI, &[b"other.example"])]);
    let found = rule(below(NAME_CONSTRAINTS, true, &value, Some(&names)));
    assert_eq!(found, Some((0, OrderedRule::NameConstraint)));
}

#[test]
fn constraints_that_cannot_be_read_let_nothing_be_certified() {
    let minimum = asn1(0x30, &[&directory("Acme"), &[0x80, 1, 1]]);
    let with_minimum = asn1(0x30, &[&asn1(0xa0, &[&minimum])]);
    let trailing = [constraints(&[directory("Acme")], &[]), vec![5, 0]].concat();
    let many = vec![asn1(0x82, &[b"a.example"]); 257];
    for value in [with_minimum, trailing, vec![5, 0], constraints(&many, &[])] {
        let found = rule(below(NAME_CONSTRAINTS, true, &value, None));
        assert_eq!(found, Some((0, OrderedRule::NameConstraint)));
    }
}

#[test]
fn constraints_hold_for_authorities_below_too_and_for_those_of_the_root() {
    let value = constraints(&[directory("TeamB")], &[]);
    let root = authority("root").extension(NAME_CONSTRAINTS, true, &value);
    let root = root.self_signed();
    let team = |builder: CertificateBuilder| builder.subject(&[("2.5.4.10", "TeamB")]);
    let between = authority("between").key(KeyKind::P256, 55);
    for (between, place) in [(between.clone(), Some(1)), (team(between), None)] {
        let between = between.issued_by(&root);
        let leaf = team(leaf()).issued_by(&between);
        let found = rule(check(&[&leaf, &between, &root], Profile::CodeSigning));
        let expected = place.map(|place| (place, OrderedRule::NameConstraint));
        assert_eq!(found, expected);
    }
}

#[test]
fn an_authority_with_a_critical_extension_that_is_not_understood_certifies_nobody() {
    let found = rule(below("1.2.3.4.5", true, &[5, 0], None));
    assert_eq!(found, Some((1, OrderedRule::CriticalExtension)));
    assert_eq!(rule(below("1.2.3.4.5", false, &[5, 0], None)), None);
}

#[test]
fn constraints_on_policies_are_not_understood_and_what_depends_on_them_makes_no_difference() {
    const POLICY_MAPPINGS: &str = "2.5.29.33";
    const POLICY_CONSTRAINTS: &str = "2.5.29.36";
    const INHIBIT_ANY_POLICY: &str = "2.5.29.54";
    for (extension, expected) in [
        (POLICY_MAPPINGS, None),
        (INHIBIT_ANY_POLICY, None),
        (
            POLICY_CONSTRAINTS,
            Some((1, OrderedRule::CriticalExtension)),
        ),
    ] {
        let found = rule(below(extension, true, &[2, 1, 0], None));
        assert_eq!(found, expected, "{extension}");
    }
}

#[test]
fn an_authority_for_other_purposes_certifies_no_signer() {
    const SERVER: &str = "1.3.6.1.5.5.7.3.1";
    const CODE: &str = "1.3.6.1.5.5.7.3.3";
    const ANY: &str = "2.5.29.37.0";
    for (of, is_held) in [
        (&[SERVER][..], false),
        (&["1.2.3.4"], false),
        (&[SERVER, CODE], true),
        (&[ANY], true),
    ] {
        for critical in [true, false] {
            let found = rule(below("2.5.29.37", critical, &purposes(of), None));
            let expected = (!is_held).then_some((1, OrderedRule::NotForCodeSigning));
            assert_eq!(found, expected, "{of:?}");
        }
    }
}

#[test]
fn a_time_stamping_authority_is_held_by_its_constraints_too() {
    let value = constraints(&[directory("TeamB")], &[]);
    let root: Certified = authority("root").self_signed();
    let between = authority("between").extension(NAME_CONSTRAINTS, false, &value);
    let between = between.issued_by(&root);
    let stamper = CertificateBuilder::time_stamper("tsa").issued_by(&between);
    let chain = [&stamper, &between, &root];
    let found = refused(&chain, Profile::TimeStamping);
    assert_eq!(found, (0, OrderedRule::NameConstraint));
}

use doorward_crypto::{
    KeyUse, NotValidAt, OrderedChainError, OrderedRule, Profile, SignatureError, verify_ordered,
};
use doorward_testkit::{CertificateBuilder, Certified, KeyKind, asn1, dotted_oid};

use super::{at, counted, read};

pub(super) const KEY_USAGE: &str = "2.5.29.15";
const BASIC_CONSTRAINTS: &str = "2.5.29.19";

pub(super) fn check(chain: &[&Certified], profile: Profile) -> Result<(), OrderedChainError> {
    let chain: Vec<_> = chain.iter().map(|certified| read(certified)).collect();
    let proof = counted(|checks| verify_ordered(&chain, profile, None, checks))?;
    assert_eq!(proof.leaf(), &chain[0]);
    assert!(proof.certificates().eq(&chain));
    assert_eq!(Some(proof.root()), chain.last());
    let pairs = chain.windows(2).map(|pair| (&pair[0], &pair[1]));
    assert!(proof.links().eq(pairs));
    assert_eq!(proof.profile(), profile);
    Ok(())
}

/// Which certificate breaks which rule.
pub(super) fn refused(chain: &[&Certified], profile: Profile) -> (usize, OrderedRule) {
    match check(chain, profile) {
        Err(OrderedChainError::Certificate { at, rule }) => (at.position(), rule),
        other => panic!("{other:?}"),
    }
}

pub(super) fn signing(chain: &[&Certified]) -> (usize, OrderedRule) {
    refused(chain, Profile::CodeSigning)
}

pub(super) fn authority(name: &str) -> CertificateBuilder {
    CertificateBuilder::authority(name)
}

pub(super) fn leaf() -> CertificateBuilder {
    CertificateBuilder::code_signer("leaf")
}

pub(super) fn purposes(of: &[&str]) -> Vec<u8> {
    let oids: Vec<_> = of.iter().map(|oid| dotted_oid(oid)).collect();
    asn1(0x30, &[&oids.concat()])
}

/// Leaf, two authorities and the root.
fn chain_of_four() -> [Certified; 4] {
    let root = authority("root").self_signed();
    let outer = authority("outer").issued_by(&root);
    let inner = authority("inner").issued_by(&outer);
    [leaf().issued_by(&inner), inner, outer, root]
}

#[test]
fn a_chain_in_order_holds() {
    let [leaf, inner, outer, root] = chain_of_four();
    assert_eq!(
        check(&[&leaf, &inner, &outer, &root], Profile::CodeSigning),
        Ok(())
    );
    let stamper = CertificateBuilder::time_stamper("tsa").issued_by(&root);
    assert_eq!(check(&[&stamper, &root], Profile::TimeStamping), Ok(()));
}

#[test]
fn chains_of_every_kind_of_key_hold() {
    for kind in KeyKind::ALL {
        if kind == KeyKind::P521 && cfg!(not(feature = "p521")) {
            continue;
        }
        let root = authority("root").key(kind, 0).self_signed();
        let leaf = leaf().key(kind, 1).issued_by(&root);
        assert_eq!(
            check(&[&leaf, &root], Profile::CodeSigning),
            Ok(()),
            "{kind:?}"
        );
    }
}

#[test]
fn one_certificate_that_signed_itself_is_a_chain() {
    assert_eq!(
        check(&[&leaf().self_signed()], Profile::CodeSigning),
        Ok(())
    );
    let [leaf, .., root] = chain_of_four();
    assert_eq!(signing(&[&leaf]), (0, OrderedRule::NotSelfIssued));
    assert_eq!(signing(&[&root]), (0, OrderedRule::AuthorityAsLeaf));
}

#[test]
fn one_certificate_with_the_name_of_its_issuer_needs_its_signature_too() {
    let issuer = authority("leaf").key(KeyKind::P256, 1).self_signed();
    let forged = leaf().key(KeyKind::P256, 2).issued_by(&issuer);
    let bad = OrderedRule::Signature(SignatureError::Bad);
    assert_eq!(signing(&[&forged]), (0, bad));
}

#[test]
fn nothing_and_more_than_ten_certificates_are_no_chain() {
    assert_eq!(
        check(&[], Profile::CodeSigning),
        Err(OrderedChainError::Empty)
    );
    let mut chain = vec![authority("root").self_signed()];
    for number in 1..10 {
        let last = chain.last().expect("one");
        chain.push(authority(&format!("authority {number}")).issued_by(last));
    }
    let eleven = leaf().issued_by(chain.last().expect("one"));
    let ten = leaf().issued_by(&chain[8]);
    let in_order = |leaf, chain: &[Certified]| {
        let all: Vec<_> = std::iter::once(leaf).chain(chain.iter().rev()).collect();
        check(&all, Profile::CodeSigning)
    };
    assert_eq!(in_order(&ten, &chain[..9]), Ok(()));
    let too_long = OrderedChainError::TooLong {
        count: 11,
        limit: 10,
    };
    assert_eq!(in_order(&eleven, &chain), Err(too_long));
}

#[test]
fn a_chain_that_does_not_end_in_a_root_is_none() {
    let [leaf, inner, outer, _] = chain_of_four();
    assert_eq!(
        signing(&[&leaf, &inner, &outer]),
        (2, OrderedRule::NotSelfIssued)
    );
    assert_eq!(signing(&[&leaf, &inner]), (1, OrderedRule::NotSelfIssued));
}

#[test]
fn a_chain_out_of_order_or_with_a_gap_is_none() {
    let [leaf, inner, outer, root] = chain_of_four();
    let gap = OrderedRule::NotIssuedByNext;
    assert_eq!(signing(&[&leaf, &outer, &inner, &root]), (0, gap.clone()));
    assert_eq!(signing(&[&leaf, &outer, &root]), (0, gap.clone()));
    let stranger = authority("stranger").self_signed();
    assert_eq!(
        signing(&[&leaf, &inner, &outer, &root, &stranger]),
        (3, gap)
    );
    let as_leaf = (0, OrderedRule::AuthorityAsLeaf);
    assert_eq!(signing(&[&root, &outer, &inner, &leaf]), as_leaf);
}

#[test]
fn the_same_certificate_twice_is_refused() {
    let [leaf, inner, outer, root] = chain_of_four();
    let twice = |position| (position, OrderedRule::Duplicate);
    assert_eq!(signing(&[&leaf, &inner, &outer, &root, &root]), twice(4));
    assert_eq!(signing(&[&leaf, &inner, &inner, &outer, &root]), twice(2));
}

#[test]
fn an_issuer_of_the_same_name_with_another_key_is_another() {
    let [leaf, inner, outer, _] = chain_of_four();
    let namesake = authority("root").key(KeyKind::P256, 77).self_signed();
    let bad = OrderedRule::Signature(SignatureError::Bad);
    assert_eq!(signing(&[&leaf, &inner, &outer, &namesake]), (2, bad));
}

#[test]
fn a_root_before_the_end_is_refused_and_a_new_key_under_the_old_name_is_not() {
    let old = authority("root")
        .key(KeyKind::P256, 1)
        .serial(1)
        .self_signed();
    let new = authority("root")
        .key(KeyKind::P256, 2)
        .serial(2)
        .issued_by(&old);
    let by_new = leaf().issued_by(&new);
    assert_eq!(check(&[&by_new, &new, &old], Profile::CodeSigning), Ok(()));
    let itself = authority("root")
        .key(KeyKind::P256, 2)
        .serial(3)
        .self_signed();
    let by_itself = leaf().issued_by(&itself);
    let bad = OrderedRule::Signature(SignatureError::Bad);
    assert_eq!(signing(&[&by_itself, &itself, &old]), (1, bad));
    // The same key twice: each signed itself, and the other.
    let again = authority("root")
        .key(KeyKind::P256, 1)
        .serial(3)
        .self_signed();
    let by_again = leaf().issued_by(&again);
    let early = (1, OrderedRule::SelfSignedTooEarly);
    assert_eq!(signing(&[&by_again, &again, &old]), early);
}

#[test]
fn a_signature_over_a_broken_hash_is_refused_in_every_place() {
    let sha1 = asn1(0x30, &[&dotted_oid("1.2.840.10045.4.1")]);
    let weak = OrderedRule::Signature(SignatureError::Weak);
    let root = authority("root").self_signed();
    let by_root = leaf().claimed_algorithm(&sha1).issued_by(&root);
    assert_eq!(signing(&[&by_root, &root]), (0, weak.clone()));
    let weak_root = authority("root").claimed_algorithm(&sha1).self_signed();
    let good = leaf().issued_by(&weak_root);
    assert_eq!(signing(&[&good, &weak_root]), (1, weak));
}

#[test]
fn an_authority_says_so_in_a_critical_extension() {
    let ca = [0x30, 0x03, 0x01, 0x01, 0xff];
    for (root, rule) in [
        (
            authority("root").without(BASIC_CONSTRAINTS),
            OrderedRule::NoBasicConstraints,
        ),
        (
            authority("root").extension(BASIC_CONSTRAINTS, false, &ca),
            OrderedRule::BasicConstraintsNotCritical,
        ),
        (
            authority("root").extension(BASIC_CONSTRAINTS, true, &[0x30, 0x00]),
            OrderedRule::NotAnAuthority,
        ),
        (
            authority("root").without(KEY_USAGE),
            OrderedRule::NoKeyUsage,
        ),
        (
            authority("root").extension(KEY_USAGE, false, &[0x03, 0x02, 0x01, 0x06]),
            OrderedRule::KeyUsageNotCritical,
        ),
        (
            authority("root").extension(KEY_USAGE, true, &[0x03, 0x02, 0x01, 0x02]),
            OrderedRule::MissingUse(KeyUse::KeyCertSign),
        ),
    ] {
        let root = root.self_signed();
        let leaf = leaf().issued_by(&root);
        assert_eq!(signing(&[&leaf, &root]), (1, rule));
    }
}

#[test]
fn an_authority_has_no_more_below_it_than_it_allows() {
    let limited = |length| {
        let value = [0x30, 0x06, 0x01, 0x01, 0xff, 0x02, 0x01, length];
        let root = authority("root").extension(BASIC_CONSTRAINTS, true, &value);
        let root = root.self_signed();
        let outer = authority("outer").issued_by(&root);
        let inner = authority("inner").issued_by(&outer);
        let leaf = leaf().issued_by(&inner);
        check(&[&leaf, &inner, &outer, &root], Profile::CodeSigning)
    };
    assert_eq!(limited(2), Ok(()));
    assert!(matches!(
        limited(1),
        Err(OrderedChainError::Certificate {
            rule: OrderedRule::PathLength {
                length: 1,
                below: 2
            },
            ..
        })
    ));
}

#[test]
fn critical_extensions_of_a_leaf_that_nobody_knows_are_passed_over() {
    let root = authority("root").self_signed();
    let leaf = leaf()
        .extension("1.2.3.4", true, &[0x05, 0x00])
        .issued_by(&root);
    assert_eq!(check(&[&leaf, &root], Profile::CodeSigning), Ok(()));
}

#[test]
fn a_chain_says_which_certificate_is_not_valid_at_a_time() {
    let (from, until) = (at("2024-01-01T00:00:00Z"), at("2024-12-31T00:00:00Z"));
    let root = authority("root").self_signed();
    let inner = authority("inner").valid(from, until).issued_by(&root);
    let leaf = leaf().issued_by(&inner);
    let chain: Vec<_> = [&leaf, &inner, &root].into_iter().map(read).collect();
    let proof = counted(|checks| verify_ordered(&chain, Profile::CodeSigning, None, checks));
    let proof = proof.expect("a chain");
    assert_eq!(proof.valid_at(from), Ok(()));
    assert_eq!(proof.valid_at(until), Ok(()));
    match proof.valid_at(from.plus(-1)) {
        Err(NotValidAt::NotYet { at, not_before }) => {
            assert_eq!((at.position(), at.common_name()), (1, Some("inner")));
            assert_eq!(not_before, from);
        }
        other => panic!("{other:?}"),
    }
    match proof.valid_at(until.plus(1)) {
        Err(NotValidAt::Expired { at, not_after }) => {
            assert_eq!((at.position(), not_after), (1, until));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_message_names_the_certificate_on_one_line() {
    let root = authority("root").self_signed();
    let leaf = leaf()
        .subject(&[("2.5.4.3", "two\nlines \u{1b}[31m")])
        .without(KEY_USAGE)
        .issued_by(&root);
    let message = check(&[&leaf, &root], Profile::CodeSigning)
        .expect_err("refused")
        .to_string();
    assert_eq!(
        message,
        r#"certificate 1 ("two\nlines \u{1b}[31m") has no key usages"#
    );
}

//! Signers of an authority that is made here: what is asked first, what it costs, and what tells a time.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use doorward_core::{Budget, Code, Digest, Meter, Rejection, Timestamp, Witness};
use doorward_crypto::Certificate;
use doorward_sigstore::{
    Accepted, Authority, AuthorityError, Candidate, CertificateDemand, CertificateIdentity,
    Demands, HeldCertificates, HeldError, Subject, TimestampDemand, codes, verify,
};
use doorward_testkit::{CertificateBuilder, Certified, KeyKind, StampBuilder, asn1};

use super::code;
use super::support::{World, now, sign, texts};

const NAME: &str = "signer.example";
/// The stamps are of 2026-11-20 and -21.
const OLD: &str = "20261120100000Z";
const YOUNG: &str = "20261121100000Z";

fn digest() -> Digest {
    Digest::sha256(b"the manifest of an image")
}

fn claim() -> String {
    let digest = digest();
    format!(
        r#"{{"critical":{{"identity":{{"docker-reference":""}},"image":{{"docker-manifest-digest":"{digest}"}},"type":"cosign container image signature"}}}}"#
    )
}

/// For the DNS name.
fn named(builder: CertificateBuilder, name: &str) -> CertificateBuilder {
    let name = asn1(0x82, &[name.as_bytes()]);
    builder.extension("2.5.29.17", false, &asn1(0x30, &[&name]))
}

fn signer() -> CertificateBuilder {
    named(CertificateBuilder::code_signer("signer"), NAME)
}

fn root() -> Certified {
    CertificateBuilder::authority("root").self_signed()
}

fn read(certified: &Certified) -> Certificate {
    Certificate::from_der(certified.der()).unwrap()
}

/// In DER, by a key on P-256 or P-384.
fn signature(signer: &Certified) -> Vec<u8> {
    let fixed = signer.sign_envelope(claim().as_bytes());
    match fixed.len() {
        64 => p256::ecdsa::Signature::from_slice(&fixed)
            .unwrap()
            .to_der()
            .as_bytes()
            .to_vec(),
        _ => p384::ecdsa::Signature::from_slice(&fixed)
            .unwrap()
            .to_der()
            .as_bytes()
            .to_vec(),
    }
}

/// A layer with a certificate, and what else is given.
fn layer(signer: &Certified, signature: &[u8], chain: &str, stamp: Option<&[u8]>) -> Candidate {
    let mut annotations: BTreeMap<String, String> = texts(&[
        (
            "dev.cosignproject.cosign/signature",
            &STANDARD.encode(signature),
        ),
        ("dev.sigstore.cosign/certificate", &signer.pem()),
    ]);
    if !chain.is_empty() {
        annotations.insert("dev.sigstore.cosign/chain".into(), chain.into());
    }
    if let Some(stamp) = stamp {
        let stamp = format!(
            r#"{{"SignedRFC3161Timestamp":"{}"}}"#,
            STANDARD.encode(stamp)
        );
        annotations.insert("dev.sigstore.cosign/rfc3161timestamp".into(), stamp);
    }
    Candidate::layer(Bytes::from(claim()), &annotations).unwrap()
}

fn clock() -> (Certified, Certified) {
    let root = CertificateBuilder::authority("clock root").self_signed();
    let clock = CertificateBuilder::time_stamper("clock").issued_by(&root);
    (clock, root)
}

fn stamped(signer: &Certified, time: &str) -> Candidate {
    let (clock, root) = clock();
    let signature = signature(signer);
    let stamp = StampBuilder::new(&clock, &signature, time)
        .certificates(&[&clock, &root])
        .build();
    layer(signer, &signature, "", Some(&stamp))
}

fn demand(root: &Certified) -> CertificateDemand {
    let (clock, clock_root) = clock();
    CertificateDemand {
        roots: vec![read(root)],
        intermediates: Vec::new(),
        identity: CertificateIdentity::Dns(Subject::exact(NAME)),
        timestamp_roots: vec![read(&clock_root), read(&clock)],
    }
}

fn by_stamp(root: &Certified) -> Authority {
    let mut demands = Demands::default();
    demands.timestamp = TimestampDemand::Required;
    Authority::certificate(demand(root), demands).unwrap()
}

fn by_now(root: &Certified) -> Authority {
    Authority::certificate(demand(root), Demands::default()).unwrap()
}

/// Verified with at most so many signatures.
fn within(
    signatures: usize,
    candidate: &Candidate,
    authority: &Authority,
) -> Result<Accepted, Rejection> {
    let mut budget = Budget::default();
    budget.signatures = signatures;
    verify(
        candidate,
        &digest(),
        authority,
        now(),
        &mut Meter::new(budget),
    )
}

fn time(accepted: &Accepted) -> Option<Timestamp> {
    accepted
        .evidence()
        .pop()
        .and_then(|evidence| evidence.time())
}

#[test]
fn stamping_an_old_signature_again_does_not_make_it_young() {
    let root = root();
    let signer = signer().issued_by(&root);
    let began = read(&signer).not_before();
    let judged = |stamp: &str| sign(&stamped(&signer, stamp), &digest(), &by_stamp(&root)).unwrap();
    let (old, young) = (judged(OLD), judged(YOUNG));
    assert!(old.signed_at() < young.signed_at());
    assert_eq!((time(&old), time(&young)), (Some(began), Some(began)));
    let bare = layer(&signer, &signature(&signer), "", None);
    let bare = sign(&bare, &digest(), &by_now(&root)).unwrap();
    assert_eq!(time(&bare), Some(began));
}

#[test]
fn an_entry_of_a_log_does_not_tell_when_a_key_signed() {
    let world = World::open();
    let (digest, found) = world.only("keyless", "key-rekor1-bundle");
    let authority = world.by_key("keys/key1.pub", true, &[]);
    let accepted = sign(&found.candidate().unwrap(), &digest, &authority).unwrap();
    assert!(accepted.signed_at().is_some());
    assert_eq!(time(&accepted), None);
}

#[test]
fn what_a_stranger_made_up_leaves_nothing_open_and_costs_little() {
    let root = root();
    let ours = signer().issued_by(&root);
    let own = signer().key(KeyKind::P256, 5).self_signed();
    let same_name = CertificateBuilder::authority("root")
        .serial(7)
        .key(KeyKind::P256, 7);
    let forged = signer()
        .key(KeyKind::P256, 6)
        .issued_by(&same_name.self_signed());
    let other = named(CertificateBuilder::code_signer("other"), "other.example").issued_by(&root);
    let others: String = (10..19)
        .map(|seed| {
            let authority = CertificateBuilder::authority("root").key(KeyKind::P256, seed);
            authority.self_signed().pem()
        })
        .collect();
    let token = Some(&b"no token"[..]);
    let cases: [(Candidate, usize, Code); 6] = [
        (layer(&own, b"none", "", None), 1, codes::BAD_SIGNATURE),
        (
            layer(&other, b"none", "", token),
            0,
            codes::UNTRUSTED_IDENTITY,
        ),
        // A signature that the certificate did not make costs one operation, whatever stands beside it.
        (
            layer(&forged, b"none", &others, None),
            1,
            codes::BAD_SIGNATURE,
        ),
        // One that it made: that, the root, and two of the name that the signature brings.
        (
            layer(&forged, &signature(&forged), &others, token),
            4,
            codes::CERTIFICATE_UNTRUSTED,
        ),
        (layer(&ours, b"none", "", None), 1, codes::BAD_SIGNATURE),
        (
            layer(&ours, &signature(&own), &others, token),
            1,
            codes::BAD_SIGNATURE,
        ),
    ];
    for (number, (candidate, signatures, expected)) in cases.iter().enumerate() {
        for authority in [by_stamp(&root), by_now(&root)] {
            let refused = code(within(*signatures, candidate, &authority));
            assert_eq!(refused, *expected, "{number}");
            assert!(!codes::leaves_open(refused), "{number}");
        }
    }
    // A signature of ours that lacks the stamp leaves something open.
    let bare = layer(&ours, &signature(&ours), "", None);
    let refused = code(within(8, &bare, &by_stamp(&root)));
    assert_eq!(refused, codes::TIMESTAMP_MISSING);
}

#[test]
fn a_copied_short_lived_certificate_beside_a_signature_of_nobody_leaves_nothing_open() {
    let world = World::open();
    let (digest, found) = world.only("keyless", "v1-email");
    let mut json = found.json();
    json["verificationMaterial"]["tlogEntries"] = serde_json::json!([]);
    json["dsseEnvelope"]["signatures"][0]["sig"] = "MAA=".into();
    let candidate = found.with_json(&json).candidate().unwrap();
    let judged = |signatures: usize, authority: &Authority| {
        let mut budget = Budget::default();
        budget.signatures = signatures;
        let mut meter = Meter::new(budget);
        code(verify(&candidate, &digest, authority, now(), &mut meter))
    };
    assert_eq!(judged(1, &world.by_developer()), codes::BAD_SIGNATURE);
    let other = world.by_identity(
        super::support::ISSUER,
        Subject::exact("other@fixtures.test"),
    );
    assert_eq!(judged(0, &other), codes::UNTRUSTED_IDENTITY);
}

#[test]
fn a_certificate_that_does_not_say_that_it_is_for_signing_code_is_none_of_a_signer() {
    let root = root();
    for builder in [
        named(CertificateBuilder::time_stamper("signer"), NAME),
        signer().without("2.5.29.37"),
    ] {
        let signer = builder.issued_by(&root);
        let bare = layer(&signer, &signature(&signer), "", None);
        assert_eq!(
            code(within(256, &bare, &by_now(&root))),
            codes::CERTIFICATE_UNTRUSTED
        );
        let stamped = stamped(&signer, OLD);
        assert_eq!(
            code(within(256, &stamped, &by_stamp(&root))),
            codes::CERTIFICATE_UNTRUSTED
        );
    }
}

#[test]
fn a_key_on_p384_signs_over_sha384_also_where_a_stamp_is_demanded() {
    let root = root();
    let signer = signer().key(KeyKind::P384, 3).issued_by(&root);
    sign(&stamped(&signer, OLD), &digest(), &by_stamp(&root)).unwrap();
    let bare = layer(&signer, &signature(&signer), "", None);
    sign(&bare, &digest(), &by_now(&root)).unwrap();
}

#[test]
fn an_intermediate_that_a_signature_brings_leads_to_a_root_and_a_forged_one_does_not() {
    let root = root();
    let between = CertificateBuilder::authority("between").issued_by(&root);
    let forged = CertificateBuilder::authority("between")
        .key(KeyKind::P256, 9)
        .issued_by(&root);
    let signer = signer().issued_by(&between);
    let signature = signature(&signer);
    let judged = |chain: String| {
        sign(
            &layer(&signer, &signature, &chain, None),
            &digest(),
            &by_now(&root),
        )
    };
    judged(between.pem()).unwrap();
    judged(format!("{}{}", forged.pem(), between.pem())).unwrap();
    for chain in [String::new(), forged.pem(), root.pem()] {
        assert_eq!(code(judged(chain)), codes::CERTIFICATE_UNTRUSTED);
    }
}

#[test]
fn a_time_stamp_outside_the_certificate_is_told_as_that() {
    let root = root();
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let (from, end) = (at("2026-11-20T09:00:00Z"), at("2026-11-20T11:00:00Z"));
    let signer = signer().valid(from, end).issued_by(&root);
    sign(&stamped(&signer, OLD), &digest(), &by_stamp(&root)).unwrap();
    for stamp in [YOUNG, "20261120085959Z"] {
        let refused = sign(&stamped(&signer, stamp), &digest(), &by_stamp(&root)).unwrap_err();
        assert_eq!(refused.code(), codes::CERTIFICATE_EXPIRED, "{refused}");
        assert!(codes::is_left_open(&refused));
        let said = "the certificate was valid from 2026-11-20T09:00:00Z to 2026-11-20T11:00:00Z";
        assert!(refused.to_string().contains(said), "{refused}");
    }
}

#[test]
fn a_key_that_is_not_for_it_neither_issues_certificates_nor_signs() {
    const KEY_USAGE: &str = "2.5.29.15";
    let root = root();
    let usage = |builder: CertificateBuilder, bits: &[u8]| {
        let value = [&[0x03, 0x02, 0x00], bits].concat();
        builder.extension(KEY_USAGE, true, &value)
    };
    // digitalSignature, keyEncipherment, keyCertSign and cRLSign, from the first bit on.
    let (signs, enciphers, issues, lists) = ([0x80], [0x20], [0x04], [0x02]);
    let judged = |between: CertificateBuilder, signer: CertificateBuilder| {
        let between = between.issued_by(&root);
        let signer = signer.issued_by(&between);
        let bare = layer(&signer, &signature(&signer), &between.pem(), None);
        sign(&bare, &digest(), &by_now(&root))
    };
    let between = || CertificateBuilder::authority("between");
    judged(usage(between(), &issues), usage(signer(), &signs)).unwrap();
    // One that says nothing is for everything.
    judged(between().without(KEY_USAGE), signer().without(KEY_USAGE)).unwrap();
    for (between, signer) in [
        (usage(between(), &signs), signer()),
        (usage(between(), &lists), signer()),
        (between(), usage(signer(), &enciphers)),
        (between(), usage(signer(), &issues)),
    ] {
        assert_eq!(code(judged(between, signer)), codes::CERTIFICATE_UNTRUSTED);
    }
    // Nor where an intermediate is the policy's, and the time is now.
    let held = usage(between(), &signs).issued_by(&root);
    let signer = signer().issued_by(&held);
    let mut own = demand(&root);
    own.intermediates = vec![read(&held)];
    let authority = Authority::certificate(own, Demands::default()).unwrap();
    let bare = layer(&signer, &signature(&signer), "", None);
    let outcome = sign(&bare, &digest(), &authority);
    assert_eq!(code(outcome), codes::CERTIFICATE_UNTRUSTED);
}

#[test]
fn a_root_counts_no_longer_than_it_is_valid() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let (from, end) = (at("2026-01-01T00:00:00Z"), at("2026-11-20T12:00:00Z"));
    let root = CertificateBuilder::authority("root")
        .valid(from, end)
        .self_signed();
    let signer = signer().issued_by(&root);
    sign(&stamped(&signer, OLD), &digest(), &by_stamp(&root)).unwrap();
    let outcome = sign(&stamped(&signer, YOUNG), &digest(), &by_stamp(&root));
    let refused = code(outcome);
    let expected = [codes::CERTIFICATE_EXPIRED, codes::CERTIFICATE_UNTRUSTED];
    assert!(expected.contains(&refused), "{refused:?}");
}

#[test]
fn the_certificate_of_a_signer_is_no_root() {
    let root = root();
    let between = CertificateBuilder::authority("between").issued_by(&root);
    let signer = signer().issued_by(&between);
    let mut own = demand(&root);
    own.roots = vec![read(&signer)];
    let error = Authority::certificate(own, Demands::default()).unwrap_err();
    assert_eq!(error, AuthorityError::NoAuthority);
    let (signer, between) = (signer.pem(), between.pem());
    let held = HeldCertificates::held_in([signer.as_bytes(), between.as_bytes()]).unwrap();
    assert_eq!((held.roots.len(), held.intermediates.len()), (1, 1));
    assert!(held.roots.iter().all(Certificate::is_authority));
    let none = HeldCertificates::held_in([signer.as_bytes()]);
    assert!(matches!(none, Err(HeldError::Nothing { .. })));
}

#[test]
fn any_kind_of_name_may_match_an_expression_and_a_stranger_costs_nothing_for_it() {
    let root = root();
    let signer = signer().issued_by(&root);
    let bare = layer(&signer, &signature(&signer), "", None);
    let judged = |signatures: usize, pattern: &str| {
        let mut own = demand(&root);
        own.identity = CertificateIdentity::Any(Subject::pattern(pattern).unwrap());
        let authority = Authority::certificate(own, Demands::default()).unwrap();
        within(signatures, &bare, &authority)
    };
    let accepted = judged(3, r"signer\.(example|test)").unwrap();
    assert_eq!(accepted.identity(), Some(NAME));
    for pattern in ["signer", r"signer\.test", "example"] {
        assert_eq!(code(judged(0, pattern)), codes::UNTRUSTED_IDENTITY);
    }
}

use doorward_crypto::{Certificate, SignatureError, TimestampError, VerifiedTimestamp};
use doorward_testkit::{CertificateBuilder, Certified, KeyKind, StampBuilder, StampFlaw, flip_bit};

use super::{at, counted, read};

const MESSAGE: &[u8] = b"the bytes of a signature";
fn verify_timestamp(
    token: &[u8],
    message: &[u8],
    anchors: &[Certificate],
) -> Result<VerifiedTimestamp, TimestampError> {
    counted(|checks| doorward_crypto::verify_timestamp(token, message, anchors, checks))
}

const TIME: &str = "20240601000000Z";

/// An authority for time stamps: its root, an authority between, and the signer.
struct Authority {
    root: Certified,
    between: Certified,
    signer: Certified,
}

fn authority() -> Authority {
    let root = CertificateBuilder::authority("TSA root").self_signed();
    let between = CertificateBuilder::authority("TSA").issued_by(&root);
    let signer = CertificateBuilder::time_stamper("stamper").issued_by(&between);
    Authority {
        root,
        between,
        signer,
    }
}

impl Authority {
    /// A stamp with the certificates that are needed.
    fn stamp(&self, time: &str) -> StampBuilder {
        StampBuilder::new(&self.signer, MESSAGE, time).certificates(&[&self.signer, &self.between])
    }

    fn verify(&self, token: &[u8]) -> Result<VerifiedTimestamp, TimestampError> {
        verify_timestamp(token, MESSAGE, &[read(&self.root)])
    }
}

#[test]
fn a_stamp_says_when_a_message_was_there() {
    let authority = authority();
    let stamp = authority
        .verify(&authority.stamp(TIME).build())
        .expect("a stamp");
    let time = at("2024-06-01T00:00:00Z");
    assert_eq!(stamp.generated(), time);
    assert_eq!((stamp.earliest(), stamp.latest()), (time, time));
    assert_eq!(stamp.policy(), "1.3.6.1.4.1.99999.3");
    assert_eq!(stamp.chain().leaf(), &read(&authority.signer));
    assert_eq!(stamp.chain().root(), &read(&authority.root));
    assert_eq!(stamp.chain().certificates().count(), 3);
}

#[test]
fn every_kind_of_key_stamps() {
    let root = CertificateBuilder::authority("root").self_signed();
    for kind in KeyKind::ALL {
        // Time stamps by Ed25519 would need a hash of their own (RFC 8419), and P-521 its feature.
        if kind == KeyKind::Ed25519 || (kind == KeyKind::P521 && cfg!(not(feature = "p521"))) {
            continue;
        }
        let signer = CertificateBuilder::time_stamper("tsa")
            .key(kind, 0)
            .issued_by(&root);
        let token = StampBuilder::new(&signer, MESSAGE, TIME).build();
        let outcome = verify_timestamp(&token, MESSAGE, &[read(&root)]);
        assert!(outcome.is_ok(), "{kind:?} {outcome:?}");
    }
}

#[test]
fn a_fraction_of_a_second_and_the_accuracy_widen_the_range() {
    let authority = authority();
    let range = |stamp: StampBuilder| {
        let stamp = authority.verify(&stamp.build()).expect("a stamp");
        (stamp.earliest(), stamp.generated(), stamp.latest())
    };
    let second = |text: &str| at(&format!("2024-06-01T00:00:{text}Z"));
    assert_eq!(
        range(authority.stamp("20240601000005.5Z")),
        (second("05"), second("05"), second("06"))
    );
    let stamp = || authority.stamp("20240601000005Z");
    assert_eq!(
        range(stamp().accuracy(2, 0, 0)),
        (second("03"), second("05"), second("07"))
    );
    assert_eq!(
        range(stamp().accuracy(0, 1, 0)),
        (second("04"), second("05"), second("06"))
    );
    assert_eq!(
        range(stamp().accuracy(0, 0, 1)),
        (second("04"), second("05"), second("06"))
    );
    let best = "0.4.0.2023.1.1";
    assert_eq!(
        range(stamp().policy(best)),
        (second("04"), second("05"), second("06"))
    );
    assert_eq!(
        range(stamp().policy(best).accuracy(2, 0, 0)),
        (second("03"), second("05"), second("07"))
    );
}

#[test]
fn lengths_of_the_indefinite_form_are_read() {
    let authority = authority();
    let der = authority.verify(&authority.stamp(TIME).build());
    let ber = authority.verify(&authority.stamp(TIME).build_ber());
    assert!(ber.is_ok());
    assert_eq!(ber, der);
}

#[test]
fn a_stamp_for_another_message_proves_nothing() {
    let authority = authority();
    let token = authority.stamp(TIME).build();
    let refused = verify_timestamp(&token, b"another", &[read(&authority.root)]);
    assert_eq!(refused, Err(TimestampError::Imprint));
}

#[test]
fn a_stamp_with_a_flaw_proves_nothing() {
    let authority = authority();
    for flaw in StampFlaw::ALL {
        let refused = authority.verify(&authority.stamp(TIME).flaw(flaw).build());
        let expected = match flaw {
            StampFlaw::CriticalExtension => TimestampError::Extension,
            StampFlaw::NoContentType | StampFlaw::OtherContentType => TimestampError::Attribute {
                name: "contentType",
            },
            StampFlaw::NoMessageDigest | StampFlaw::TwoMessageDigests => {
                TimestampError::Attribute {
                    name: "messageDigest",
                }
            }
            StampFlaw::NoSigningCertificate => TimestampError::Attribute {
                name: "signingCertificateV2",
            },
            StampFlaw::OtherMessageDigest => TimestampError::ContentDigest,
            StampFlaw::Sha1Imprint => TimestampError::Hash { of: "the message" },
            StampFlaw::Signature => TimestampError::Signature(SignatureError::Bad),
            StampFlaw::Version => TimestampError::Version { of: "SignedData" },
            other => panic!("{other:?}"),
        };
        assert_eq!(refused, Err(expected), "{flaw:?}");
    }
}

#[test]
fn no_bit_of_a_stamp_can_be_changed_to_another_meaning() {
    let authority = authority();
    let token = authority.stamp(TIME).build();
    let good = authority.verify(&token).expect("a stamp");
    for bit in 0..token.len() * 8 {
        if let Ok(changed) = authority.verify(&flip_bit(&token, bit)) {
            // What nobody signed may change: where the certificates stand, or what tells their encoding.
            assert_eq!(changed, good, "bit {bit}");
        }
    }
}

#[test]
fn the_authority_must_be_trusted_and_its_chain_complete() {
    let authority = authority();
    let token = authority.stamp(TIME).build();
    let stranger = CertificateBuilder::authority("TSA root")
        .key(KeyKind::P256, 7)
        .self_signed();
    let with = |anchors: &[&Certified]| {
        let anchors: Vec<_> = anchors.iter().map(|anchor| read(anchor)).collect();
        verify_timestamp(&token, MESSAGE, &anchors)
    };
    assert_eq!(with(&[]), Err(TimestampError::NoAnchor));
    assert!(matches!(with(&[&stranger]), Err(TimestampError::Chain(_))));
    assert!(with(&[&stranger, &authority.root]).is_ok());
    // One that is not self-signed anchors nothing, and does no harm beside one that is.
    assert_eq!(with(&[&authority.between]), Err(TimestampError::NoAnchor));
    assert!(with(&[&authority.between, &authority.root]).is_ok());
    let alone = StampBuilder::new(&authority.signer, MESSAGE, TIME);
    assert_eq!(
        authority.verify(&alone.build()),
        Err(TimestampError::NoAnchor)
    );
    let nobody = authority.stamp(TIME).certificates(&[&authority.between]);
    assert_eq!(
        authority.verify(&nobody.build()),
        Err(TimestampError::SignerUnknown)
    );
}

#[test]
fn an_authority_brought_along_does_not_make_itself_trusted() {
    let authority = authority();
    let evil = CertificateBuilder::authority("evil").self_signed();
    let signer = CertificateBuilder::time_stamper("stamper").issued_by(&evil);
    let token = StampBuilder::new(&signer, MESSAGE, TIME)
        .certificates(&[&signer, &evil, &authority.root])
        .build();
    assert_eq!(authority.verify(&token), Err(TimestampError::NoAnchor));
}

#[test]
fn a_stamp_that_names_another_certificate_proves_nothing() {
    let authority = authority();
    let other = CertificateBuilder::time_stamper("other").issued_by(&authority.between);
    let token = authority.stamp(TIME).naming(&other).build();
    assert_eq!(
        authority.verify(&token),
        Err(TimestampError::SigningCertificate)
    );
}

#[test]
fn the_chain_holds_at_the_time_of_the_stamp_and_need_not_now() {
    let mut authority = authority();
    let (from, until) = (at("2021-01-01T00:00:00Z"), at("2021-12-31T00:00:00Z"));
    let signer = CertificateBuilder::time_stamper("stamper").valid(from, until);
    authority.signer = signer.issued_by(&authority.between);
    let outcome = |time: &str| authority.verify(&authority.stamp(time).build());
    assert!(outcome("20210101000000Z").is_ok());
    assert!(outcome("20211231000000Z").is_ok());
    for time in [
        "20201231235959Z",
        "20201231235959.999Z",
        "20211231000000.001Z",
        "20240601000000Z",
    ] {
        assert!(
            matches!(outcome(time), Err(TimestampError::NotValid(_))),
            "{time}"
        );
    }
}

#[test]
fn the_signed_time_of_signing_is_within_the_chain() {
    let authority = authority();
    let with = |time: &str| authority.verify(&authority.stamp(TIME).signing_time(time).build());
    assert!(with("240601000000Z").is_ok());
    assert!(matches!(
        with("190101000000Z"),
        Err(TimestampError::SigningTime(_))
    ));
    assert_eq!(with("240601"), Err(TimestampError::Malformed));
}

#[test]
fn a_signer_that_is_for_something_else_stamps_nothing() {
    let root = CertificateBuilder::authority("root").self_signed();
    let signer = CertificateBuilder::code_signer("leaf").issued_by(&root);
    let token = StampBuilder::new(&signer, MESSAGE, TIME).build();
    let refused = verify_timestamp(&token, MESSAGE, &[read(&root)]);
    assert!(
        matches!(refused, Err(TimestampError::Chain(_))),
        "{refused:?}"
    );
}

#[test]
fn a_critical_extension_that_nobody_knows_is_refused_on_the_whole_chain() {
    let critical = |made: CertificateBuilder| made.extension("2.5.29.30", true, &[0x30, 0x00]);
    let plain = CertificateBuilder::authority("root").self_signed();
    let root = critical(CertificateBuilder::authority("root")).self_signed();
    let stamper = || CertificateBuilder::time_stamper("tsa");
    for (signer, root, position) in [
        (critical(stamper()).issued_by(&plain), &plain, 0),
        (stamper().issued_by(&root), &root, 1),
    ] {
        let token = StampBuilder::new(&signer, MESSAGE, TIME).build();
        match verify_timestamp(&token, MESSAGE, &[read(root)]) {
            Err(TimestampError::CriticalExtension { at }) => assert_eq!(at.position(), position),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn sizes_and_counts_are_bounded() {
    let authority = authority();
    let limit = 64 * 1024;
    let too_large = vec![0x30; limit + 1];
    assert_eq!(
        authority.verify(&too_large),
        Err(TimestampError::TooLarge { limit })
    );
    let many: Vec<_> = (0..11)
        .map(|number| CertificateBuilder::authority(&format!("authority {number}")).self_signed())
        .collect();
    let all: Vec<_> = many.iter().collect();
    let token = authority.stamp(TIME).certificates(&all).build();
    let what = "certificates";
    assert_eq!(
        authority.verify(&token),
        Err(TimestampError::TooMany { what, limit: 10 })
    );
}

#[test]
fn a_crowd_of_authorities_with_one_name_costs_a_bounded_search() {
    let authority = authority();
    let crowd: Vec<_> = (0..9)
        .map(|seed| {
            let made = CertificateBuilder::authority("same")
                .serial(seed)
                .key(KeyKind::P256, seed);
            let issuer = CertificateBuilder::authority("same").key(KeyKind::P256, 99);
            made.issued_by(&issuer.self_signed())
        })
        .collect();
    let signer = CertificateBuilder::time_stamper("stamper").issued_by(&crowd[0]);
    let all: Vec<_> = std::iter::once(&signer).chain(&crowd).collect();
    let token = StampBuilder::new(&signer, MESSAGE, TIME)
        .certificates(&all)
        .build();
    let refused = authority.verify(&token);
    let what = "possible chains";
    assert_eq!(refused, Err(TimestampError::TooMany { what, limit: 4 }));
}

#[test]
fn nonsense_is_no_stamp() {
    let authority = authority();
    let token = authority.stamp(TIME).build();
    for bytes in [&[][..], b"{}", &[0x30, 0x80], &token[..token.len() - 1]] {
        assert_eq!(authority.verify(bytes), Err(TimestampError::Malformed));
    }
    let trailing = [&token[..], &[0]].concat();
    assert_eq!(authority.verify(&trailing), Err(TimestampError::Malformed));
    for time in ["20240601000000.50Z", "20240601000000", "2024060100Z"] {
        let token = authority.stamp(time).build();
        assert_eq!(
            authority.verify(&token),
            Err(TimestampError::Malformed),
            "{time}"
        );
    }
}

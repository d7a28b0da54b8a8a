//! Attestations that cosign made: whose they are, about what, and of which type.

use doorward_core::{Budget, Code, Digest, Meter, Rejection, Timestamp};
use doorward_sigstore::{
    Attested, Authority, Candidate, Demands, VerificationKey, attested, codes,
};
use serde_json::{Value, json};

use super::site::{KEY, Maker, Site, refused};

/// What cosign calls a type, and how it writes it.
const TYPES: [(&str, &str); 4] = [
    ("spdxjson", "https://spdx.dev/Document"),
    ("cyclonedx", "https://cyclonedx.org/bom"),
    ("slsaprovenance1", "https://slsa.dev/provenance/v1"),
    (
        "https://acme.example/review/v1",
        "https://acme.example/review/v1",
    ),
];

/// A document that passes for each of these types.
fn document() -> String {
    json!({
        "spdxVersion": "SPDX-2.3",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "buildDefinition": {"buildType": "https://acme.example/build", "externalParameters": {}},
        "runDetails": {"builder": {"id": "https://acme.example/builder"}},
    })
    .to_string()
}

/// What the key says about an image, where the maker stored it; all of it.
fn judge(
    site: &Site,
    maker: Maker,
    stored: &str,
    digest: &Digest,
    key: &str,
    kind: &str,
) -> Vec<Result<Attested, Rejection>> {
    let suffix = if maker.is_layer() { ".att" } else { "" };
    let key = VerificationKey::from_pem(site.public(key).as_bytes()).unwrap();
    let authority = Authority::keys(vec![key], Demands::default()).unwrap();
    // Keys have no time.
    let now = Timestamp::from_unix(0);
    let layers = site.layers(stored, suffix).into_iter();
    layers
        .map(|layer| {
            let candidate = if maker.is_layer() {
                Candidate::attestation(layer.bytes.into(), &layer.annotations)?
            } else {
                Candidate::bundle(layer.bytes.into())?
            };
            attested(
                &candidate,
                digest,
                &authority,
                kind,
                now,
                &mut Meter::new(Budget::default()),
            )
        })
        .collect()
}

fn digest(image: &str) -> Digest {
    image.split_once('@').unwrap().1.parse().unwrap()
}

fn code(judged: &[Result<Attested, Rejection>]) -> Code {
    let [Err(refused)] = judged else {
        panic!("not one refusal: {judged:?}")
    };
    refused.code()
}

#[test]
fn what_either_generation_of_cosign_attests_counts_in_every_form_with_its_type_and_content() {
    let Some(site) = Site::set_up() else { return };
    for (number, maker) in Maker::ATTESTERS.into_iter().enumerate() {
        for (place, (name, kind)) in TYPES.into_iter().enumerate() {
            let image = site.push(&format!("attested{number}-{place}"));
            site.attest(maker, name, &document(), &image);
            let judged = judge(&site, maker, &image, &digest(&image), KEY, kind);
            let [Ok(attested)] = &judged[..] else {
                panic!("{maker:?} {name}: {judged:?}")
            };
            let predicate: Value = serde_json::from_slice(attested.predicate()).unwrap();
            assert!(!predicate.is_null(), "{maker:?} {name}");
        }
    }
}

#[test]
fn an_attestation_of_cosign_counts_for_its_image_its_type_and_its_key_alone() {
    let Some(site) = Site::set_up() else { return };
    let other = Digest::sha256(b"another image");
    for (number, maker) in Maker::ATTESTERS.into_iter().enumerate() {
        let image = site.push(&format!("about{number}"));
        site.attest(maker, "spdxjson", &document(), &image);
        let of = digest(&image);
        let spdx = TYPES[0].1;
        for (digest, key, kind, expected) in [
            (&other, KEY, spdx, codes::DIGEST_MISMATCH),
            (&of, "stranger", spdx, codes::UNKNOWN_KEY),
            (&of, KEY, TYPES[1].1, codes::WRONG_PREDICATE),
            (&of, KEY, "https://spdx.dev/", codes::WRONG_PREDICATE),
        ] {
            let judged = judge(&site, maker, &image, digest, key, kind);
            assert_eq!(code(&judged), expected, "{maker:?} {key} {kind}");
        }
    }
}

#[test]
fn an_image_of_which_cosign_only_attested_something_is_not_signed() {
    let Some(site) = Site::set_up() else { return };
    for (number, maker) in Maker::ATTESTERS.into_iter().enumerate() {
        let image = site.push(&format!("unsigned{number}"));
        site.attest(maker, "spdxjson", &document(), &image);
        let expected = if maker.is_layer() {
            "sigstore-none"
        } else {
            "sigstore-wrong-predicate"
        };
        assert_eq!(site.doorward(&image), refused(expected), "{maker:?}");
    }
}

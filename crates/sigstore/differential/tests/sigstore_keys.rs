//! Signatures of cosign by keys: `doorward-sigstore` and the crate `sigstore` say the same of what is right, and of what anybody can
//! see is wrong.

use std::collections::BTreeMap;

use doorward_core::{Budget, Meter, Timestamp};
use doorward_sigstore::{Authority, Candidate, Demands, VerificationKey, verify};
use doorward_testkit::{CosignBuilder, CosignKey, CosignSignature, Image, Registry};
use serde_json::Value;
use sigstore::cosign::verification_constraint::{
    AnnotationVerifier, PublicKeyVerifier, VerificationConstraintVec,
};
use sigstore::cosign::{ClientBuilder, CosignCapabilities as _, verify_constraints};
use sigstore::registry::{Auth, ClientConfig, ClientProtocol};

const REPOSITORY: &str = "team/app";

/// Whom both are to believe, and what the signature must say beside the digest.
struct Demand<'a> {
    key: &'a CosignKey,
    annotations: BTreeMap<String, String>,
}

impl<'a> Demand<'a> {
    fn new(key: &'a CosignKey, annotations: &[(&str, &str)]) -> Self {
        let texts = annotations
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()));
        Self {
            key,
            annotations: texts.collect(),
        }
    }

    /// What we say of the layer.
    fn ours(&self, image: &Image, manifest: &Image, signature: &CosignSignature) -> bool {
        let manifest: Value = serde_json::from_slice(manifest.manifest().bytes()).unwrap();
        let annotations = manifest["layers"][0]["annotations"].clone();
        let annotations = serde_json::from_value(annotations).unwrap();
        let candidate = Candidate::layer(signature.blob().bytes().clone(), &annotations).unwrap();
        let key = VerificationKey::from_pem(self.key.public_pem().as_bytes()).unwrap();
        let mut demands = Demands::default();
        demands.annotations.clone_from(&self.annotations);
        let authority = Authority::keys(vec![key], demands).unwrap();
        let mut meter = Meter::new(Budget::default());
        let now = Timestamp::from_unix(0);
        verify(&candidate, image.digest(), &authority, now, &mut meter).is_ok()
    }

    /// What the other library says of what is in the registry.
    async fn theirs(&self, reference: &str) -> bool {
        let config = ClientConfig {
            protocol: ClientProtocol::Http,
            ..ClientConfig::default()
        };
        let client = ClientBuilder::default().with_oci_client_config(config);
        let mut client = client.build().unwrap();
        let image = reference.parse().unwrap();
        let layers = client
            .trusted_signature_layers(&Auth::Anonymous, &image)
            .await;
        // Nothing that it would look at.
        let Ok(layers) = layers else { return false };
        let key = PublicKeyVerifier::try_from(self.key.public_pem().as_bytes()).unwrap();
        let annotations = AnnotationVerifier {
            annotations: self.annotations.clone(),
        };
        let demanded: VerificationConstraintVec = vec![Box::new(key), Box::new(annotations)];
        verify_constraints(&layers, demanded.iter()).is_ok()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_accept_what_the_key_signed_and_refuse_what_is_changed_moved_or_by_another_key() {
    let registry = Registry::builder().start().await;
    let (key, stranger) = (CosignKey::generate(), CosignKey::generate());
    let other = Image::sample("another");
    let trusted = || Demand::new(&key, &[]);
    type Make = fn(CosignBuilder<'_>) -> CosignBuilder<'_>;
    let as_is: Make = |builder| builder;
    let forged: Make = |builder| builder.forged();
    let annotated: Make = |builder| builder.annotation("env", "prod");
    let mut accepted = 0;
    for (name, signer, make, demand) in [
        ("good", &key, as_is, trusted()),
        ("stranger", &stranger, as_is, trusted()),
        ("forged", &key, forged, trusted()),
        (
            "annotated",
            &key,
            annotated,
            Demand::new(&key, &[("env", "prod")]),
        ),
        (
            "annotated-otherwise",
            &key,
            annotated,
            Demand::new(&key, &[("env", "test")]),
        ),
        (
            "not-annotated",
            &key,
            as_is,
            Demand::new(&key, &[("env", "prod")]),
        ),
        (
            "annotated-by-a-stranger",
            &stranger,
            annotated,
            Demand::new(&key, &[("env", "prod")]),
        ),
    ] {
        let image = Image::sample(name);
        let digest = registry.push_image(REPOSITORY, name, &image);
        let signature = make(CosignBuilder::new(signer, &image)).build();
        let manifest = CosignSignature::manifest(std::slice::from_ref(&signature));
        let tag = CosignSignature::tag(&digest, "sig");
        registry.push_image(REPOSITORY, &tag, &manifest);
        let ours = demand.ours(&image, &manifest, &signature);
        let theirs = demand.theirs(&registry.reference(REPOSITORY, name)).await;
        assert_eq!(ours, theirs, "{name}: ours {ours}, theirs {theirs}");
        accepted += usize::from(ours);
    }
    assert_eq!(accepted, 2, "the good one and the annotated one");
    // One that is right, for another image.
    let image = Image::sample("moved");
    let digest = registry.push_image(REPOSITORY, "moved", &image);
    let signature = CosignBuilder::new(&key, &image)
        .claiming(other.digest())
        .build();
    let manifest = CosignSignature::manifest(std::slice::from_ref(&signature));
    registry.push_image(REPOSITORY, &CosignSignature::tag(&digest, "sig"), &manifest);
    assert!(!trusted().ours(&image, &manifest, &signature));
    assert!(
        !trusted()
            .theirs(&registry.reference(REPOSITORY, "moved"))
            .await
    );
    // And none.
    registry.push_image(REPOSITORY, "unsigned", &Image::sample("unsigned"));
    assert!(
        !trusted()
            .theirs(&registry.reference(REPOSITORY, "unsigned"))
            .await
    );
}

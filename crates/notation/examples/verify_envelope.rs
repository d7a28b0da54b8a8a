//! Verifies one envelope without a runtime, a network or a file: `cargo run -p doorward-notation --example verify_envelope`

#![allow(
    clippy::print_stdout,
    reason = "the example prints; the library does not"
)]

use std::{error::Error, sync::Arc};

use doorward_core::{Budget, Descriptor, MediaType, Meter};
use doorward_notation::{
    Artifact, Envelope, KnownSignatures, Level, RevocationAnswers, SignatureChecks, Statement,
    StoreReference, StoreType, TrustStore, TrustStores, TrustedIdentities, Walk,
};

const DIGEST: &str = "sha256:9a8b9e313047edf731adc03b3c162bed8b3ce4e0374f18bf92c2f4c2bf23277d";

fn main() -> Result<(), Box<dyn Error>> {
    // Whom to trust.
    let store: StoreReference = "ca:acme".parse()?;
    let root = include_bytes!("../tests/vectors/certs/root.crt");
    let stores = TrustStores::new().with(store.clone(), TrustStore::read(StoreType::Ca, [root]));
    let signers = TrustedIdentities::compatible(&["x509.subject: C=US, ST=WA, O=acme-rockets.io"])?;
    let statement = Statement::builder("release", Level::Strict);
    let statement = Arc::new(statement.trust_store(store).identities(signers).build()?);

    // What was signed, and when it is looked at.
    let image = Descriptor::new(MediaType::OCI_MANIFEST, DIGEST.parse()?, 401);
    let image = Artifact::Manifest(&image);
    let now = "2026-11-21T00:00:00Z".parse()?;

    let (mut meter, mut known) = (Meter::new(Budget::default()), KnownSignatures::new());
    let mut checks = SignatureChecks::new(&mut meter, &mut known);
    let envelope = Envelope::parse("application/cose", include_bytes!("../tests/example.cose"))?;
    let signed = envelope.verify(None, &mut checks)?;
    let mut walk = Walk::begin(signed, &image, &statement, &stores, now, &mut checks)?;
    // Where its certificates say whom to ask about revocation, this says what to ask.
    assert!(
        walk.wants(&RevocationAnswers::new(), &mut checks)?
            .is_empty()
    );
    println!("signed at {}", walk.finish()?.signed_at());
    Ok(())
}

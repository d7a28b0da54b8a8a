//! What is known to be good: one image, the keys that its policy trusts, and the signatures that those keys made.
//!
//! Targets that must never allow anything but this compare what was accepted with what is here. The private halves of
//! the keys exist nowhere, so whatever else is accepted is forged.

use std::sync::{Arc, LazyLock};

use doorward_core::{Budget, Digest, Meter, Reference, Timestamp};
use doorward_simple_signing::{
    Keyring, Requirement, SignatureBlob, SignedIdentity, Subject, evaluate,
};

pub mod disturbed;
pub mod documents;
pub mod held;
pub mod notary;
pub mod origins;
pub mod pki;
pub mod sigstore;

macro_rules! seed {
    ($path:literal) => {
        include_bytes!(concat!("../seeds/", $path)).as_slice()
    };
}

/// What the signatures say the image is called.
pub const IMAGE: &str = "registry.example.com/ns/app:1.0";

/// The manifest that was signed.
pub const MANIFEST: &[u8] =
    include_bytes!("../../crates/simple-signing/tests/vectors/images/oci.manifest.json");

/// The trusted public keys.
pub const KEYS: [&[u8]; 4] = [
    seed!("keyring/keys-ed25519.gpg"),
    seed!("keyring/keys-nistp256.gpg"),
    seed!("keyring/keys-rsa3072.gpg"),
    seed!("keyring/keys-sub-ed25519.gpg"),
];

/// A signature by each of them.
pub const SIGNATURES: [&[u8]; 4] = [
    seed!("openpgp_message/signatures-ok-ed25519.sig"),
    seed!("openpgp_message/signatures-ok-nistp256.sig"),
    seed!("openpgp_message/signatures-ok-rsa3072.sig"),
    seed!("openpgp_message/signatures-ok-sub-ed25519.sig"),
];

/// The keys, checked. That each signature is accepted is checked here as well: were none, a target that only looks at
/// what is accepted would find nothing and say nothing.
pub static KEYRING: LazyLock<Arc<Keyring>> = LazyLock::new(|| {
    let keyring = Arc::new(Keyring::parse(KEYS).expect("the keys are good"));
    for signature in SIGNATURES {
        let blob = SignatureBlob::new(signature, "known");
        let mut meter = Meter::new(Budget::default());
        let trusted = [signed_by(Arc::clone(&keyring))];
        evaluate(&trusted, &subject(), &[blob], NOW, &mut meter).expect("the signature is good");
    }
    keyring
});

/// The digest that was signed.
pub static DIGEST: LazyLock<Digest> = LazyLock::new(|| Digest::sha256(MANIFEST));

/// A time at which keys and signatures are good.
pub const NOW: Timestamp = Timestamp::from_unix(1_795_232_400);

/// The image, resolved.
pub fn subject() -> Subject {
    Subject::new(image(), DIGEST.clone())
}

/// The image's reference.
pub fn image() -> Reference {
    IMAGE.parse().expect("the reference is good")
}

/// That one of the keys signed the image under its name.
pub fn requirement() -> Requirement {
    signed_by(Arc::clone(&KEYRING))
}

fn signed_by(keyring: Arc<Keyring>) -> Requirement {
    Requirement::SignedBy {
        keyring,
        identity: SignedIdentity::MatchRepoDigestOrExact,
    }
}

/// Whether a key with this fingerprint is trusted.
pub fn is_trusted(fingerprint: &str) -> bool {
    KEYRING
        .certificates()
        .iter()
        .any(|certificate| certificate.fingerprint() == fingerprint)
}

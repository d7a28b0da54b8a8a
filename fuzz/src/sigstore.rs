//! What is known to be good of sigstore: whose signatures the policies of the cases trust, and on what.
//!
//! The keys of the keyless signatures exist nowhere, and nothing here has those of the others, so whatever else is accepted is
//! forged.

use std::sync::{Arc, LazyLock};

use doorward_core::{Budget, Digest, Meter, Timestamp};
use doorward_sigstore::{
    Accepted, Attested, Authority, Candidate, Demands, KeylessDemand, Subject, TrustedRoot,
    VerificationKey, WorkflowClaims, attested, verify,
};

/// The trusted root of the cases.
pub const TRUSTED_ROOT: &[u8] =
    include_bytes!("../../crates/sigstore/tests/vectors/trust/trusted_root.json");

const KEYS: [&[u8]; 2] = [
    include_bytes!("../../crates/sigstore/tests/vectors/keys/key1.pub"),
    include_bytes!("../../crates/sigstore/tests/vectors/keys/ed25519.pub"),
];

/// The day on which the cases were made.
pub const NOW: Timestamp = Timestamp::from_unix(1_795_262_400);

/// Who signed: by a key, and by an identity.
static AUTHORITIES: LazyLock<[Authority; 2]> = LazyLock::new(|| {
    let root = TrustedRoot::parse(TRUSTED_ROOT).expect("the root is good");
    let keys = KEYS.map(|pem| VerificationKey::from_pem(pem).expect("the key is good"));
    let keyless = KeylessDemand {
        root: Arc::new(root),
        issuer: "https://accounts.fixtures.test".into(),
        subject: Subject::exact("dev@fixtures.test"),
        claims: WorkflowClaims::default(),
    };
    [
        Authority::keys(keys.to_vec(), Demands::default()).expect("the keys are good"),
        Authority::keyless(keyless, Demands::default()).expect("the root is good"),
    ]
});

/// Who is trusted.
pub fn authorities() -> Arc<[Authority]> {
    Arc::from(AUTHORITIES.clone())
}

/// What somebody who is trusted says of the digest that the candidate names, if anybody does.
pub fn judge(candidate: &Candidate) -> Option<Accepted> {
    let digest: Digest = candidate.unverified_digest()?.parse().ok()?;
    AUTHORITIES.iter().find_map(|authority| {
        let mut meter = Meter::new(Budget::default());
        verify(candidate, &digest, authority, NOW, &mut meter).ok()
    })
}

/// The same of a statement, of whatever type it says it is.
pub fn state(candidate: &Candidate) -> Option<Attested> {
    let digest: Digest = candidate.unverified_digest()?.parse().ok()?;
    let kind = candidate.unverified_predicate_type()?;
    AUTHORITIES.iter().find_map(|authority| {
        let mut meter = Meter::new(Budget::default());
        attested(candidate, &digest, authority, kind, NOW, &mut meter).ok()
    })
}

/// The digests that the candidates name.
pub fn digests(seeds: impl IntoIterator<Item = Candidate>) -> Vec<String> {
    let named = seeds.into_iter().map(|seed| seed.unverified_digest());
    named.map(|digest| digest.expect("a digest")).collect()
}

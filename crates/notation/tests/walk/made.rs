//! Signers, their envelopes, and what is asked about them.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use doorward_core::{Budget, Descriptor, Digest, MediaType, Meter, Rejection, Timestamp};
use doorward_notation::{
    Accepted, Artifact, Envelope, KnownSignatures, Level, RevocationAnswers, RevocationRequest,
    SignatureChecks, Statement, StatementBuilder, StoreType, TrustStore, TrustStores,
    TrustedIdentities, Walk,
};
use doorward_testkit::{CertificateBuilder, Certified, StampBuilder};

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

pub(crate) fn now() -> Timestamp {
    at("2026-06-01T00:00:00Z")
}

/// When envelopes say that they were signed.
pub(crate) const SIGNED: &str = "2024-06-01T00:00:00Z";

/// Makes a token of a signature.
pub(crate) type Stamp<'a> = &'a dyn Fn(&[u8]) -> Vec<u8>;

/// A signer below an authority and a root.
pub(crate) struct Signer {
    pub(crate) root: Certified,
    pub(crate) between: Certified,
    pub(crate) leaf: Certified,
}

impl Signer {
    /// With these certificates, which are issued by each other.
    pub(crate) fn new(between: &CertificateBuilder, leaf: &CertificateBuilder) -> Self {
        let root = CertificateBuilder::authority("root").self_signed();
        let between = between.issued_by(&root);
        let leaf = leaf.issued_by(&between);
        Self {
            root,
            between,
            leaf,
        }
    }

    pub(crate) fn of_leaf(leaf: &CertificateBuilder) -> Self {
        Self::new(&CertificateBuilder::authority("between"), leaf)
    }

    fn chain(&self) -> String {
        let chain = [&self.leaf, &self.between, &self.root];
        let chain = chain.map(|certificate| format!("{:?}", STANDARD.encode(certificate.der())));
        chain.join(",")
    }

    /// An envelope over the image, with a countersignature if `stamp` makes one of the signature.
    pub(crate) fn envelope(&self, stamp: Option<Stamp<'_>>) -> Vec<u8> {
        self.sealed("notary.x509", "signingTime", "", stamp)
    }

    /// An envelope of a signing authority.
    pub(crate) fn envelope_of_authority(&self) -> Vec<u8> {
        let critical = r#","io.cncf.notary.authenticSigningTime""#;
        let scheme = "notary.x509.signingAuthority";
        self.sealed(scheme, "authenticSigningTime", critical, None)
    }

    fn sealed(
        &self,
        scheme: &str,
        time: &str,
        critical: &str,
        stamp: Option<Stamp<'_>>,
    ) -> Vec<u8> {
        let protected = format!(
            r#"{{"alg":"ES256","cty":"application/vnd.cncf.notary.payload.v1+json","crit":["io.cncf.notary.signingScheme"{critical}],"io.cncf.notary.signingScheme":"{scheme}","io.cncf.notary.{time}":"{SIGNED}"}}"#
        );
        let image = image();
        let payload = format!(
            r#"{{"targetArtifact":{{"mediaType":"{}","digest":"{}","size":{}}}}}"#,
            image.media_type, image.digest, image.size
        );
        let [protected, payload] = [protected, payload].map(|text| URL_SAFE_NO_PAD.encode(text));
        let signature = self
            .leaf
            .sign_envelope(format!("{protected}.{payload}").as_bytes());
        let stamp = stamp.map_or_else(String::new, |stamp| {
            let token = STANDARD.encode(stamp(&signature));
            format!(r#","io.cncf.notary.timestampSignature":"{token}""#)
        });
        format!(
            r#"{{"payload":"{payload}","protected":"{protected}","header":{{"x5c":[{}]{stamp}}},"signature":"{}"}}"#,
            self.chain(),
            URL_SAFE_NO_PAD.encode(&signature)
        )
        .into_bytes()
    }

    pub(crate) fn stores(&self) -> TrustStores {
        let store = |kind| TrustStore::read(kind, [self.root.der()]);
        TrustStores::new()
            .with("ca:x".parse().expect("a store"), store(StoreType::Ca))
            .with(
                "signingAuthority:x".parse().expect("a store"),
                store(StoreType::SigningAuthority),
            )
    }
}

/// An authority for time stamps.
pub(crate) struct Stamper {
    pub(crate) root: Certified,
    pub(crate) leaf: Certified,
}

impl Stamper {
    pub(crate) fn new(leaf: &CertificateBuilder) -> Self {
        let root = CertificateBuilder::authority("TSA root").self_signed();
        let leaf = leaf.issued_by(&root);
        Self { root, leaf }
    }

    /// Stamps a signature at a `GeneralizedTime`.
    pub(crate) fn at(&self, time: &'static str) -> impl Fn(&[u8]) -> Vec<u8> + '_ {
        move |signature| StampBuilder::new(&self.leaf, signature, time).build()
    }

    pub(crate) fn in_stores(&self, stores: TrustStores) -> TrustStores {
        let store = TrustStore::read(StoreType::Tsa, [self.root.der()]);
        stores.with("tsa:x".parse().expect("a store"), store)
    }
}

/// The image that is signed.
pub(crate) fn image() -> Descriptor {
    Descriptor::new(MediaType::OCI_MANIFEST, Digest::sha256(b"image"), 5)
}

/// A statement that trusts everybody below the stores.
pub(crate) fn statement(level: Level) -> StatementBuilder {
    Statement::builder("p", level)
        .trust_store("ca:x".parse().expect("a store"))
        .trust_store("signingAuthority:x".parse().expect("a store"))
        .identities(TrustedIdentities::any())
}

/// A walk through an envelope over the image.
pub(crate) fn begin(
    envelope: &[u8],
    statement: StatementBuilder,
    stores: &TrustStores,
    at: Timestamp,
) -> Result<Walk, Rejection> {
    let mut meter = Meter::new(Budget::default());
    let envelope = Envelope::parse("application/jose+json", envelope).expect("an envelope");
    let mut known = KnownSignatures::new();
    let mut checks = SignatureChecks::new(&mut meter, &mut known);
    let signed = envelope.verify(None, &mut checks).expect("a signature");
    let statement = Arc::new(statement.build().expect("a statement"));
    let image = image();
    let artifact = Artifact::Manifest(&image);
    Walk::begin(signed, &artifact, &statement, stores, at, &mut checks)
}

/// What is asked for in each round, by its address, and the outcome.
pub(crate) fn go(
    mut walk: Walk,
    authority: &dyn Fn(&RevocationRequest) -> Result<Vec<u8>, String>,
) -> (Vec<Vec<String>>, Result<Accepted, Rejection>) {
    let mut meter = Meter::new(Budget::default());
    let mut known = KnownSignatures::new();
    let mut checks = SignatureChecks::new(&mut meter, &mut known);
    let (mut answers, mut asked) = (RevocationAnswers::new(), Vec::new());
    loop {
        let wanted = walk
            .wants(&answers, &mut checks)
            .expect("within the budget");
        if wanted.is_empty() {
            return (asked, walk.finish());
        }
        asked.push(
            wanted
                .iter()
                .map(|request| request.address().to_owned())
                .collect(),
        );
        for request in wanted {
            let answer = authority(&request).map(Into::into);
            answers.insert(request, answer);
        }
    }
}

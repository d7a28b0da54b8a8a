//! Fulcio: `POST /api/v2/signingCert`, and `POST /api/v1/signingCert` for older clients.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_core::Timestamp;
use http::StatusCode;
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use serde_json::{Value, json};

use super::certificate_log::{PROMISES, promise};
use super::identity::SigstoreIdentity;
use super::merkle::Hash;
use crate::http::{Exchange, Reply};
use crate::notary::pem;
use crate::pki::{CertificateBuilder, Certified};

/// How long a certificate lasts, in seconds.
const LIFETIME: i64 = 600;

/// Certifies identities.
pub(super) struct Authority {
    pub(super) root: Certified,
    pub(super) issuer: Certified,
    /// The key by which tokens are signed.
    pub(super) tokens: Certified,
    pub(super) log: Certified,
    pub(super) log_identifier: Hash,
}

impl Authority {
    /// The second version: key and proof are in one document, and the token there or in a header.
    pub(super) fn second(&self, exchange: &Exchange, now: Timestamp) -> Reply {
        let request: Value = serde_json::from_slice(&exchange.body).unwrap_or_default();
        let asked = &request["publicKeyRequest"];
        let credentials = request["credentials"]["oidcIdentityToken"].as_str();
        let chain = self.certify(
            credentials.or_else(|| bearer(exchange)),
            asked["publicKey"]["content"].as_str().and_then(unwrapped),
            asked["proofOfPossession"].as_str(),
            now,
        );
        chain.map_or_else(refused, |chain| {
            let answer =
                json!({"signedCertificateEmbeddedSct": {"chain": {"certificates": chain}}});
            Reply::json(StatusCode::OK, &answer)
        })
    }

    /// The first version: the token is a header, and the key is wrapped twice.
    pub(super) fn first(&self, exchange: &Exchange, now: Timestamp) -> Reply {
        let request: Value = serde_json::from_slice(&exchange.body).unwrap_or_default();
        let key = request["publicKey"]["content"].as_str();
        let chain = self.certify(
            bearer(exchange),
            key.and_then(|key| unwrapped(std::str::from_utf8(&STANDARD.decode(key).ok()?).ok()?)),
            request["signedEmailAddress"].as_str(),
            now,
        );
        chain.map_or_else(refused, |chain| {
            let kind = "application/pem-certificate-chain";
            Reply::new(StatusCode::CREATED).with_body(kind, chain.concat())
        })
    }

    /// The chain in PEM, that of the signer first; `None` if nobody vouches for the identity, or the key is not the client's.
    fn certify(
        &self,
        token: Option<&str>,
        key: Option<Vec<u8>>,
        proof: Option<&str>,
        now: Timestamp,
    ) -> Option<[String; 3]> {
        let (identity, issuer) = SigstoreIdentity::vouched_for(token?, &self.tokens)?;
        let key = key?;
        let point = key.get(key.len().checked_sub(65)?..)?;
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point)
            .verify(
                identity.subject().as_bytes(),
                &STANDARD.decode(proof?).ok()?,
            )
            .ok()?;
        // The serial number of a certificate tells it from others of one issuer; the key is one for each.
        let serial = key.iter().fold(1_u64, |sum, byte| {
            sum.wrapping_mul(0x100_0000_01b3) ^ u64::from(*byte)
        });
        let certificate = CertificateBuilder::code_signer("signer")
            .subject(&[])
            .serial(serial >> 1)
            .valid(now, now.plus(LIFETIME));
        let certificate = identity.certified(certificate, &issuer);
        let (bare, _) = certificate.for_key(&key, &self.issuer);
        let promise = promise(&self.log, &self.log_identifier, &self.issuer, &bare, now);
        let certificate = certificate.extension(PROMISES, false, &promise);
        let (_, der) = certificate.for_key(&key, &self.issuer);
        Some([pem("CERTIFICATE", &der), self.issuer.pem(), self.root.pem()])
    }
}

fn bearer(exchange: &Exchange) -> Option<&str> {
    let header = exchange.header(http::header::AUTHORIZATION)?;
    header.strip_prefix("Bearer ")
}

fn refused() -> Reply {
    let why = "no token of an issuer that is known here, or no proof of the key";
    Reply::json(StatusCode::BAD_REQUEST, &json!({"code": 3, "message": why}))
}

/// The DER in a PEM block.
fn unwrapped(pem: &str) -> Option<Vec<u8>> {
    let base64: String = pem
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .collect();
    STANDARD.decode(base64).ok()
}

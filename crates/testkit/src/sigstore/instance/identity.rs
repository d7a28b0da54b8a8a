//! Who signs, as tokens and certificates say it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use doorward_core::Timestamp;
use serde_json::{Value, json};

use crate::pki::{CertificateBuilder, Certified, asn1, sequence, utf8};

/// What all extensions of Fulcio begin with (its `oid-info`).
const FULCIO: &str = "1.3.6.1.4.1.57264.1";
const ALTERNATIVE_NAME: &str = "2.5.29.17";

/// Who signs: a person by an email address, or a workflow.
#[derive(Clone, Debug)]
pub struct SigstoreIdentity {
    claims: Value,
}

impl SigstoreIdentity {
    /// A person.
    #[must_use]
    pub fn email(address: &str) -> Self {
        let claims = json!({"email": address, "email_verified": true, "sub": address});
        Self { claims }
    }

    /// The workflow in a file of a repository of GitHub (`owner/name`), started by a push of the ref, on a machine of GitHub.
    #[must_use]
    pub fn workflow(repository: &str, file: &str, reference: &str) -> Self {
        let claims = json!({
            "event_name": "push",
            "job_workflow_ref": format!("{repository}/.github/workflows/{file}@{reference}"),
            "ref": reference,
            "repository": repository,
            "runner_environment": "github-hosted",
            "sub": format!("repo:{repository}:ref:{reference}"),
            "workflow": file,
        });
        Self { claims }
    }

    /// A token in which an issuer vouches for it, for ten minutes.
    pub(super) fn token(&self, issuer: &str, key: &Certified, now: Timestamp) -> String {
        let mut claims = self.claims.clone();
        claims["aud"] = json!("sigstore");
        claims["iat"] = json!(now.unix());
        claims["exp"] = json!(now.plus(600).unix());
        claims["iss"] = json!(issuer);
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let head = part(json!({"alg": "ES256", "typ": "JWT"}));
        let signed = format!("{head}.{}", part(claims));
        let signature = URL_SAFE_NO_PAD.encode(key.sign_envelope(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    /// Whom the issuer with this key vouches for in a token, and the issuer; `None` if it does not.
    pub(super) fn vouched_for(token: &str, key: &Certified) -> Option<(Self, String)> {
        let (signed, signature) = token.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let spki = key.spki();
        // The point is what ends the key.
        let point = spki.get(spki.len().checked_sub(65)?..)?;
        let algorithm = &ring::signature::ECDSA_P256_SHA256_FIXED;
        ring::signature::UnparsedPublicKey::new(algorithm, point)
            .verify(signed.as_bytes(), &signature)
            .ok()?;
        let (_, claims) = signed.split_once('.')?;
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
        let issuer = claims["iss"].as_str()?.to_owned();
        Some((Self { claims }, issuer))
    }

    /// What a client signs to show that it has the key.
    pub(super) fn subject(&self) -> &str {
        let claimed = self.claims["email"].as_str();
        claimed
            .or_else(|| self.claims["sub"].as_str())
            .unwrap_or_default()
    }

    /// With what a certificate says about it.
    pub(super) fn certified(
        &self,
        certificate: CertificateBuilder,
        issuer: &str,
    ) -> CertificateBuilder {
        let text = |name: &str| self.claims[name].as_str();
        let name = match (text("email"), text("job_workflow_ref")) {
            (Some(email), _) => asn1(0x81, &[email.as_bytes()]),
            (None, Some(file)) => asn1(0x86, &[format!("https://github.com/{file}").as_bytes()]),
            (None, None) => asn1(0x86, &[self.subject().as_bytes()]),
        };
        let mut certificate = certificate
            .extension(ALTERNATIVE_NAME, true, &sequence(&[&name]))
            .extension(&format!("{FULCIO}.1"), false, issuer.as_bytes())
            .extension(&format!("{FULCIO}.8"), false, &utf8(issuer));
        let repository = text("repository").map(|name| format!("https://github.com/{name}"));
        for (number, claim) in [
            (11, text("runner_environment")),
            (12, repository.as_deref()),
            (14, text("ref")),
            (20, text("event_name")),
        ] {
            if let Some(claim) = claim {
                certificate =
                    certificate.extension(&format!("{FULCIO}.{number}"), false, &utf8(claim));
            }
        }
        certificate
    }
}

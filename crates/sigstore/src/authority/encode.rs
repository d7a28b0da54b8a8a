//! Authorities as parts of keys.

use doorward_core::Fingerprint;
use doorward_crypto::Certificate;

use super::{Authority, By, CertificateDemand, CertificateIdentity, Demands, KeylessDemand};

impl Authority {
    /// Appends everything that a verification for the authority depends on.
    pub fn encode(&self, out: &mut Fingerprint) {
        let Self { by, demands } = self;
        match by {
            By::Certificate(own) => {
                let CertificateDemand {
                    roots,
                    intermediates,
                    identity,
                    timestamp_roots,
                } = &own.demand;
                out.number(0);
                for certificates in [roots, intermediates, timestamp_roots] {
                    encode_all(certificates, out);
                }
                let (kind, subject) = match identity {
                    CertificateIdentity::Any(subject) => (3, subject),
                    CertificateIdentity::Dns(subject) => (0, subject),
                    CertificateIdentity::Email(subject) => (1, subject),
                    CertificateIdentity::Uri(subject) => (2, subject),
                };
                out.number(kind);
                subject.encode(out);
            }
            By::Keyless(keyless) => {
                let KeylessDemand {
                    root,
                    issuer,
                    subject,
                    claims,
                } = &**keyless;
                out.number(1).text(root.digest().as_str()).text(issuer);
                subject.encode(out);
                claims.encode(out);
            }
            By::Keys(keys) => {
                out.number(2).number(keys.len());
                for key in keys {
                    out.bytes(key.spki_der());
                }
            }
        }
        let Demands {
            name,
            annotations,
            log,
            timestamp,
            trusted_root,
        } = demands;
        out.optional(name.as_deref()).number(annotations.len());
        for (name, value) in annotations {
            out.text(name).text(value);
        }
        let root = trusted_root.as_ref().map(|root| root.digest().as_str());
        out.number(*log as usize)
            .number(*timestamp as usize)
            .optional(root);
    }
}

fn encode_all(certificates: &[Certificate], out: &mut Fingerprint) {
    out.number(certificates.len());
    for certificate in certificates {
        out.bytes(certificate.der());
    }
}

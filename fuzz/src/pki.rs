//! Authorities whose keys sign what is in the seeds, and nothing else: whatever else is accepted is forged.

use std::sync::LazyLock;

use doorward_core::Timestamp;
use doorward_crypto::Certificate;
use doorward_testkit::{
    CertificateBuilder, Certified, KeyKind, ListBuilder, ListedCertificate, OcspBuilder, OcspSays,
    StampBuilder,
};

/// What the time stamps are on.
pub const MESSAGE: &[u8] = b"the bytes of a signature";
/// When the time stamps were made.
pub const STAMPED: &str = "20240601000000.5Z";
/// The serial number of the revoked certificate.
const SERIAL: u64 = 4711;
const ADDRESS: &str = "http://ca.example/list";

/// The authorities, and those whom they certified.
pub struct Authorities {
    root: Certified,
    between: Certified,
    signer: Certified,
    other: Certified,
    stamper: Certified,
    responder: Certified,
    alone: Certified,
}

/// 2026-06-01.
pub fn now() -> Timestamp {
    Timestamp::from_unix(1_780_272_000)
}

/// Made once.
pub static KNOWN: LazyLock<Authorities> = LazyLock::new(|| {
    let root = CertificateBuilder::authority("root").self_signed();
    let between = CertificateBuilder::authority("between").issued_by(&root);
    let by_between = |made: CertificateBuilder| made.issued_by(&between);
    let signer = CertificateBuilder::code_signer("signer").serial(SERIAL);
    Authorities {
        signer: by_between(signer.lists(&[ADDRESS]).ocsp(&[ADDRESS])),
        other: by_between(CertificateBuilder::code_signer("other")),
        stamper: by_between(CertificateBuilder::time_stamper("stamper")),
        responder: by_between(CertificateBuilder::ocsp_responder("responder")),
        alone: CertificateBuilder::code_signer("alone")
            .key(KeyKind::P384, 1)
            .self_signed(),
        between,
        root,
    }
});

/// As the verifier reads it.
pub fn read(certified: &Certified) -> Certificate {
    Certificate::from_der(certified.der()).expect("it is a certificate")
}

impl Authorities {
    /// The certificate that was revoked, and that of its issuer.
    pub fn revoked(&self) -> [Certificate; 2] {
        [read(&self.signer), read(&self.between)]
    }

    /// The authority that is trusted.
    pub fn anchor(&self) -> Certificate {
        read(&self.root)
    }

    /// The one that stamps.
    pub fn stamper(&self) -> Certificate {
        read(&self.stamper)
    }

    /// All certificates there are.
    pub fn all(&self) -> Vec<Certificate> {
        [
            &self.root,
            &self.between,
            &self.signer,
            &self.other,
            &self.stamper,
            &self.responder,
            &self.alone,
        ]
        .into_iter()
        .map(read)
        .collect()
    }

    /// Chains in PEM.
    pub fn chains(&self) -> Vec<(&'static str, Vec<u8>)> {
        let pem = |chain: &[&Certified]| {
            let text: String = chain.iter().map(|certified| certified.pem()).collect();
            text.into_bytes()
        };
        let (between, root) = (&self.between, &self.root);
        vec![
            ("signer.pem", pem(&[&self.signer, between, root])),
            ("stamper.pem", pem(&[&self.stamper, between, root])),
            ("alone.pem", pem(&[&self.alone])),
        ]
    }

    /// Time stamps on [`MESSAGE`] at [`STAMPED`].
    pub fn stamps(&self) -> Vec<(&'static str, Vec<u8>)> {
        let stamp = || {
            StampBuilder::new(&self.stamper, MESSAGE, STAMPED)
                .certificates(&[&self.stamper, &self.between])
        };
        let timed = stamp().accuracy(1, 2, 3).signing_time("240601000000Z");
        vec![
            ("der.tst", stamp().build()),
            ("ber.tst", stamp().build_ber()),
            ("accuracy.tst", timed.build()),
        ]
    }

    /// OCSP responses, which never say that the revoked certificate is good.
    pub fn responses(&self) -> Vec<(&'static str, Vec<u8>)> {
        let about = |certificate, says| OcspBuilder::new(certificate, &self.between, says, now());
        let revoked = || OcspSays::Revoked(now(), Some(1), Some(now()));
        let delegated = about(&self.signer, revoked()).signed_by(&self.responder);
        vec![
            ("revoked.ocsp", about(&self.signer, revoked()).build()),
            ("delegated.ocsp", delegated.by_name().build()),
            ("other.ocsp", about(&self.other, OcspSays::Good).build()),
            ("later.ocsp", OcspBuilder::unsuccessful(3)),
        ]
    }

    /// Revocation lists, which never say that the revoked certificate is good. The first one is on hold in the complete
    /// list, and the second one are changes to it.
    pub fn lists(&self) -> Vec<(&'static str, Vec<u8>)> {
        let list = || ListBuilder::new(&self.between, now());
        let entry = |serial, reason| ListedCertificate {
            serial,
            time: now(),
            reason,
            invalid_since: None,
        };
        let held = list()
            .entry(entry(SERIAL, Some(6)))
            .changes_at("http://ca.example/changes");
        let changes = list()
            .number(Some(2))
            .changes_to(1)
            .entry(entry(SERIAL + 1, Some(8)));
        let revoked = list()
            .entry(entry(SERIAL - 1, None))
            .entry(entry(SERIAL, Some(1)))
            .of_point(ADDRESS);
        let elsewhere = list().of_point("http://ca.example/other");
        vec![
            ("held.crl", held.build()),
            ("changes.crl", changes.build()),
            ("revoked.crl", revoked.build()),
            ("elsewhere.crl", elsewhere.build()),
        ]
    }
}

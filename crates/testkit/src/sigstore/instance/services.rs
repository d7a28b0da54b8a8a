//! Which service answers what.

use std::time::{SystemTime, UNIX_EPOCH};

use doorward_core::Timestamp;
use ring::digest::{SHA256, digest};

use super::authority::Authority;
use super::log::Log;
use super::merkle::Hash;
use super::{first_log, second_log, stamps};
use crate::http::{Application, Exchange, Reply};
use crate::key::KeyKind;
use crate::notary::pem;
use crate::pki::{CertificateBuilder, Certified};

const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
/// Only for signing code, in DER.
const CODE_SIGNING: [u8; 12] = [
    0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x03,
];

/// The services of an instance.
pub(super) struct Services {
    pub(super) name: String,
    pub(super) token_issuer: String,
    pub(super) authority: Authority,
    pub(super) first_log: Log,
    pub(super) second_log: Log,
    pub(super) stamps_root: Certified,
    pub(super) stamps: Certified,
}

/// The time, by the clock of the machine.
pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = since.expect("the clock is past 1970").as_secs();
    Timestamp::from_unix(i64::try_from(seconds).expect("the clock is before the end of time"))
}

fn sha256(bytes: &[u8]) -> Hash {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

impl Services {
    pub(super) fn new(name: &str) -> Self {
        let called = |what: &str| format!("{name} {what}");
        let keyed = |what: &str| CertificateBuilder::authority(&called(what)).self_signed();
        let root = keyed("root");
        let issuer = CertificateBuilder::authority(&called("issuer"))
            .extension(EXTENDED_KEY_USAGE, false, &CODE_SIGNING)
            .issued_by(&root);
        let log = keyed("certificate log");
        let first_key = keyed("first log");
        let second_key = CertificateBuilder::authority(&called("second log"));
        let second_key = second_key.key(KeyKind::Ed25519, seed(&called("second log")));
        let second_key = second_key.self_signed();
        let stamps_root = keyed("time stamp root");
        let (rekor, log2) = (format!("rekor.{name}.test"), format!("log2.{name}.test"));
        // C2SP `signed-note`: the name, a line feed, the number of Ed25519, and the key.
        let spki = second_key.spki();
        let (_, bare) = spki.split_at(spki.len() - 32);
        let second_identifier = sha256(&[log2.as_bytes(), b"\n\x01", bare].concat());
        let first_identifier = sha256(&first_key.spki());
        Self {
            name: name.to_owned(),
            token_issuer: format!("https://accounts.{name}.test"),
            first_log: Log::new(
                first_key,
                first_identifier,
                &format!("{rekor} - 1193050959916656506"),
                &rekor,
            ),
            second_log: Log::new(second_key, second_identifier, &log2, &log2),
            stamps: CertificateBuilder::time_stamper(&called("time stamps"))
                .issued_by(&stamps_root),
            stamps_root,
            authority: Authority {
                root,
                issuer,
                tokens: keyed("tokens"),
                log_identifier: sha256(&log.spki()),
                log,
            },
        }
    }
}

/// What tells the keys of one kind apart.
fn seed(name: &str) -> u64 {
    let hash = sha256(name.as_bytes());
    hash.iter()
        .take(8)
        .fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

impl Application for Services {
    fn answer(&self, exchange: &Exchange) -> Reply {
        let body = &exchange.body;
        match (exchange.method.as_str(), exchange.path.as_str()) {
            ("POST", "/api/v1/signingCert") => self.authority.first(exchange, now()),
            ("POST", "/api/v2/signingCert") => self.authority.second(exchange, now()),
            ("POST", "/api/v1/log/entries") => first_log::add(&self.first_log, body, now()),
            ("POST", "/api/v2/log/entries") => second_log::add(&self.second_log, body),
            ("POST", "/api/v1/timestamp") => stamps::stamp(&self.stamps, body, now()),
            ("GET", "/api/v1/log/publicKey") => {
                let key = pem("PUBLIC KEY", &self.first_log.key.spki());
                Reply::ok("application/x-pem-file", key)
            }
            _ => Reply::not_found("no service of an instance has this path"),
        }
    }
}

//! Watching the exchanges of a client, for `-v` and for metrics.

use std::fmt;
use std::time::Duration;

/// What an HTTP exchange was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ExchangeKind {
    /// A blob.
    Blob,
    /// An object of a lookaside store.
    Lookaside,
    /// A manifest or index.
    Manifest,
    /// A file of Notary v1 metadata.
    NotaryMetadata,
    /// A notice to a server of the operator.
    Notice,
    /// The check which challenges and extensions a registry has (`GET /v2/`).
    Ping,
    /// The check whether a server that failed is there at all, without anything in it that a requester chose.
    Probe,
    /// A list of referrers, or its fallback tag.
    Referrers,
    /// What the issuer of a certificate says about what it took back.
    Revocation,
    /// A list of signatures kept by the registry.
    SignatureExtension,
    /// A token.
    Token,
    /// What a vulnerability advisor says about an image.
    VulnerabilityStatus,
}

impl ExchangeKind {
    /// A fixed word for metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Blob => "blob",
            Self::Lookaside => "lookaside",
            Self::Manifest => "manifest",
            Self::NotaryMetadata => "notary-metadata",
            Self::Notice => "notice",
            Self::Ping => "ping",
            Self::Probe => "probe",
            Self::Referrers => "referrers",
            Self::Revocation => "revocation",
            Self::SignatureExtension => "signature-extension",
            Self::Token => "token",
            Self::VulnerabilityStatus => "vulnerability-status",
        }
    }
}

impl fmt::Display for ExchangeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How an HTTP exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ExchangeOutcome {
    /// The answer came, with this status, and was read as far as it was wanted.
    Answered(u16),
    /// The exchange broke off, before the answer or in the middle of it.
    Broken,
    /// The caller no longer wants the answer.
    Cancelled,
    /// A bound of time was reached.
    TimedOut,
    /// The answer is longer than its bound.
    TooLarge,
}

/// One HTTP exchange: one request that was sent, or tried to be, and what came of it. Retries and redirects are
/// exchanges of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exchange {
    /// What it was for.
    pub kind: ExchangeKind,
    /// The server, `host` or `host:port`.
    pub host: String,
    /// How it ended.
    pub outcome: ExchangeOutcome,
    /// How long it took, with connecting and reading the answer.
    pub duration: Duration,
    /// The bytes of the answer that were read, decompressed.
    pub bytes: usize,
}

/// Hears of every HTTP exchange after it ended. Called on the task that made it: must not block.
pub trait Observer: Send + Sync {
    /// One exchange ended.
    fn exchange(&self, exchange: &Exchange);

    /// A registry says something that people should know (OCI distribution specification, "Warnings"): one line of at
    /// most 256 characters, each text of a host once. Without an observer it is logged. Nothing may be decided by it.
    fn warning(&self, host: &str, text: &str) {
        let _ = (host, text);
    }
}

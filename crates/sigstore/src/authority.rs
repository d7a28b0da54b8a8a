//! What one authority of a policy demands.

mod encode;

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward_crypto::Certificate;

use crate::trusted_root::{Issuer, Material};
use crate::{Subject, TrustedRoot, TrustedRootError, VerificationKey, WorkflowClaims, limits};

/// Whether a signature must stand in a transparency log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LogDemand {
    /// It need not. What a signature says about a log is not looked at then, and proves no time.
    #[default]
    Optional,
    /// There must be an entry that is for this signature, and a log of the trusted root must vouch for it.
    Required,
}

/// Whether an authority must vouch for the time at which a signature existed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TimestampDemand {
    /// It need not.
    #[default]
    Optional,
    /// There must be a time stamp (RFC 3161) of an authority that the policy trusts.
    Required,
}

/// What an authority may demand beside whose signature it is.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Demands {
    /// A name for reports.
    pub name: Option<String>,
    /// What the signature must say beside the digest, name by name.
    pub annotations: BTreeMap<String, String>,
    /// Whether the signature must be in a log. A keyless one always must, unless its trusted root has no log.
    pub log: LogDemand,
    /// Whether the signature must have a time stamp.
    pub timestamp: TimestampDemand,
    /// The logs and time-stamping authorities that count for keys and for certificates of one's own authority.
    pub trusted_root: Option<Arc<TrustedRoot>>,
}

/// Whose certificate a signer of one's own authority must have.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateIdentity {
    /// One of the names of the certificate, of any of the three kinds.
    Any(Subject),
    /// One of the DNS names of the certificate.
    Dns(Subject),
    /// One of the email addresses of the certificate.
    Email(Subject),
    /// One of the URIs of the certificate.
    Uri(Subject),
}

/// That a signer has a certificate of one's own authority.
#[derive(Clone, Debug)]
pub struct CertificateDemand {
    /// The certificates that a chain may end in; at least one.
    pub roots: Vec<Certificate>,
    /// Certificates that may stand between a signer's and a root, beside those that a signature brings.
    pub intermediates: Vec<Certificate>,
    /// Who the signer must be.
    pub identity: CertificateIdentity,
    /// The certificates of time-stamping authorities, beside those of the trusted root: roots, and those of the signers of
    /// time stamps, which seldom bring them.
    pub timestamp_roots: Vec<Certificate>,
}

/// That a signer has a short-lived certificate for an identity.
#[derive(Clone, Debug)]
pub struct KeylessDemand {
    /// The authorities, logs and time-stamping authorities that count.
    pub root: Arc<TrustedRoot>,
    /// Who must have vouched for the identity: the URL of an OpenID Connect issuer.
    pub issuer: String,
    /// Who the signer must be: the email address or URI in the certificate.
    pub subject: Subject,
    /// What the certificate must say about the build.
    pub claims: WorkflowClaims,
}

/// Why an authority cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorityError {
    /// A certificate that a chain should end in is neither that of an authority nor self-issued.
    #[error("a root certificate is neither that of an authority nor self-issued")]
    NoAuthority,
    /// A log is demanded, and no trusted root says which logs count.
    #[error("an entry of a log is demanded, and there is no trusted root that has a log")]
    NoLog,
    /// There is nothing to trust: neither a key nor a root.
    #[error("there is no {what}")]
    NoneOf {
        /// What there should be at least one of.
        what: &'static str,
    },
    /// A time stamp is demanded, and nothing says whose count.
    #[error("a time stamp is demanded, and there is no time-stamping authority that is trusted")]
    NoTimestampAuthority,
    /// The trusted root of a keyless authority has neither a log nor a time-stamping authority, so that no signing time can
    /// be proven.
    #[error("the trusted root has neither a log nor a time-stamping authority")]
    NoTimeSource,
    /// The certificates cannot be used as roots.
    #[error("the root certificates cannot be used")]
    Roots(#[source] TrustedRootError),
    /// There is more than is read.
    #[error("there are more than {limit} {what}")]
    TooMany {
        /// What there are too many of.
        what: &'static str,
        /// The bound.
        limit: usize,
    },
}

/// What one authority of a policy demands of a signature, ready to verify with.
#[derive(Clone, Debug)]
pub struct Authority {
    pub(crate) by: By,
    pub(crate) demands: Demands,
}

/// How an authority's signatures are recognised.
#[derive(Clone, Debug)]
pub(crate) enum By {
    Certificate(Box<OwnAuthority>),
    Keyless(Box<KeylessDemand>),
    Keys(Vec<VerificationKey>),
}

/// One's own authority, with a trusted root made of it.
#[derive(Clone, Debug)]
pub(crate) struct OwnAuthority {
    pub(crate) demand: CertificateDemand,
    /// Its certificates as those that count, and the logs and time-stamping authorities that the policy trusts.
    pub(crate) root: TrustedRoot,
}

impl Authority {
    /// Signatures by one of these keys, of which there are 1 to 32.
    ///
    /// # Errors
    /// [`AuthorityError::NoneOf`] and [`AuthorityError::TooMany`], and those of [`Demands`].
    pub fn keys(keys: Vec<VerificationKey>, demands: Demands) -> Result<Self, AuthorityError> {
        count("key", keys.len(), limits::KEYS)?;
        Self::new(By::Keys(keys), demands)
    }

    /// Signatures by who has a certificate of one's own authority.
    ///
    /// A time that is proven, by a log or a time stamp, is the one at which the certificates must have been valid; without
    /// one they must be valid now.
    ///
    /// # Errors
    /// [`AuthorityError::NoneOf`], [`AuthorityError::TooMany`] and [`AuthorityError::NoAuthority`], and those of [`Demands`].
    pub fn certificate(
        demand: CertificateDemand,
        demands: Demands,
    ) -> Result<Self, AuthorityError> {
        count("root certificate", demand.roots.len(), limits::TRUSTED)?;
        for (what, certificates) in [
            ("intermediate certificates", &demand.intermediates),
            (
                "roots of time-stamping authorities",
                &demand.timestamp_roots,
            ),
        ] {
            at_most(what, certificates.len(), limits::TRUSTED)?;
        }
        let issues = |root: &Certificate| root.is_authority() || root.is_self_issued();
        if !demand.roots.iter().all(issues) {
            return Err(AuthorityError::NoAuthority);
        }
        let mut material = match &demands.trusted_root {
            Some(root) => root.material().clone(),
            None => Material::default(),
        };
        material.certificate_authorities = issuers(&demand.roots);
        let stamping = stamping(&demand.timestamp_roots);
        material.timestamp_authorities.extend(stamping);
        let root = TrustedRoot::of(material).map_err(AuthorityError::Roots)?;
        let own = OwnAuthority { demand, root };
        Self::new(By::Certificate(Box::new(own)), demands)
    }

    /// Signatures by who has a short-lived certificate for an identity.
    ///
    /// The log of the trusted root must vouch for them; one that has none, but a time-stamping authority, is that of a
    /// private instance, for whose signatures a time stamp stands in. A certificate must have been published in a
    /// certificate log if the trusted root has any.
    ///
    /// # Errors
    /// [`AuthorityError::NoTimeSource`], and those of [`Demands`].
    pub fn keyless(demand: KeylessDemand, demands: Demands) -> Result<Self, AuthorityError> {
        let root = &demand.root;
        if !root.has_log() && !root.has_timestamp_authority() {
            return Err(AuthorityError::NoTimeSource);
        }
        Self::new(By::Keyless(Box::new(demand)), demands)
    }

    fn new(by: By, demands: Demands) -> Result<Self, AuthorityError> {
        let count = demands.annotations.len();
        at_most("annotations", count, limits::ANNOTATIONS)?;
        let authority = Self { by, demands };
        let root = authority.trusted_root();
        if authority.demands.log == LogDemand::Required && !root.is_some_and(TrustedRoot::has_log) {
            return Err(AuthorityError::NoLog);
        }
        let stamped = root.is_some_and(TrustedRoot::has_timestamp_authority);
        if authority.demands.timestamp == TimestampDemand::Required && !stamped {
            return Err(AuthorityError::NoTimestampAuthority);
        }
        Ok(authority)
    }

    /// The name for reports.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.demands.name.as_deref()
    }

    /// The trusted root whose logs and authorities count for it.
    #[must_use]
    pub fn trusted_root(&self) -> Option<&TrustedRoot> {
        match &self.by {
            By::Certificate(own) => Some(&own.root),
            By::Keyless(keyless) => Some(&keyless.root),
            By::Keys(_) => self.demands.trusted_root.as_deref(),
        }
    }

    /// Whether a signature must stand in a log.
    #[must_use]
    pub fn demands_log(&self) -> bool {
        match &self.by {
            By::Keyless(keyless) => keyless.root.has_log(),
            By::Certificate(_) | By::Keys(_) => self.demands.log == LogDemand::Required,
        }
    }
}

/// Each root as an authority of its own, which counts as long as it is valid.
fn issuers(roots: &[Certificate]) -> Vec<Issuer> {
    roots.iter().map(Issuer::alone).collect()
}

/// Each signer of time stamps with each root: which of them belong together is found out when they are held against each
/// other.
fn stamping(certificates: &[Certificate]) -> Vec<Issuer> {
    let (roots, below): (Vec<_>, Vec<_>) = certificates
        .iter()
        .partition(|certificate| certificate.is_self_issued());
    let signers = below
        .iter()
        .filter(|certificate| !certificate.is_authority());
    let signers: Vec<_> = signers.collect();
    let mut stamping = Vec::new();
    for root in roots {
        if signers.is_empty() {
            stamping.push(Issuer::alone(root));
        }
        for signer in &signers {
            let between = below
                .iter()
                .filter(|certificate| certificate.is_authority());
            let chain = std::iter::once(**signer).chain(between.copied());
            stamping.push(Issuer::chain(chain.chain([root])));
        }
    }
    stamping
}

fn count(what: &'static str, count: usize, limit: usize) -> Result<(), AuthorityError> {
    if count == 0 {
        return Err(AuthorityError::NoneOf { what });
    }
    at_most(what, count, limit)
}

const fn at_most(what: &'static str, count: usize, limit: usize) -> Result<(), AuthorityError> {
    if count > limit {
        return Err(AuthorityError::TooMany { what, limit });
    }
    Ok(())
}

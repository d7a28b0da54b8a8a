//! An authority of a policy, compiled: its keys and certificates, read from Secrets, and its trusted root.

use std::sync::Arc;

use doorward_core::{Code, Rejection};
use doorward_policy::{
    AlternativeName, AuthorityKind, CertificateAuthority, GitHub, KeySource, Keyless, Obligation,
    SecretRef,
};
use doorward_sigstore::{
    Authority, AuthorityError, CertificateDemand, CertificateIdentity, Demands, HeldCertificates,
    HeldError, KeylessDemand, LogDemand, MultiArch, Subject, TimestampDemand, TrustedRoot,
    VerificationKey, WorkflowClaims, codes as sigstore_codes,
};

use super::{SigstoreDemand, given, root};
use crate::compile::entry::PolicyEntry;
use crate::compile::schemes::kept_in::kept_in;
use crate::compile::secret::PolicySecret;
use crate::secrets::Secret;

/// The authority of a policy that is the `place`th of its block.
pub(super) async fn compile(
    policy: &doorward_policy::Authority,
    place: usize,
    multi_arch: MultiArch,
    entry: PolicyEntry<'_>,
) -> Result<SigstoreDemand, Rejection> {
    // Every field is judged here: one that is added does not compile until it is.
    let doorward_policy::Authority {
        name,
        by,
        trust_root,
        annotations,
        log,
        timestamp,
        // Both are where it keeps its signatures.
        repository: _,
        pull_secret: _,
        bundles,
        ..
    } = policy;
    let kept_in = kept_in(policy, entry).await?;
    let mut given: Vec<_> = given::brought_along(entry).await?.into_iter().collect();
    if let Some(named) = bundles {
        given.push(given::held(named, entry).await?);
    }
    // Sentences say "authority" before it.
    let title = name.clone().unwrap_or_else(|| place.to_string());
    let root = match trust_root {
        Some(named) => Some(root::trusted(named, entry).await?),
        None => None,
    };
    let mut demands = Demands::default();
    demands.name = Some(title.clone());
    demands.annotations = annotations.iter().cloned().collect();
    demands.trusted_root.clone_from(&root);
    if *log == Some(Obligation::Required) {
        demands.log = LogDemand::Required;
    }
    if *timestamp == Some(Obligation::Required) {
        demands.timestamp = TimestampDemand::Required;
    }
    let authority = match by {
        AuthorityKind::Certificate(certificate) => {
            of_certificate(certificate, demands, entry).await?
        }
        AuthorityKind::Keys(secrets) => {
            let keys = keys(secrets, entry).await?;
            Authority::keys(keys, demands)
        }
        AuthorityKind::Source(source) => {
            let keys = keys_of(source, entry).await?;
            Authority::keys(keys, demands)
        }
        AuthorityKind::Keyless(keyless) => {
            let root = root.ok_or_else(|| root::missing(&title))?;
            let demand = of_identity(keyless, root)?;
            Authority::keyless(demand, demands)
        }
    };
    let authority = authority.map_err(|error| unusable(&title, &error))?;
    Ok(SigstoreDemand {
        authorities: Arc::from([authority]),
        kept_in,
        given,
        multi_arch,
    })
}

fn unusable(title: &str, error: &AuthorityError) -> Rejection {
    let code = match error {
        AuthorityError::NoAuthority
        | AuthorityError::NoneOf { .. }
        | AuthorityError::TooMany { .. } => sigstore_codes::KEY_INVALID,
        _ => sigstore_codes::TRUST_ROOT_INVALID,
    };
    Rejection::new(code, format!("authority {title} cannot be used: {error}"))
}

/// The keys in all of the Secrets, each of which holds one at least.
async fn keys(
    secrets: &[SecretRef],
    entry: PolicyEntry<'_>,
) -> Result<Vec<VerificationKey>, Rejection> {
    let mut all: Vec<VerificationKey> = Vec::new();
    for named in secrets {
        let read = |held: &Secret| VerificationKey::held_in(held.items().map(|(_, text)| text));
        for key in held_in(named, entry, "public keys", read).await? {
            if !all.contains(&key) {
                all.push(key);
            }
        }
    }
    Ok(all)
}

/// The key from a source. It was read before, when it was fetched, and is read again here because there is no other way to
/// a key.
async fn keys_of(
    source: &KeySource,
    entry: PolicyEntry<'_>,
) -> Result<Vec<VerificationKey>, Rejection> {
    let held = entry.key_source(source).await?;
    let (fingerprint, size) = (held.fingerprint().clone(), held.size());
    let parse = move || VerificationKey::held_in(held.items().map(|(_, text)| text));
    // It belongs to no namespace: the program has it.
    let parsed = entry.parsed("", fingerprint, size, parse).await?;
    let parsed: &Result<_, HeldError> = &parsed;
    parsed.clone().map_err(|error| {
        let detail = format!("the key of {} cannot be used: {error}", source.address());
        Rejection::new(Code::KEY_SOURCE_INVALID, detail)
    })
}

async fn certificates(
    named: &SecretRef,
    entry: PolicyEntry<'_>,
) -> Result<HeldCertificates, Rejection> {
    let read = |held: &Secret| HeldCertificates::held_in(held.items().map(|(_, text)| text));
    held_in(named, entry, "certificates", read).await
}

/// What is held in a Secret, read once for as long as it is the same.
async fn held_in<T: Clone + Send + Sync + 'static>(
    named: &SecretRef,
    entry: PolicyEntry<'_>,
    what: &str,
    read: impl FnOnce(&Secret) -> Result<T, HeldError> + Send + 'static,
) -> Result<T, Rejection> {
    let secret = entry
        .secret(named.namespace.as_deref(), &named.name)
        .await?;
    let held = secret.shared();
    let fingerprint = secret.secret().fingerprint().clone();
    let size = secret.secret().size();
    let parse = move || read(&held);
    let parsed = entry
        .parsed(secret.namespace(), fingerprint, size, parse)
        .await?;
    let parsed: &Result<T, HeldError> = &parsed;
    parsed
        .clone()
        .map_err(|error| invalid(&secret, what, &error))
}

fn invalid(secret: &PolicySecret<'_>, what: &str, error: &HeldError) -> Rejection {
    let detail = format!(
        "the {} does not hold usable {what}: {error}",
        secret.title()
    );
    Rejection::new(sigstore_codes::KEY_INVALID, detail).with_fact(secret.fact())
}

/// Signers with a certificate of one's own authority.
async fn of_certificate(
    policy: &CertificateAuthority,
    demands: Demands,
    entry: PolicyEntry<'_>,
) -> Result<Result<Authority, AuthorityError>, Rejection> {
    let CertificateAuthority { ca, name, tsa, .. } = policy;
    let own = certificates(ca, entry).await?;
    let stamps = match tsa {
        Some(named) => {
            let held = certificates(named, entry).await?;
            // Time stamps seldom bring the certificate of their signer, so it counts too where it is given.
            held.roots.into_iter().chain(held.intermediates).collect()
        }
        None => Vec::new(),
    };
    let identity = match name {
        AlternativeName::Dns(name) => CertificateIdentity::Dns(Subject::exact(name)),
        AlternativeName::Email(name) => CertificateIdentity::Email(Subject::exact(name)),
        AlternativeName::Uri(name) => CertificateIdentity::Uri(Subject::exact(name)),
        AlternativeName::Pattern(written) => CertificateIdentity::Any(pattern(written)?),
    };
    let demand = CertificateDemand {
        roots: own.roots,
        intermediates: own.intermediates,
        identity,
        timestamp_roots: stamps,
    };
    Ok(Authority::certificate(demand, demands))
}

fn of_identity(policy: &Keyless, root: Arc<TrustedRoot>) -> Result<KeylessDemand, Rejection> {
    let Keyless {
        issuer,
        subject,
        github,
        ..
    } = policy;
    let mut claims = WorkflowClaims::default();
    if let Some(github) = github {
        let GitHub {
            repository,
            reference,
            workflow,
            trigger,
            runner,
            ..
        } = github;
        let exactly = |claim: &Option<String>| claim.as_ref().map(Subject::exact);
        claims.repository = exactly(repository);
        claims.reference = exactly(reference);
        claims.workflow_name = exactly(workflow);
        claims.workflow_trigger = exactly(trigger);
        claims.runner_environment = runner.map(|runner| Subject::exact(runner.as_str()));
    }
    Ok(KeylessDemand {
        root,
        issuer: issuer.clone(),
        subject: match subject {
            doorward_policy::Subject::Exact(name) => Subject::exact(name),
            doorward_policy::Subject::Pattern(written) => pattern(written)?,
        },
        claims,
    })
}

fn pattern(written: &str) -> Result<Subject, Rejection> {
    Subject::pattern(written).map_err(|error| {
        let detail = format!("an identity of `sigstore` is not usable: {error}");
        Rejection::new(Code::POLICY_INVALID, detail)
    })
}

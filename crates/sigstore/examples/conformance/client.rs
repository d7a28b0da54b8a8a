//! What the client does, apart from being a process.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use doorward_core::{Budget, Digest, Meter, Rejection, Timestamp};
use doorward_sigstore::{
    Authority, Candidate, Demands, KeylessDemand, LogDemand, Subject, TrustedRoot, VerificationKey,
    WorkflowClaims, attested, signed_bytes,
};

/// The exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Outcome {
    /// The bundle is a signature by who was named, over what was named.
    Verified = 0,
    /// It is not.
    Refused = 1,
    /// It was not clear what to verify, or something that was named cannot be read.
    Unusable = 2,
}

/// Carries out a command line without the name of the program. Says what became of it.
pub(crate) fn run(arguments: &[String]) -> (Outcome, String) {
    let asked = match Asked::parse(arguments).and_then(Asked::read) {
        Ok(asked) => asked,
        Err(reason) => return (Outcome::Unusable, reason),
    };
    match asked.judge() {
        Ok(()) => (Outcome::Verified, "verified".to_owned()),
        Err(rejection) => (
            Outcome::Refused,
            format!("{}: {rejection}", rejection.code()),
        ),
    }
}

/// The trusted root of the public instance as it was published (crates/sigstore/tests/vectors/trust), by which the suite has
/// bundles with certificates judged that it names no root for.
const PUBLIC_ROOT: &[u8] = include_bytes!("../../tests/vectors/trust/published/sigstore.json");

/// The command line.
#[derive(Default)]
struct Asked<'a> {
    is_staging: bool,
    bundle: Option<&'a str>,
    identity: Option<&'a str>,
    issuer: Option<&'a str>,
    key: Option<&'a str>,
    root: Option<&'a str>,
    artifact: Option<&'a str>,
}

/// What it names, read.
struct Read {
    bundle: Vec<u8>,
    digest: Digest,
    authority: Authority,
}

impl<'a> Asked<'a> {
    fn parse(arguments: &'a [String]) -> Result<Self, String> {
        let mut arguments = arguments.iter().map(String::as_str);
        if arguments.next() != Some("verify-bundle") {
            return Err("the only command is verify-bundle".to_owned());
        }
        let mut asked = Self::default();
        while let Some(argument) = arguments.next() {
            let place = match argument {
                // Its root is not here: one must be named, or none is known.
                "--staging" => {
                    asked.is_staging = true;
                    continue;
                }
                "--bundle" => &mut asked.bundle,
                "--certificate-identity" => &mut asked.identity,
                "--certificate-oidc-issuer" => &mut asked.issuer,
                "--key" => &mut asked.key,
                "--trusted-root" => &mut asked.root,
                other if other.starts_with('-') => return Err(format!("unknown option {other}")),
                artifact => {
                    if asked.artifact.replace(artifact).is_some() {
                        return Err(format!("one artifact too many: {artifact}"));
                    }
                    continue;
                }
            };
            let value = arguments.next();
            let value = value.ok_or_else(|| format!("{argument} needs a value"))?;
            if place.replace(value).is_some() {
                return Err(format!("{argument} stands there twice"));
            }
        }
        Ok(asked)
    }

    fn read(self) -> Result<Read, String> {
        let bundle = file(self.bundle.ok_or("--bundle is missing")?)?;
        let artifact = self.artifact.ok_or("the artifact is missing")?;
        let digest = match artifact.strip_prefix("sha256:") {
            Some(_) => artifact
                .parse()
                .map_err(|error| format!("{artifact}: {error}"))?,
            None => Digest::sha256(&file(artifact)?),
        };
        let authority = self.authority()?;
        Ok(Read {
            bundle,
            digest,
            authority,
        })
    }

    /// Whose signature counts.
    fn authority(&self) -> Result<Authority, String> {
        let root = match self.root {
            Some(path) => Some(root(path, &file(path)?)?),
            None if self.is_staging || self.key.is_some() => None,
            None => Some(root("the public root", PUBLIC_ROOT)?),
        };
        let authority = match (self.key, self.identity, self.issuer) {
            (Some(path), None, None) => {
                let key = VerificationKey::from_pem(&file(path)?);
                let key = key.map_err(|error| format!("{path}: {error}"))?;
                let mut demands = Demands::default();
                // Where logs are known, clients of the suite demand an entry for keys as well.
                if root.as_ref().is_some_and(|root| root.has_log()) {
                    demands.log = LogDemand::Required;
                }
                demands.trusted_root = root;
                Authority::keys(vec![key], demands)
            }
            (None, Some(identity), Some(issuer)) => {
                let missing = "--trusted-root is missing, and this client has no root of the staging instance";
                let demand = KeylessDemand {
                    root: root.ok_or(missing)?,
                    issuer: issuer.to_owned(),
                    subject: Subject::exact(identity),
                    claims: WorkflowClaims::default(),
                };
                Authority::keyless(demand, Demands::default())
            }
            _ => {
                let demanded =
                    "either --key, or --certificate-identity and --certificate-oidc-issuer";
                return Err(demanded.to_owned());
            }
        };
        authority.map_err(|error| error.to_string())
    }
}

fn root(name: &str, json: &[u8]) -> Result<Arc<TrustedRoot>, String> {
    let root = TrustedRoot::parse(json).map_err(|error| format!("{name}: {error}"))?;
    Ok(Arc::new(root))
}

impl Read {
    fn judge(self) -> Result<(), Rejection> {
        let candidate = Candidate::bundle(self.bundle.into())?;
        let mut meter = Meter::new(Budget::default());
        // A statement may be of any type here, and is held against the one that it has.
        match candidate.unverified_predicate_type().map(str::to_owned) {
            Some(kind) => {
                let (digest, by) = (&self.digest, &self.authority);
                attested(&candidate, digest, by, &kind, now(), &mut meter).map(drop)
            }
            None => {
                let (digest, by) = (&self.digest, &self.authority);
                signed_bytes(&candidate, digest, by, now(), &mut meter).map(drop)
            }
        }
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "this is a program, and the crate has no files"
)]
fn file(path: &str) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{path}: {error}"))
}

#[allow(
    clippy::disallowed_methods,
    reason = "this is a program, and the crate has no clock"
)]
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = since.map_or(0, |since| since.as_secs());
    Timestamp::from_unix(i64::try_from(seconds).unwrap_or(i64::MAX))
}

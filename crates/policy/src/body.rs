use crate::LintCode;
use crate::attestation::{self, Attestation};
use crate::node::Node;
use crate::notation::{self, Notation};
use crate::shape;
use crate::sigstore::{self, Sigstore};
use crate::simple::{self, SignedIdentity, Simple, SimpleRequirement};
use crate::trust::{self, Trust};
use crate::vulnerability::{self, Vulnerability};
use crate::walk::{Object, Walk};

/// What a failed check does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// It is recorded, and the image runs.
    Audit,
    /// Whoever asked is warned, and the image runs.
    Warn,
    /// The image does not run.
    #[default]
    Enforce,
}

/// What happens when a required resource cannot be had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OnUnavailable {
    /// Whoever asked is warned, and the image runs.
    Warn,
    /// The image does not run.
    #[default]
    Deny,
}

/// What an entry demands of the images it matches. Everything present must pass.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct PolicyBody {
    /// What a failed check does.
    pub mode: Mode,
    /// Whether the verified digest is written into the workload.
    pub mutate_image: bool,
    /// What happens when a required resource cannot be had.
    pub on_unavailable: OnUnavailable,
    /// Notary v1.
    pub trust: Option<Trust>,
    /// Red Hat simple signing.
    pub simple: Option<Simple>,
    /// Notary Project signatures.
    pub notation: Option<Notation>,
    /// sigstore signatures.
    pub sigstore: Option<Sigstore>,
    /// Signed statements about the image.
    pub attestations: Vec<Attestation>,
    /// Known vulnerabilities.
    pub vulnerability: Option<Vulnerability>,
    /// Alternatives of which one must pass. None of them has alternatives or demands nothing.
    pub any_of: Vec<Self>,
}

impl Default for PolicyBody {
    /// Demands nothing, enforces it, and pins.
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            mutate_image: true,
            on_unavailable: OnUnavailable::default(),
            trust: None,
            simple: None,
            notation: None,
            sigstore: None,
            attestations: Vec::new(),
            vulnerability: None,
            any_of: Vec::new(),
        }
    }
}

impl PolicyBody {
    /// Whether the body demands nothing, so that what it matches is admitted unchecked.
    #[must_use]
    pub fn is_unchecked(&self) -> bool {
        self.demands().is_empty()
    }

    /// The names of the fields that demand something, in the order of the format. A field that is present but
    /// switched off (`trust.enabled: false`, no `requirements`) is not among them.
    #[must_use]
    pub fn demands(&self) -> Vec<&'static str> {
        let demands = [
            (
                "trust",
                self.trust.as_ref().is_some_and(|trust| trust.enabled),
            ),
            (
                "simple",
                self.simple
                    .as_ref()
                    .is_some_and(|simple| !simple.requirements.is_empty()),
            ),
            ("notation", self.notation.is_some()),
            ("sigstore", self.sigstore.is_some()),
            ("attestations", !self.attestations.is_empty()),
            (
                "vulnerability",
                self.vulnerability
                    .as_ref()
                    .is_some_and(Vulnerability::demands_something),
            ),
            ("anyOf", !self.any_of.is_empty()),
        ];
        demands
            .into_iter()
            .filter_map(|(name, demanded)| demanded.then_some(name))
            .collect()
    }
}

const MODES: &[(&str, Mode)] = &[
    ("enforce", Mode::Enforce),
    ("warn", Mode::Warn),
    ("audit", Mode::Audit),
];
const ON_UNAVAILABLE: &[(&str, OnUnavailable)] =
    &[("deny", OnUnavailable::Deny), ("warn", OnUnavailable::Warn)];

/// Reads the body of an entry.
pub(crate) fn read(walk: &mut Walk<'_>, node: &Node) -> Option<PolicyBody> {
    let object = walk.object(node, &shape::BODY)?;
    let mut body = read_checks(walk, &object);
    body.mode = walk.choice(&object, "mode", MODES).unwrap_or_default();
    body.mutate_image = walk.boolean(&object, "mutateImage").unwrap_or(true);
    body.on_unavailable = walk
        .choice(&object, "onUnavailable", ON_UNAVAILABLE)
        .unwrap_or_default();
    if object.field("anyOf").is_some() {
        body.any_of = walk.each(&object, "anyOf", read_alternative);
        if walk.list(&object, "anyOf").is_some_and(<[_]>::is_empty) {
            let message = "no alternative of an empty list can pass";
            walk.meaning(LintCode::InvalidValue, object.place("anyOf"), message);
        }
    }
    note(walk, &object, &body);
    Some(body)
}

fn read_alternative(walk: &mut Walk<'_>, node: &Node) -> Option<PolicyBody> {
    let object = walk.object(node, &shape::ALTERNATIVE)?;
    let body = read_checks(walk, &object);
    if body.is_unchecked() {
        let message = "an alternative that demands nothing would admit every image";
        walk.meaning(LintCode::InvalidValue, node.at, message);
    }
    Some(body)
}

fn read_checks(walk: &mut Walk<'_>, object: &Object<'_>) -> PolicyBody {
    PolicyBody {
        trust: part(walk, object, "trust", trust::read),
        simple: part(walk, object, "simple", simple::read),
        notation: part(walk, object, "notation", notation::read),
        sigstore: part(walk, object, "sigstore", sigstore::read),
        attestations: walk.each(object, "attestations", attestation::read),
        vulnerability: part(walk, object, "vulnerability", vulnerability::read),
        ..PolicyBody::default()
    }
}

/// Reads `field` with `read` if it is there.
pub(crate) fn part<T>(
    walk: &mut Walk<'_>,
    object: &Object<'_>,
    field: &'static str,
    read: fn(&mut Walk<'_>, &Node) -> Option<T>,
) -> Option<T> {
    let node = object.field(field)?;
    walk.inside(field, |walk| read(walk, node))
}

fn note(walk: &mut Walk<'_>, object: &Object<'_>, body: &PolicyBody) {
    match body.mode {
        Mode::Enforce => {}
        Mode::Warn | Mode::Audit => walk.note(
            LintCode::NotEnforcing,
            object.place("mode"),
            "in this mode an image that fails its checks runs all the same",
        ),
    }
    if body.on_unavailable == OnUnavailable::Warn {
        walk.note(
            LintCode::NotEnforcing,
            object.place("onUnavailable"),
            "an image runs unverified while its registry or trust server cannot be asked",
        );
    }
    let pins = body.mutate_image;
    let exact = |requirement: &SimpleRequirement| {
        matches!(
            requirement,
            SimpleRequirement::SignedBy {
                signed_identity: SignedIdentity::MatchExact,
                ..
            }
        )
    };
    if pins
        && body
            .simple
            .iter()
            .any(|simple| simple.requirements.iter().any(exact))
    {
        walk.note(
            LintCode::ExactIdentity,
            object.place("simple"),
            "after pinning, the next update of a workload names the image by digest, and `matchExact` then wants a \
             signature made for that digest as a name",
        );
    }
    if !pins && body.demands().contains(&"trust") {
        walk.note(
            LintCode::TrustWithoutPin,
            object.place("mutateImage"),
            "the tag that was verified can be moved to another image before it is pulled",
        );
    }
}

#[cfg(test)]
mod tests;

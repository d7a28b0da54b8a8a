use doorward_core::Timestamp;

use crate::demand::{Checks, Demand, Demands, Parts, Unchecked};
use crate::mutate_image::{self, MutateImage};
use crate::node::{Kind, Node};
use crate::part::part;
use crate::schema;
use crate::simple::{self, SignedIdentity, SimpleRequirement};
use crate::walk::{Object, Walk};
use crate::{
    ExceptionsAllowed, Group, LintCode, attestation, image, notation, sigstore, trust,
    vulnerability,
};

/// What a failed check does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// It is recorded, and the image runs.
    Audit,
    /// There is a warning, and the image runs.
    Warn,
    /// The image does not run.
    #[default]
    Enforce,
}

impl Mode {
    /// The word for it in the format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Warn => "warn",
            Self::Enforce => "enforce",
        }
    }
}

/// What an outage of a server that is needed does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OnUnavailable {
    /// There is a warning, and the image runs.
    Warn,
    /// The image does not run.
    #[default]
    Deny,
}

/// What an entry says about the images it matches.
///
/// Only the reader of documents makes one: what it demands cannot be put together by hand, left out or emptied.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PolicyBody {
    /// What a failed check does.
    pub mode: Mode,
    /// Where the verified digest is written.
    pub mutate_image: MutateImage,
    /// Whether the tag stays beside the digest that is written.
    pub keep_tag: bool,
    /// What an outage of a server that is needed does.
    pub on_unavailable: OnUnavailable,
    /// From when a failed check does what `mode` says. Until then it does no more than warn. `None` if always.
    pub effective_from: Option<Timestamp>,
    /// Which exceptions may let run what the entry refuses.
    pub exceptions: ExceptionsAllowed,
    /// What is demanded, or that nothing is.
    pub checks: Checks,
}

impl PolicyBody {
    /// Whether the document says that what the entry matches is admitted unchecked.
    #[must_use]
    pub const fn is_unchecked(&self) -> bool {
        matches!(self.checks, Checks::Unchecked(_))
    }

    /// What a failed check does at a time.
    #[must_use]
    pub fn mode_at(&self, now: Timestamp) -> Mode {
        match self.effective_from {
            Some(from) if now < from => self.mode.min(Mode::Warn),
            Some(_) | None => self.mode,
        }
    }

    /// The names of the fields that demand something, in the order of the format. A field that is present but
    /// switched off (`trust.enabled: false`) is not among them.
    #[must_use]
    pub fn demands(&self) -> Vec<&'static str> {
        match &self.checks {
            Checks::Demanded(demands) => demands.names(),
            Checks::Unchecked(_) => Vec::new(),
        }
    }
}

const MODES: &[(&str, Mode)] = &[
    ("enforce", Mode::Enforce),
    ("warn", Mode::Warn),
    ("audit", Mode::Audit),
];
const ON_UNAVAILABLE: &[(&str, OnUnavailable)] =
    &[("deny", OnUnavailable::Deny), ("warn", OnUnavailable::Warn)];

/// Reads the body of an entry. There is none if it says neither what it demands nor that it demands nothing; then a
/// mistake was reported.
pub(crate) fn read(walk: &mut Walk<'_>, node: &Node) -> Option<PolicyBody> {
    walk.begin_body();
    let object = walk.object(node, &schema::BODY)?;
    let mut parts = read_parts(walk, &object);
    if object.field("anyOf").is_some() {
        let alternatives = walk.few(&object, "anyOf", read_alternative);
        parts.any_of = alternatives;
        walk.refuse_empty(&object, "anyOf", "no alternative of an empty list can pass");
    }
    let mode = walk.choice(&object, "mode", MODES).unwrap_or_default();
    let mutate_image = mutate_image::read(walk, &object).unwrap_or_default();
    let keep_tag = read_keep_tag(walk, &object);
    let on_unavailable = walk
        .choice(&object, "onUnavailable", ON_UNAVAILABLE)
        .unwrap_or_default();
    let unchecked = read_unchecked(walk, node, &object);
    let checks = match (parts.demands(), unchecked) {
        (Some(demands), None) => {
            image::check(walk, &demands, node);
            Checks::Demanded(demands)
        }
        (None, Some(unchecked)) => Checks::Unchecked(unchecked),
        // Reported where `unchecked` was read.
        (Some(_), Some(_)) => return None,
        (None, None) => {
            if !walk.is_faulty() {
                let message = if walk.explicit {
                    "the body demands nothing; what is meant to be admitted unchecked says `unchecked: true`"
                } else {
                    "the body demands nothing; only an empty body, `{}`, admits unchecked in this group"
                };
                walk.meaning(LintCode::MissingField, node.at, message);
            }
            return None;
        }
    };
    let body = PolicyBody {
        mode,
        mutate_image,
        keep_tag,
        on_unavailable,
        effective_from: None,
        exceptions: ExceptionsAllowed::Denied,
        checks,
    };
    note(walk, &object, &body);
    Some(body)
}

/// Whether the tag stays beside the digest. A field of this project's group alone.
fn read_keep_tag(walk: &mut Walk<'_>, object: &Object<'_>) -> bool {
    if object.field("keepTag").is_some() && !walk.explicit {
        let message = format!(
            "`keepTag` has a meaning only in {}",
            Group::Doorward.api_version()
        );
        walk.form(LintCode::MisplacedField, object.place("keepTag"), message);
        return false;
    }
    walk.boolean(object, "keepTag").unwrap_or_default()
}

/// Whether the body says that it demands nothing.
fn read_unchecked(walk: &mut Walk<'_>, node: &Node, object: &Object<'_>) -> Option<Unchecked> {
    if !walk.explicit {
        if object.field("unchecked").is_some() {
            let message = format!(
                "`unchecked` has a meaning only in {}",
                Group::Doorward.api_version()
            );
            walk.form(LintCode::MisplacedField, object.place("unchecked"), message);
            return None;
        }
        let empty = matches!(&node.kind, Kind::Mapping(members) if members.is_empty());
        return empty.then(Unchecked::written);
    }
    let mut demands = schema::ALTERNATIVE.names().chain(["anyOf"]);
    let message = if !walk.boolean(object, "unchecked")? {
        "`unchecked` can only be `true`; a body that demands something has no such field".to_owned()
    } else if let Some(field) = demands.find(|field| object.names(field)) {
        format!("`unchecked` and `{field}` contradict each other")
    } else {
        return Some(Unchecked::written());
    };
    walk.inside("unchecked", |walk| {
        walk.form(LintCode::InvalidValue, object.place("unchecked"), message);
    });
    None
}

fn read_alternative(walk: &mut Walk<'_>, node: &Node) -> Option<Demands> {
    let object = walk.object(node, &schema::ALTERNATIVE)?;
    let demands = read_parts(walk, &object).demands();
    if demands.is_none() && !walk.is_over() {
        let message = "an alternative that demands nothing would admit every image";
        walk.meaning(LintCode::InvalidValue, node.at, message);
    }
    demands
}

fn read_parts(walk: &mut Walk<'_>, object: &Object<'_>) -> Parts {
    let parts = Parts {
        trust: part(walk, object, "trust", trust::read),
        simple: part(walk, object, "simple", simple::read),
        notation: part(walk, object, "notation", notation::read),
        sigstore: part(walk, object, "sigstore", sigstore::read),
        attestations: walk.few(object, "attestations", attestation::read),
        vulnerability: part(walk, object, "vulnerability", vulnerability::read),
        image: part(walk, object, "image", image::read),
        any_of: Vec::new(),
    };
    if walk.explicit {
        walk.refuse_empty(object, "attestations", "an empty list demands no statement");
    }
    parts
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
            "an image runs unverified while its registry, signature store or trust server is out",
        );
    }
    let Checks::Demanded(demands) = &body.checks else {
        return;
    };
    let pins = body.mutate_image.pins_anywhere();
    for demand in demands {
        match demand {
            Demand::Simple(_) | Demand::AnyOf(_) if pins && wants_exact_name(demand) => walk.note(
                LintCode::ExactIdentity,
                object.place(demand.name()),
                "an image is judged again by the digest that it was pinned to, and `matchExact` then wants a signature \
                 made for that digest as a name: what is signed for its tag is pinned, and then refused",
            ),
            Demand::Trust(_) if !pins => walk.note(
                LintCode::TrustWithoutPin,
                object.place("mutateImage"),
                "the tag that was verified can be moved to another image before it is pulled",
            ),
            Demand::Trust(_)
            | Demand::Simple(_)
            | Demand::Notation(_)
            | Demand::Sigstore(_)
            | Demand::Attestations(_)
            | Demand::Vulnerability(_)
            | Demand::Image(_)
            | Demand::AnyOf(_) => {}
        }
    }
}

/// Whether a signature must carry the very name of the image, also in an alternative.
fn wants_exact_name(demand: &Demand) -> bool {
    let exact = |requirement: &SimpleRequirement| {
        matches!(
            requirement,
            SimpleRequirement::SignedBy {
                signed_identity: SignedIdentity::MatchExact,
                ..
            }
        )
    };
    match demand {
        Demand::Simple(simple) => simple.requirements.iter().any(exact),
        Demand::AnyOf(alternatives) => alternatives.iter().flatten().any(wants_exact_name),
        Demand::Trust(_)
        | Demand::Notation(_)
        | Demand::Sigstore(_)
        | Demand::Attestations(_)
        | Demand::Vulnerability(_)
        | Demand::Image(_) => false,
    }
}

#[cfg(test)]
mod tests;

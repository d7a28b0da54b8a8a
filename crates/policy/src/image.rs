use std::time::Duration;

use crate::LintCode;
use crate::attestation::accepts_strangers;
use crate::demand::{Demand, Demands};
use crate::node::Node;
use crate::part::part;
use crate::schema;
use crate::simple::SimpleRequirement;
use crate::walk::Walk;

/// What an image must say about itself, in its manifest and its configuration.
///
/// All of it is claimed by those who built the image, so it stands beside a demand for a signature and nowhere else.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ImageRules {
    /// How long ago it may have been made.
    pub max_age: Option<Duration>,
    /// As whom it may run.
    pub user: Option<ImageUser>,
    /// The labels that it must have, sorted by name. A value may have stars.
    pub labels: Vec<(String, String)>,
    /// What it may run on: an architecture, or an operating system, architecture and variant with slashes between.
    pub architectures: Vec<String>,
    /// What it may be built on: patterns of references.
    pub bases: Vec<String>,
}

/// As whom an image may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImageUser {
    /// As everybody but root.
    NonRoot,
}

const USERS: &[(&str, ImageUser)] = &[("nonRoot", ImageUser::NonRoot)];

pub(crate) fn read(walk: &mut Walk<'_>, node: &Node) -> Option<ImageRules> {
    let object = walk.object(node, &schema::IMAGE)?;
    let rules = ImageRules {
        max_age: walk.duration(&object, "maxAge"),
        user: walk.choice(&object, "user", USERS),
        labels: walk.string_map(&object, "labels"),
        architectures: walk.strings(&object, "architectures"),
        bases: part(walk, &object, "base", read_bases).unwrap_or_default(),
    };
    walk.refuse_age_of_nothing(&object, rules.max_age, "image");
    for field in ["labels", "architectures"] {
        let message = "an empty one demands nothing; leave the field out, or say what is meant";
        walk.refuse_empty(&object, field, message);
    }
    for wanted in &rules.architectures {
        if !is_platform(wanted) {
            let message =
                "an architecture is written like `arm64`, `linux/arm64` or `linux/arm64/v8`";
            walk.meaning(
                LintCode::InvalidValue,
                object.place("architectures"),
                message,
            );
        }
    }
    if schema::IMAGE
        .names()
        .all(|field| object.field(field).is_none())
    {
        walk.meaning(LintCode::MissingField, node.at, "`image` demands nothing");
    }
    Some(rules)
}

fn read_bases(walk: &mut Walk<'_>, node: &Node) -> Option<Vec<String>> {
    let object = walk.object(node, &schema::IMAGE_BASE)?;
    let message = "an empty list allows no image";
    walk.refuse_empty(&object, "allowed", message);
    Some(walk.strings(&object, "allowed"))
}

/// Whether a text may be what an image says it runs on (OCI image specification, "Image Configuration"): one to three
/// names of letters, digits, dots, dashes and underscores.
fn is_platform(text: &str) -> bool {
    let is_name = |name: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        !name.is_empty() && name.bytes().all(allowed)
    };
    text.split('/').count() <= 3 && text.split('/').all(is_name)
}

/// Reports image rules beside which nothing says who must have signed the image: anybody can claim anything.
pub(crate) fn check(walk: &mut Walk<'_>, demands: &Demands, node: &Node) {
    if !is_vouched(demands, false) {
        let message = "`image` reads what an image claims of itself; demand a signature beside it, or anybody may claim it";
        walk.meaning(LintCode::InvalidValue, node.at, message);
    }
}

/// Whether everything that image rules read was signed by somebody who was chosen.
fn is_vouched(demands: &Demands, above: bool) -> bool {
    let here = above || demands.iter().any(is_signed);
    demands.iter().all(|demand| match demand {
        Demand::Image(_) => here,
        Demand::AnyOf(alternatives) => alternatives.iter().all(|plan| is_vouched(plan, here)),
        Demand::Trust(_)
        | Demand::Simple(_)
        | Demand::Notation(_)
        | Demand::Sigstore(_)
        | Demand::Attestations(_)
        | Demand::Vulnerability(_) => true,
    })
}

/// Whether a demand is met only by what somebody signed who was chosen.
fn is_signed(demand: &Demand) -> bool {
    match demand {
        Demand::Notation(_) => !accepts_strangers(demand),
        Demand::Trust(_) | Demand::Sigstore(_) | Demand::Attestations(_) => true,
        Demand::Simple(simple) => {
            let mut requirements = simple.requirements.iter();
            requirements.any(|one| *one != SimpleRequirement::InsecureAcceptAnything)
        }
        Demand::AnyOf(alternatives) => alternatives.iter().all(|plan| plan.iter().any(is_signed)),
        Demand::Image(_) | Demand::Vulnerability(_) => false,
    }
}

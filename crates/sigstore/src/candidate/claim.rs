//! The claim that a signature layer is signed for (cosign's signature specification, "simple signing").

use std::collections::BTreeMap;

use doorward_core::json::{Limits, Value, parse};

use super::statement::texts;
use crate::limits;
use crate::member::{self, Shape};

/// What `critical.type` says in every claim that cosign makes.
const TYPE: &str = "cosign container image signature";

/// What a claim says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The digest of the image, as it is written.
    pub(crate) digest: String,
    /// What the image is called, which nothing checks.
    pub(crate) name: String,
    /// The annotations that are texts.
    pub(crate) annotations: BTreeMap<String, String>,
}

impl Claim {
    /// A claim, or why the payload is none. What is critical and not known is refused, as the name says.
    pub(crate) fn parse(payload: &[u8]) -> Result<Self, String> {
        let bounds = Limits::bytes(limits::CLAIM_BYTES).depth(16);
        let value = parse(payload, bounds).map_err(|error| error.to_string())?;
        read(&value).map_err(|Shape(reason)| reason)
    }
}

fn read(value: &Value) -> Result<Claim, Shape> {
    only(value, &["critical", "optional"])?;
    let critical = member::object(value, "critical")?;
    only(critical, &["identity", "image", "type"])?;
    if member::text(critical, "type")? != TYPE {
        return Err(Shape(format!("`critical.type` is not `{TYPE}`")));
    }
    let image = member::object(critical, "image")?;
    only(image, &["docker-manifest-digest"])?;
    let identity = member::object(critical, "identity")?;
    only(identity, &["docker-reference"])?;
    let annotations = match member::member(value, "optional") {
        None => BTreeMap::new(),
        Some(optional @ Value::Object(_)) => texts(optional),
        Some(_) => return Err(Shape("`optional` is no object".into())),
    };
    Ok(Claim {
        digest: member::text(image, "docker-manifest-digest")?.to_owned(),
        name: member::text(identity, "docker-reference")?.to_owned(),
        annotations,
    })
}

fn only(value: &Value, names: &[&str]) -> Result<(), Shape> {
    let mut members = value.as_object().unwrap_or_default().iter();
    match members.find(|(name, _)| !names.contains(&name.as_str())) {
        None => Ok(()),
        Some((name, _)) => {
            let name = doorward_core::text::one_line(name, 64);
            Err(Shape(format!("`{name}` is not known")))
        }
    }
}

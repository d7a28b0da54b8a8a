mod origin;

use std::time::Duration;

use doorward_core::Action;
use doorward_documents::{Condition, Format, LicensePattern, PackagePattern};

pub use self::origin::{ProvenanceDemands, SummaryDemands, TrustedBuilder};
use crate::demand::{Demand, Demands, Parts};
use crate::diagnostic::quoted;
use crate::node::Node;
use crate::part::part;
use crate::walk::{Object, Walk};
use crate::{
    LintCode, MultiArch, Notation, NotationCheck, NotationLevel, NotationStatement, notation,
    schema, sigstore, simple, trust,
};

/// A signed document about the image that must exist.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Attestation {
    /// Which documents are meant.
    pub document: DocumentType,
    /// Who must have signed it: everything here must pass about the document.
    pub signed_by: Demands,
    /// How old its signature may be, if that matters.
    pub max_age: Option<Duration>,
    /// What must hold for it: expressions in CEL over `predicate`, all of which must be true. Each can be parsed.
    pub conditions: Vec<String>,
    /// Packages that it must not list. Each can be parsed.
    pub deny_packages: Vec<String>,
    /// Licences that no package in it may be under. Each can be parsed.
    pub deny_licenses: Vec<String>,
}

/// Which documents are meant: the type by which they are attached.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DocumentType {
    /// Those of this artifact type (OCI image specification, "Guidelines for Artifact Usage").
    Artifact(String),
    /// Statements of a predicate type of in-toto, and documents of the formats that it stands for.
    Predicate(String),
    /// Statements of SLSA about where the image comes from, and what they must say.
    Provenance(ProvenanceDemands),
    /// Statements of somebody who verified the image, and what they must say.
    Summary(SummaryDemands),
}

pub(crate) fn read(walk: &mut Walk<'_>, node: &Node) -> Option<Attestation> {
    let object = walk.object(node, &schema::ATTESTATION)?;
    let document = read_type(walk, &object);
    let signed_by = part(walk, &object, "signedBy", read_signers);
    let max_age = walk.duration(&object, "maxAge");
    let conditions = read_parsed(walk, &object, "conditions", |text| {
        Condition::parse(text)
            .map(drop)
            .map_err(|error| error.to_string())
    });
    let deny_packages = read_parsed(walk, &object, "denyPackages", |text| {
        PackagePattern::parse(text)
            .map(drop)
            .map_err(|error| error.to_string())
    });
    let deny_licenses = read_parsed(walk, &object, "denyLicenses", |text| {
        LicensePattern::parse(text)
            .map(drop)
            .map_err(|error| error.to_string())
    });
    walk.refuse_age_of_nothing(&object, max_age, "document");
    let document = document?;
    if let Some(signed_by) = &signed_by {
        let named = match &document {
            DocumentType::Artifact(_) | DocumentType::Predicate(_) => 0,
            DocumentType::Provenance(demands) => {
                demands.builders.len() + demands.trusted_builders.len()
            }
            DocumentType::Summary(demands) => demands.verifiers.len(),
        };
        origin::note_signers(walk, &object, named, signed_by);
    }
    if !(deny_packages.is_empty() && deny_licenses.is_empty()) && lists_no_packages(&document) {
        let message =
            "documents of this type list no packages, so what is denied is never found in them";
        walk.meaning(LintCode::InvalidValue, object.at, message);
    }
    Some(Attestation {
        document,
        signed_by: signed_by?,
        max_age,
        conditions,
        deny_packages,
        deny_licenses,
    })
}

/// The one of `artifactType`, `predicateType`, `provenance` and `summary` that is there.
fn read_type(walk: &mut Walk<'_>, object: &Object<'_>) -> Option<DocumentType> {
    let provenance = part(walk, object, "provenance", origin::read_provenance);
    let summary = part(walk, object, "summary", origin::read_summary);
    for field in ["provenance", "summary"] {
        if object.field(field).is_none() {
            continue;
        }
        let others = [
            "artifactType",
            "predicateType",
            "provenance",
            "summary",
            "denyPackages",
            "denyLicenses",
        ];
        let mut others = others.into_iter().filter(|other| *other != field);
        if let Some(other) = others.find(|other| object.field(other).is_some()) {
            let message = format!(
                "`{other}` and `{field}` exclude each other: `{field}` says itself which statements are meant"
            );
            walk.form(LintCode::InvalidValue, object.place(field), message);
            return None;
        }
        return provenance
            .map(DocumentType::Provenance)
            .or(summary.map(DocumentType::Summary));
    }
    let artifact = read_artifact_type(walk, object);
    let predicate = walk.string(object, "predicateType").map(str::to_owned);
    if object.field("artifactType").is_some() && object.field("predicateType").is_some() {
        let message = "`artifactType` and `predicateType` exclude each other";
        walk.form(
            LintCode::InvalidValue,
            object.place("predicateType"),
            message,
        );
        return None;
    }
    if predicate.as_deref() == Some("") {
        walk.missing(object, "predicateType");
        return None;
    }
    if object.field("artifactType").is_none() && object.field("predicateType").is_none() {
        let message =
            "one of `artifactType`, `predicateType`, `provenance` and `summary` is required";
        walk.form(LintCode::MissingField, object.at, message);
    }
    artifact
        .map(DocumentType::Artifact)
        .or(predicate.map(DocumentType::Predicate))
}

/// The media type in `artifactType`, without parameters.
pub(crate) fn read_artifact_type(walk: &mut Walk<'_>, object: &Object<'_>) -> Option<String> {
    const FIELD: &str = "artifactType";
    let text = walk.string(object, FIELD)?;
    let is_part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    let is_type = text
        .split_once('/')
        .is_some_and(|(kind, name)| is_part(kind) && is_part(name));
    if !is_type {
        let message = format!(
            "{} is not a media type such as `application/spdx+json`",
            quoted(text)
        );
        let at = object.place(FIELD);
        walk.inside(FIELD, |walk| walk.form(LintCode::InvalidValue, at, message));
    }
    Some(text.to_owned())
}

/// Whether every format that the type stands for lists no packages. Nothing is known of a type that stands for none.
fn lists_no_packages(document: &DocumentType) -> bool {
    let lists =
        |format: &Format| matches!(format, Format::CycloneDx | Format::Spdx2 | Format::Spdx3);
    let meant: Vec<Format> = Format::ALL
        .into_iter()
        .filter(|format| match document {
            DocumentType::Artifact(media_type) => format.has_media_type(media_type),
            DocumentType::Predicate(predicate) => format.has_predicate_type(predicate),
            DocumentType::Provenance(_) | DocumentType::Summary(_) => false,
        })
        .collect();
    !meant.is_empty() && !meant.iter().any(lists)
}

/// A list in `field` of texts that `parse` accepts.
pub(crate) fn read_parsed(
    walk: &mut Walk<'_>,
    object: &Object<'_>,
    field: &'static str,
    parse: impl Fn(&str) -> Result<(), String>,
) -> Vec<String> {
    if walk.explicit {
        walk.refuse_empty(object, field, "an empty list demands nothing");
    }
    walk.every(object, field, |walk, node| {
        let text = walk.filled_text(node)?;
        if let Err(why) = parse(&text)
            && !text.is_empty()
        {
            let message = format!("{} cannot be used: {why}", quoted(&text));
            walk.meaning(LintCode::InvalidValue, node.at, message);
        }
        Some(text)
    })
}

/// Reads who must have signed a document.
pub(crate) fn read_signers(walk: &mut Walk<'_>, node: &Node) -> Option<Demands> {
    let object = walk.object(node, &schema::SIGNERS)?;
    let parts = Parts {
        trust: part(walk, &object, "trust", trust::read),
        simple: part(walk, &object, "simple", simple::read),
        notation: part(walk, &object, "notation", notation::read),
        sigstore: part(walk, &object, "sigstore", sigstore::read),
        ..Parts::default()
    };
    let demands = parts.demands();
    match &demands {
        None => {
            let message = "a document that nobody must have signed proves nothing";
            walk.meaning(LintCode::InvalidValue, node.at, message);
        }
        Some(demands) => {
            if demands.iter().any(is_about_platforms) {
                let message = "`multiArch` is for images: a document has no platforms";
                walk.meaning(LintCode::InvalidValue, object.place("sigstore"), message);
            }
            if demands.iter().any(accepts_strangers) {
                let message = "where authenticity is not enforced anybody can sign, and the document proves nothing";
                walk.meaning(LintCode::InvalidValue, object.place("notation"), message);
            }
        }
    }
    demands
}

/// Whether signatures of something else would do than of what the reference names. An API server may write the default.
fn is_about_platforms(demand: &Demand) -> bool {
    matches!(demand, Demand::Sigstore(sigstore) if sigstore.multi_arch != MultiArch::Index)
}

/// Whether a signature of somebody who is not trusted would do.
pub(crate) fn accepts_strangers(demand: &Demand) -> bool {
    let is_open = |statement: &NotationStatement| {
        let authenticity = statement
            .overrides
            .iter()
            .find(|(check, _)| *check == NotationCheck::Authenticity);
        authenticity.map_or(statement.level == NotationLevel::Audit, |(_, action)| {
            *action != Action::Enforce
        })
    };
    match demand {
        Demand::Notation(Notation { statements, .. }) => statements.iter().any(is_open),
        _ => false,
    }
}

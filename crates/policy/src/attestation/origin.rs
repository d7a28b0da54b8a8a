//! What a statement about an image's origin must say: its provenance, or a summary of who verified it.

use std::time::Duration;

use doorward_documents::ProvenancePattern;

use super::read_parsed;
use crate::demand::{Demand, Demands};
use crate::diagnostic::quoted;
use crate::node::Node;
use crate::part::part;
use crate::walk::{Object, Walk};
use crate::{AuthorityKind, LintCode, schema};

/// What the provenance of an image must say; at least one thing. It is believed because of who signed it, not of what
/// it says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ProvenanceDemands {
    /// Who must have built it: patterns, one of these or of the trusted builders must match. Each can be parsed.
    pub builders: Vec<String>,
    /// Who is trusted up to which level.
    pub trusted_builders: Vec<TrustedBuilder>,
    /// The level that the builder must be trusted to reach, from 1 to 3.
    pub min_level: Option<u8>,
    /// What it must have been built from: patterns, one of which must match each source. Each can be parsed.
    pub sources: Vec<String>,
    /// How it must have been built: one of these types.
    pub build_types: Vec<String>,
    /// How many levels of the images that the build used must be admitted too, from 1 to 3. `None` if that is not demanded.
    pub materials: Option<u8>,
}

/// How far builders are trusted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct TrustedBuilder {
    /// Which: a pattern that can be parsed.
    pub id: String,
    /// The highest level of the build track of SLSA that they are trusted to reach, from 1 to 3.
    pub level: u8,
}

/// What a summary of a verification must say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SummaryDemands {
    /// Who must have verified: one of these; never empty.
    pub verifiers: Vec<String>,
    /// What must have been verified: patterns, one of which must match. Each can be parsed.
    pub resources: Vec<String>,
    /// The levels or properties that must have been verified.
    pub levels: Vec<String>,
    /// How long ago it may have been verified, by its own word.
    pub max_age: Option<Duration>,
}

pub(super) fn read_provenance(walk: &mut Walk<'_>, node: &Node) -> Option<ProvenanceDemands> {
    let object = walk.object(node, &schema::PROVENANCE)?;
    let demands = ProvenanceDemands {
        builders: read_parsed(walk, &object, "builders", pattern),
        sources: read_parsed(walk, &object, "sources", pattern),
        build_types: read_parsed(walk, &object, "buildTypes", |_| Ok(())),
        trusted_builders: read_trusted_builders(walk, &object),
        min_level: walk.number(&object, "minLevel"),
        materials: part(walk, &object, "materials", read_materials),
    };
    if demands == ProvenanceDemands::default() {
        let message = "`provenance` demands nothing";
        walk.meaning(LintCode::MissingField, object.at, message);
    }
    let trusted = demands.trusted_builders.iter();
    let trusted: Vec<String> = trusted.map(|one| one.id.clone()).collect();
    for (field, patterns) in [
        ("builders", &demands.builders),
        ("trustedBuilders", &trusted),
        ("sources", &demands.sources),
    ] {
        note_everybody(walk, &object, field, patterns);
    }
    check_level(walk, &object, &demands);
    Some(demands)
}

/// That a level is demanded which somebody can reach.
fn check_level(walk: &mut Walk<'_>, object: &Object<'_>, demands: &ProvenanceDemands) {
    let Some(least) = demands.min_level else {
        return;
    };
    let most = demands.trusted_builders.iter().map(|one| one.level).max();
    let message = match most {
        Some(most) if most >= least => return,
        Some(most) => format!(
            "level {least} is demanded, and the builder that is trusted most is trusted to level {most}: no image can pass"
        ),
        None => format!(
            "level {least} is demanded, and `trustedBuilders` says of no builder that it reaches one: no image can pass"
        ),
    };
    walk.note(LintCode::LevelOutOfReach, object.place("minLevel"), message);
}

fn read_trusted_builders(walk: &mut Walk<'_>, object: &Object<'_>) -> Vec<TrustedBuilder> {
    const FIELD: &str = "trustedBuilders";
    walk.refuse_empty(object, FIELD, "an empty list trusts nobody");
    walk.every(object, FIELD, |walk, node| {
        let object = walk.object(node, &schema::TRUSTED_BUILDER)?;
        let id = walk.string(&object, "id").map(str::to_owned);
        let level = walk.number(&object, "level");
        if let Some(text) = &id
            && let Err(why) = pattern(text)
        {
            let message = format!("{} cannot be used: {why}", quoted(text));
            walk.meaning(LintCode::InvalidValue, object.place("id"), message);
        }
        Some(TrustedBuilder {
            id: id?,
            level: level?,
        })
    })
}

/// How many levels of the images that a build used are demanded to be admitted.
fn read_materials(walk: &mut Walk<'_>, node: &Node) -> Option<u8> {
    let object = walk.object(node, &schema::MATERIALS)?;
    let verify = walk.boolean(&object, "verify");
    let depth = walk.number(&object, "depth");
    if verify == Some(false) {
        let message = "`verify` can only be `true`; where nothing is demanded of the images that a build used, there is no \
                       `materials`";
        walk.inside("verify", |walk| {
            walk.form(LintCode::InvalidValue, object.place("verify"), message);
        });
    }
    match (verify?, object.field("depth")) {
        (true, None) => Some(1),
        (true, Some(_)) => depth,
        (false, _) => None,
    }
}

pub(super) fn read_summary(walk: &mut Walk<'_>, node: &Node) -> Option<SummaryDemands> {
    let object = walk.object(node, &schema::SUMMARY)?;
    let verifiers = read_parsed(walk, &object, "verifiers", |_| Ok(()));
    let demands = SummaryDemands {
        verifiers,
        resources: read_parsed(walk, &object, "resources", pattern),
        levels: read_parsed(walk, &object, "levels", |_| Ok(())),
        max_age: walk.duration(&object, "maxAge"),
    };
    walk.refuse_age_of_nothing(&object, demands.max_age, "summary");
    if walk.list(&object, "verifiers").is_none_or(<[_]>::is_empty) {
        walk.missing(&object, "verifiers");
        return None;
    }
    note_everybody(walk, &object, "resources", &demands.resources);
    if demands.resources.is_empty() {
        let message = "without `resources`, a summary counts that was made for another use of the image, such as another environment; a \
                       Simple Verification Result says of no use that it was made for it";
        walk.note(LintCode::AnyResource, object.at, message);
    }
    Some(demands)
}

fn pattern(text: &str) -> Result<(), String> {
    ProvenancePattern::parse(text)
        .map(drop)
        .map_err(|error| error.to_string())
}

fn note_everybody(
    walk: &mut Walk<'_>,
    object: &Object<'_>,
    field: &'static str,
    patterns: &[String],
) {
    let parsed = patterns
        .iter()
        .filter_map(|text| ProvenancePattern::parse(text).ok());
    let everybody = parsed.into_iter().find(ProvenancePattern::means_everybody);
    if let Some(pattern) = everybody {
        let message = format!(
            "{} has a star where a host or an owner stands, so it also means what others have elsewhere",
            quoted(pattern.as_str())
        );
        walk.note(LintCode::AnyOrigin, object.place(field), message);
    }
}

/// Says where names in a statement are worth less than they look like: they are as good as who signs.
pub(super) fn note_signers(
    walk: &mut Walk<'_>,
    object: &Object<'_>,
    named: usize,
    signed_by: &Demands,
) {
    if named == 0 {
        return;
    }
    let of_sigstore = signed_by.iter().filter_map(|demand| match demand {
        Demand::Sigstore(sigstore) => Some(sigstore),
        _ => None,
    });
    let authorities: Vec<_> = of_sigstore.flat_map(|one| &one.authorities).collect();
    let by_key = authorities
        .iter()
        .any(|one| matches!(one.by, AuthorityKind::Keys(_) | AuthorityKind::Source(_)));
    if by_key {
        let message = "anybody who has the key can write the name of any builder or verifier: the key alone says who it was";
        walk.note(LintCode::BuilderByKey, object.place("signedBy"), message);
    }
    if named > 1 && authorities.len() > 1 {
        let message = "each of these signers may speak for each of these builders or verifiers; where one speaks for one, \
                       write alternatives in `anyOf`";
        walk.note(LintCode::CrossedSigners, object.place("signedBy"), message);
    }
}

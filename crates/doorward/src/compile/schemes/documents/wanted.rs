//! Which documents a requirement wants, by the types under which they are attached.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use doorward_core::{Code, MediaType, Rejection, SignatureRepository};
use doorward_documents::{Format, Provenance, VerificationSummary};
use doorward_policy::{Demand, Demands, DocumentType};

use crate::compile::entry::PolicyEntry;
use crate::compile::schemes::kept_in::kept_in;
#[cfg(feature = "sigstore")]
use crate::compile::schemes::sigstore::given;
use crate::envelope::GivenEnvelopes;

/// Artifact types of statements that are wrapped and signed in themselves: in-toto statements, envelopes of DSSE, and bundles
/// of sigstore. What is in them says their predicate type.
const WRAPPED: [&str; 3] = [
    "application/vnd.in-toto",
    "application/vnd.dsse.envelope",
    "application/vnd.dev.sigstore.bundle",
];

/// The predicate types of statements about which vulnerabilities matter (OpenVEX, "Attesting"; cosign's `openvex`).
const VEX: [&str; 3] = [
    "https://openvex.dev/ns",
    "https://openvex.dev/ns/v0.2.0",
    "https://openvex.dev/ns/v0.2",
];

/// The types of the documents that one kind has.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// Artifact types: a document of any of them is meant.
    types: Vec<String>,
    /// The formats that the content may have. Any JSON, if there is none.
    formats: Vec<Format>,
    /// The statements that are meant as well, if those who must have signed sign any.
    stated: Option<Stated>,
}

/// Statements in envelopes.
#[derive(Clone, Debug)]
pub(super) struct Stated {
    /// Predicate types: a statement of exactly one of them is meant.
    pub(super) predicate_types: Vec<String>,
    /// The repositories to look in, each once; `None` is that of the image. Nobody looks anywhere before they are
    /// [known](Wanted::located).
    pub(super) places: Vec<Option<SignatureRepository>>,
    /// What is given beside what these have, known from the same time on.
    pub(super) given: Vec<Arc<dyn GivenEnvelopes>>,
}

impl Stated {
    /// Statements of these types by `signed_by`. Returns `None` where a demand in it is of a scheme that signs none: all of
    /// them must be met.
    fn of(predicate_types: &[&str], signed_by: &Demands) -> Option<Self> {
        let states = |demand: &Demand| matches!(demand, Demand::Sigstore(_));
        if !signed_by.iter().all(states) {
            return None;
        }
        let predicate_types = predicate_types.iter().map(|one| (*one).to_owned());
        cfg!(feature = "sigstore").then(|| Self {
            predicate_types: predicate_types.collect(),
            places: Vec::new(),
            given: Vec::new(),
        })
    }
}

/// A type of documents that are not read here.
#[derive(Clone, Debug)]
pub(super) struct Unread(String);

impl Unread {
    pub(super) fn rejection(&self) -> Rejection {
        Rejection::new(Code::POLICY_UNSUPPORTED, self.0.clone())
    }
}

impl Wanted {
    /// The documents that an attestation means.
    ///
    /// A predicate type means statements of exactly that type, where those who must have signed sign any; and the formats that
    /// it stands for, attached as they are under their own types.
    pub(super) fn of(document: &DocumentType, signed_by: &Demands) -> Result<Self, Unread> {
        match document {
            DocumentType::Artifact(named) => {
                let is_wrapped = |prefix: &&str| {
                    let start = named.get(..prefix.len());
                    start.is_some_and(|start| start.eq_ignore_ascii_case(prefix))
                };
                if WRAPPED.iter().any(is_wrapped) {
                    return Err(Unread(format!(
                        "the policy demands documents of the type {named}, which are envelopes with statements in them: \
                         `predicateType` says which statements are meant"
                    )));
                }
                Ok(Self {
                    types: vec![essence(named)],
                    formats: formats(|format| format.has_media_type(named)),
                    stated: None,
                })
            }
            DocumentType::Predicate(named) => {
                let formats = formats(|format| format.has_predicate_type(named));
                let stated = Stated::of(&[named], signed_by);
                if formats.is_empty() && stated.is_none() {
                    return Err(Unread(format!(
                        "the policy demands statements of the predicate type {named}, which stands for no document that is \
                         read, and statements in envelopes are signed with `sigstore` alone"
                    )));
                }
                Ok(Self::any(formats, stated))
            }
            DocumentType::Provenance(_) => {
                Self::stated_only("provenance", &Provenance::PREDICATE_TYPES, signed_by)
            }
            DocumentType::Summary(_) => Self::stated_only(
                "verification summaries",
                &VerificationSummary::PREDICATE_TYPES,
                signed_by,
            ),
        }
    }

    /// Statements of these types alone.
    fn stated_only(
        what: &str,
        predicate_types: &[&str],
        signed_by: &Demands,
    ) -> Result<Self, Unread> {
        let stated = Stated::of(predicate_types, signed_by).ok_or_else(|| {
            Unread(format!(
                "the policy demands {what}, which are statements in envelopes, and those are signed with `sigstore` alone"
            ))
        })?;
        Ok(Self::any(Vec::new(), Some(stated)))
    }

    /// The same, knowing where those who must have signed keep their statements, and what is given beside.
    ///
    /// # Errors
    /// If the pull secret of such a place, or what is given, cannot be had.
    pub(super) async fn located(
        mut self,
        signed_by: &Demands,
        entry: PolicyEntry<'_>,
    ) -> Result<Self, Rejection> {
        let Some(stated) = &mut self.stated else {
            return Ok(self);
        };
        for demand in signed_by {
            let Demand::Sigstore(sigstore) = demand else {
                continue;
            };
            for authority in &sigstore.authorities {
                let place = kept_in(authority, entry).await?;
                if !stated.places.contains(&place) {
                    stated.places.push(place);
                }
            }
        }
        #[cfg(feature = "sigstore")]
        {
            stated.given = given::beside(signed_by, entry).await?;
        }
        Ok(self)
    }

    /// Scan reports. A bill of materials is none, even where it can list vulnerabilities: one that lists none would read
    /// like a clean report. A policy that wants it as one names its artifact type.
    pub(super) fn reports(signed_by: &Demands) -> Self {
        let stated = Stated::of(Format::Sarif.predicate_types(), signed_by);
        Self::any(vec![Format::Sarif, Format::TrivyJson], stated)
    }

    /// Statements about which vulnerabilities matter.
    pub(super) fn vex(signed_by: &Demands) -> Self {
        Self::any(vec![Format::OpenVex], Stated::of(&VEX, signed_by))
    }

    fn any(formats: Vec<Format>, stated: Option<Stated>) -> Self {
        let types = formats.iter().flat_map(|format| format.media_types());
        let mut distinct = BTreeSet::new();
        let types = types.filter(|known| distinct.insert(**known));
        let types: Vec<String> = types.map(|known| (*known).to_owned()).collect();
        Self {
            types,
            formats,
            stated,
        }
    }

    /// Whether documents under this artifact type are meant, parameters and the case of letters aside (RFC 6838, section
    /// 4.2).
    pub(super) fn means(&self, artifact_type: &MediaType) -> bool {
        let named = essence(artifact_type.as_str());
        self.types
            .iter()
            .any(|one| one.eq_ignore_ascii_case(&named))
    }

    /// The statements that are meant.
    pub(super) const fn stated(&self) -> Option<&Stated> {
        self.stated.as_ref()
    }

    /// Whether a statement may be one of whose type its manifest or layer says `named`, or nothing.
    pub(super) fn may_be_stated(&self, named: Option<&str>) -> bool {
        self.stated.as_ref().is_some_and(|stated| {
            named
                .filter(|named| !named.is_empty())
                .is_none_or(|named| stated.predicate_types.iter().any(|one| one == named))
        })
    }

    /// The formats that the content may have. Any JSON, if there is none.
    pub(super) fn formats(&self) -> &[Format] {
        &self.formats
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stated = self.stated.iter().flat_map(|one| &one.predicate_types);
        let all: Vec<&str> = self
            .types
            .iter()
            .chain(stated)
            .map(String::as_str)
            .collect();
        f.write_str(&all.join(" or "))
    }
}

fn formats(is_meant: impl Fn(&Format) -> bool) -> Vec<Format> {
    Format::ALL.into_iter().filter(is_meant).collect()
}

fn essence(media_type: &str) -> String {
    let essence = media_type.split(';').next().unwrap_or_default();
    essence.trim().to_owned()
}

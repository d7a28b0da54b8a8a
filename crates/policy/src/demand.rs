//! What a body demands, or that it says in so many words that it demands nothing.

use std::fmt;

use crate::{Attestation, ImageRules, Notation, Sigstore, Simple, Trust, Vulnerability};

/// What an entry wants of the images it matches.
///
/// There is no third case, and none of the two follows from fields that are absent: a body that says neither is an
/// error, and denies.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Checks {
    /// Everything here must pass.
    Demanded(Demands),
    /// Nothing. The document says so.
    Unchecked(Unchecked),
}

/// That a document says, in the one way there is, that images are admitted unchecked: `unchecked: true` in
/// `doorward.dev/v1`, a body of `{}` in the groups of Portieris. Only the reader of documents makes one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Unchecked(());

impl Unchecked {
    /// The reader found the words.
    pub(crate) const fn written() -> Self {
        Self(())
    }
}

/// Checks that must all pass; at least one, each of another kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Demands(Vec<Demand>);

impl Demands {
    /// The demands, in the order of the format.
    pub fn iter(&self) -> std::slice::Iter<'_, Demand> {
        self.0.iter()
    }

    /// The names of their fields, in the order of the format.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        self.iter().map(Demand::name).collect()
    }
}

impl<'d> IntoIterator for &'d Demands {
    type Item = &'d Demand;
    type IntoIter = std::slice::Iter<'d, Demand>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// One check that must pass. What matches on it judges every kind, or does not compile.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Demand {
    /// Notary v1; never one that is switched off.
    Trust(Trust),
    /// Red Hat simple signing, with at least one requirement.
    Simple(Simple),
    /// Notary Project signatures.
    Notation(Notation),
    /// sigstore signatures.
    Sigstore(Sigstore),
    /// Signed statements about the image, at least one.
    Attestations(Vec<Attestation>),
    /// Known vulnerabilities; never a check of which every part is switched off.
    Vulnerability(Box<Vulnerability>),
    /// What the image says about itself; never the only demand.
    Image(ImageRules),
    /// Alternatives of which one must pass, at least one. None of them has alternatives.
    AnyOf(Vec<Demands>),
}

impl Demand {
    /// The name of its field.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Trust(_) => "trust",
            Self::Simple(_) => "simple",
            Self::Notation(_) => "notation",
            Self::Sigstore(_) => "sigstore",
            Self::Attestations(_) => "attestations",
            Self::Vulnerability(_) => "vulnerability",
            Self::Image(_) => "image",
            Self::AnyOf(_) => "anyOf",
        }
    }
}

impl fmt::Display for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The checks of a body as they were read, present or not.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub(crate) trust: Option<Trust>,
    pub(crate) simple: Option<Simple>,
    pub(crate) notation: Option<Notation>,
    pub(crate) sigstore: Option<Sigstore>,
    pub(crate) attestations: Vec<Attestation>,
    pub(crate) vulnerability: Option<Vulnerability>,
    pub(crate) image: Option<ImageRules>,
    pub(crate) any_of: Vec<Demands>,
}

impl Parts {
    /// What of them demands something, if anything does. Every field is judged here, by name.
    pub(crate) fn demands(self) -> Option<Demands> {
        let Self {
            trust,
            simple,
            notation,
            sigstore,
            attestations,
            vulnerability,
            image,
            any_of,
        } = self;
        let demands: Vec<Demand> = [
            trust.filter(|trust| trust.enabled).map(Demand::Trust),
            simple
                .filter(|simple| !simple.requirements.is_empty())
                .map(Demand::Simple),
            notation.map(Demand::Notation),
            sigstore.map(Demand::Sigstore),
            (!attestations.is_empty()).then_some(Demand::Attestations(attestations)),
            vulnerability
                .filter(Vulnerability::demands_something)
                .map(|checks| Demand::Vulnerability(Box::new(checks))),
            image.map(Demand::Image),
            (!any_of.is_empty()).then_some(Demand::AnyOf(any_of)),
        ]
        .into_iter()
        .flatten()
        .collect();
        (!demands.is_empty()).then_some(Demands(demands))
    }
}

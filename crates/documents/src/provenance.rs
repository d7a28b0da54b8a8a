mod buildkit;
mod github;
mod materials;
mod rules;
mod slsa02;
mod slsa1;
mod source;
mod tekton;

use std::collections::BTreeSet;

use doorward_core::Pinned;

use crate::effort::Effort;
use crate::member::Node;
use crate::{DocumentError, InTotoStatement};

pub use self::materials::MaterialError;
pub use self::rules::{
    ProvenancePattern, ProvenancePatternError, ProvenanceRules, ProvenanceViolation, TrustedBuilder,
};
pub use self::source::Source;

/// The most sources that are read of one provenance. Pipelines name some dozen.
const SOURCES: usize = 1024;

/// Where an image comes from, by what its builder says (SLSA, "Build: Provenance", versions 0.2 and 1). Nothing here says who
/// signed it, and anybody can write the name of any builder: it is worth what its signer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    builder: Option<String>,
    build_type: String,
    sources: Option<Vec<Source>>,
    images: materials::Materials,
}

impl Provenance {
    /// The most images that one build may have used.
    pub const MAX_IMAGES: usize = materials::MOST;

    /// The predicate types that are read.
    pub const PREDICATE_TYPES: [&'static str; 2] = [slsa02::TYPE, slsa1::TYPE];

    /// Reads the provenance that a statement has for its predicate.
    ///
    /// # Errors
    /// [`NotRecognised`](DocumentError::NotRecognised) if it is of another type; any departure from what the specification
    /// demands of the parts that are read, or from the [`bounds`](crate::bounds).
    pub fn of(statement: &InTotoStatement) -> Result<Self, DocumentError> {
        let effort = Effort::of(statement.bytes());
        let root = Node::root(statement.predicate(), &effort);
        match statement.predicate_type() {
            slsa02::TYPE => slsa02::read(&root),
            slsa1::TYPE => slsa1::read(&root),
            _ => Err(DocumentError::NotRecognised),
        }
    }

    /// Who says that it built the image, as a URI. `None` if it says nothing, as builds outside a service do.
    #[must_use]
    pub fn builder(&self) -> Option<&str> {
        self.builder.as_deref()
    }

    /// How it was built, as a URI: what the rest means depends on it.
    #[must_use]
    pub fn build_type(&self) -> &str {
        &self.build_type
    }

    /// Everything under version control that it says it was built from, each once: the source itself, and also where the
    /// definition of the build came from. `None` for a type of build of which it is not known where it says that.
    #[must_use]
    pub fn sources(&self) -> Option<&[Source]> {
        self.sources.as_deref()
    }

    /// The images that it says the build used, each once: those that it was built on or copied from, and those that it ran in.
    /// It is what the builder knows of; before level 3 of SLSA nobody promises that it is all.
    ///
    /// # Errors
    /// A [`MaterialError`] if it is not known which they are.
    pub const fn images(&self) -> Result<&BTreeSet<Pinned>, &MaterialError> {
        self.images.as_ref()
    }
}

/// Which family of builders a type of build belongs to, if it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    BuildKit,
    GitHub,
    Tekton,
}

impl Family {
    fn of(build_type: &str) -> Option<Self> {
        let all: [(Self, &[&str]); 3] = [
            (Self::BuildKit, &buildkit::TYPES),
            (Self::GitHub, &github::TYPES),
            (Self::Tekton, &tekton::TYPES),
        ];
        let found = all.iter().find(|(_, types)| types.contains(&build_type));
        found.map(|(family, _)| *family)
    }
}

/// Sources, each once.
#[derive(Debug, Default)]
struct Sources(BTreeSet<Source>);

impl Sources {
    fn add(&mut self, source: Source) -> Result<(), DocumentError> {
        self.0.insert(source);
        if self.0.len() > SOURCES {
            return Err(DocumentError::TooMany {
                what: "sources of a build",
                limit: SOURCES,
            });
        }
        Ok(())
    }

    fn named(self) -> Vec<Source> {
        self.0.into_iter().collect()
    }

    /// Adds the ones of a list of `{uri, digest}` that are under version control. What is no URI of git is no source but a
    /// tool, a package or an image.
    fn add_list<'n: 'a, 'a>(
        &mut self,
        parent: &'n Node<'a>,
        list: &'n str,
    ) -> Result<(), DocumentError> {
        for entry in parent.elements(list)? {
            entry.without_twins(&["uri"])?;
            if let Some(source) = entry.name("uri")?.and_then(Source::under_version_control) {
                self.add(source)?;
            }
        }
        Ok(())
    }
}

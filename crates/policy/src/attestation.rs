use crate::LintCode;
use crate::body::part;
use crate::node::Node;
use crate::notation::{self, Notation};
use crate::shape;
use crate::sigstore::{self, Sigstore};
use crate::simple::{self, Simple};
use crate::trust::{self, Trust};
use crate::walk::Walk;

/// A signed statement about the image that must exist.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Attestation {
    /// The kind of statement, a URI.
    pub predicate_type: String,
    /// Who must have signed it.
    pub signed_by: Signers,
    /// What must hold for it: expressions in CEL over `predicate`, all of which must be true.
    pub conditions: Vec<String>,
}

/// Who must have signed a statement. Everything present must pass, and something is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Signers {
    /// Notary v1.
    pub trust: Option<Trust>,
    /// Red Hat simple signing.
    pub simple: Option<Simple>,
    /// Notary Project signatures.
    pub notation: Option<Notation>,
    /// sigstore signatures.
    pub sigstore: Option<Sigstore>,
}

pub(crate) fn read(walk: &mut Walk<'_>, node: &Node) -> Option<Attestation> {
    let object = walk.object(node, &shape::ATTESTATION)?;
    let predicate_type = walk.required_string(&object, "predicateType");
    if object.field("signedBy").is_none() {
        walk.missing(&object, "signedBy");
    }
    let signed_by = part(walk, &object, "signedBy", read_signers);
    let conditions = walk.strings(&object, "conditions");
    if walk.explicit {
        walk.refuse_empty(
            &object,
            "conditions",
            "an empty list demands nothing of the statement",
        );
    }
    Some(Attestation {
        predicate_type: predicate_type?,
        signed_by: signed_by?,
        conditions,
    })
}

/// Reads who must have signed a statement.
pub(crate) fn read_signers(walk: &mut Walk<'_>, node: &Node) -> Option<Signers> {
    let object = walk.object(node, &shape::SIGNERS)?;
    let signers = Signers {
        trust: part(walk, &object, "trust", trust::read),
        simple: part(walk, &object, "simple", simple::read),
        notation: part(walk, &object, "notation", notation::read),
        sigstore: part(walk, &object, "sigstore", sigstore::read),
    };
    let demands = signers.trust.as_ref().is_some_and(|trust| trust.enabled)
        || signers
            .simple
            .as_ref()
            .is_some_and(|simple| !simple.requirements.is_empty())
        || signers.notation.is_some()
        || signers.sigstore.is_some();
    if !demands {
        let message = "a statement that nobody must have signed proves nothing";
        walk.meaning(LintCode::InvalidValue, node.at, message);
    }
    Some(signers)
}

use crate::LintCode;
use crate::demand::{Demands, Parts};
use crate::node::Node;
use crate::part::part;
use crate::walk::Walk;
use crate::{notation, shape, sigstore, simple, trust};

/// A signed statement about the image that must exist.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Attestation {
    /// The kind of statement, a URI.
    pub predicate_type: String,
    /// Who must have signed it: everything here must pass about the statement.
    pub signed_by: Demands,
    /// What must hold for it: expressions in CEL over `predicate`, all of which must be true.
    pub conditions: Vec<String>,
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
pub(crate) fn read_signers(walk: &mut Walk<'_>, node: &Node) -> Option<Demands> {
    let object = walk.object(node, &shape::SIGNERS)?;
    let parts = Parts {
        trust: part(walk, &object, "trust", trust::read),
        simple: part(walk, &object, "simple", simple::read),
        notation: part(walk, &object, "notation", notation::read),
        sigstore: part(walk, &object, "sigstore", sigstore::read),
        ..Parts::default()
    };
    let demands = parts.demands();
    if demands.is_none() {
        let message = "a statement that nobody must have signed proves nothing";
        walk.meaning(LintCode::InvalidValue, node.at, message);
    }
    demands
}

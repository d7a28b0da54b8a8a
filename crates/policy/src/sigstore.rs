//! The check of sigstore signatures: how many of which authorities must have signed.

mod anybody;
mod authority;
mod certificate;
mod expression;
mod keyless;
mod literal;
mod multi_arch;
mod overlap;

use crate::node::Node;
use crate::schema;
use crate::value::Quorum;
use crate::walk::Walk;
use crate::{KeySource, LintCode};

pub use self::authority::{Authority, AuthorityKind, Obligation, TrustRoot};
pub use self::certificate::{AlternativeName, CertificateAuthority};
pub use self::keyless::{GitHub, Keyless, Runner, Subject};
pub use self::multi_arch::MultiArch;

/// A check of sigstore signatures.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Sigstore {
    /// How many of the authorities must have signed.
    pub require: Quorum,
    /// Whose signatures count; never empty.
    pub authorities: Vec<Authority>,
    /// Which digest each of them must have signed, where an image is an index.
    pub multi_arch: MultiArch,
}

impl Sigstore {
    /// Where the keys of its authorities are fetched from, as far as they are in no Secret.
    pub fn key_sources(&self) -> impl Iterator<Item = &KeySource> {
        self.authorities.iter().filter_map(|one| match &one.by {
            AuthorityKind::Source(source) => Some(source),
            AuthorityKind::Certificate(_) | AuthorityKind::Keyless(_) | AuthorityKind::Keys(_) => {
                None
            }
        })
    }
}

pub(crate) fn read(walk: &mut Walk<'_>, node: &Node) -> Option<Sigstore> {
    let object = walk.object(node, &schema::SIGSTORE)?;
    let authorities = walk.few(&object, "authorities", authority::read);
    let count = walk.list(&object, "authorities").map_or(0, <[_]>::len);
    if count == 0 {
        let message = "`authorities` needs at least one authority";
        walk.meaning(LintCode::MissingField, object.place("authorities"), message);
    }
    let require = walk.quorum(&object, Quorum::Any, count);
    if require.of(count) > 1 {
        overlap::check(walk, &object, &authorities);
    }
    Some(Sigstore {
        require,
        authorities,
        multi_arch: multi_arch::read(walk, &object),
    })
}

//! Why a text is no identity.

/// Why a list of trusted identities is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// An alternative name is not `uri:`, `dns:` or `email:` and a value.
    #[error("{entry} has neither `uri:`, `dns:` nor `email:` and a value behind `x509.san:`")]
    AlternativeName {
        /// The entry, as one line.
        entry: String,
    },
    /// Something stands beside `*`, which accepts everybody.
    #[error("`*` accepts every signer, so no other identity may stand beside it")]
    BesideWildcard,
    /// A distinguished name is malformed.
    #[error("{entry} is no identity: {error}")]
    Name {
        /// The entry, as one line.
        entry: String,
        /// What is wrong.
        error: NameError,
    },
    /// There is none.
    #[error("there is no trusted identity")]
    None,
    /// An entry has no prefix.
    #[error("{entry} is no identity: it is neither `*` nor a prefix, a colon and a value")]
    NoPrefix {
        /// The entry, as one line.
        entry: String,
    },
    /// One identity holds whenever another one does.
    #[error("{name} and another identity overlap")]
    Overlap {
        /// One of them, as one line.
        name: String,
    },
    /// The prefix is not known.
    #[error("{entry} begins neither with `x509.subject:` nor with `x509.san:`")]
    Prefix {
        /// The entry, as one line.
        entry: String,
    },
    /// An entry is longer than its bound.
    #[error("an identity has more than {limit} bytes")]
    TooLong {
        /// The bound.
        limit: usize,
    },
    /// There are more entries than are read.
    #[error("there are more than {limit} identities")]
    TooMany {
        /// The bound.
        limit: usize,
    },
}

/// Why a text is no distinguished name as policies have them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// There is nothing.
    #[error("the distinguished name is empty")]
    Empty,
    /// A value is empty, where it would say nothing.
    #[error("the attribute {0} has no value")]
    EmptyValue(String),
    /// A backslash is followed by neither a special character nor two hexadecimal digits that give UTF-8.
    #[error("a backslash escapes nothing that is escaped")]
    Escape,
    /// A value is in hexadecimal.
    #[error("a value in hexadecimal (`=#`) is not read")]
    Hexadecimal,
    /// An attribute that every name must have is missing.
    #[error("the attribute {0} is missing")]
    Mandatory(&'static str),
    /// Several attributes stand side by side.
    #[error("attributes that are joined by `+` are not read")]
    MultiValued,
    /// A part has no type, or no value.
    #[error("a part is not a type, `=` and a value")]
    NotAPair,
    /// A type stands there twice.
    #[error("the attribute {0} stands there twice")]
    Repeated(String),
    /// A type is not known.
    #[error("the attribute {0} is not known")]
    UnknownType(String),
}

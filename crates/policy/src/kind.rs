use std::fmt;

/// Which of the two kinds of policy an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyKind {
    /// Governs the whole cluster, where a namespace has no policies of its own.
    ClusterImagePolicy,
    /// Governs its namespace.
    ImagePolicy,
}

impl PolicyKind {
    /// Both kinds.
    pub const ALL: [Self; 2] = [Self::ClusterImagePolicy, Self::ImagePolicy];

    /// The name in the field `kind`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClusterImagePolicy => "ClusterImagePolicy",
            Self::ImagePolicy => "ImagePolicy",
        }
    }

    /// The name with its article, for sentences.
    pub(crate) const fn with_article(self) -> &'static str {
        match self {
            Self::ClusterImagePolicy => "a ClusterImagePolicy",
            Self::ImagePolicy => "an ImagePolicy",
        }
    }
}

impl fmt::Display for PolicyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The API group a policy was written for. All three share one format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// `doorward.dev/v1`.
    Doorward,
    /// `portieris.cloud.ibm.com/v1`, as Portieris has it since its version 0.10.
    Portieris,
    /// `securityenforcement.admission.cloud.ibm.com/v1beta1`, as Portieris had it before.
    SecurityEnforcement,
}

impl Group {
    /// Every group.
    pub const ALL: [Self; 3] = [Self::Doorward, Self::Portieris, Self::SecurityEnforcement];

    /// The name of the group.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Doorward => "doorward.dev",
            Self::Portieris => "portieris.cloud.ibm.com",
            Self::SecurityEnforcement => "securityenforcement.admission.cloud.ibm.com",
        }
    }

    /// The group's only version.
    #[must_use]
    pub const fn version(self) -> &'static str {
        match self {
            Self::Doorward | Self::Portieris => "v1",
            Self::SecurityEnforcement => "v1beta1",
        }
    }

    /// The text of the field `apiVersion`.
    #[must_use]
    pub fn api_version(self) -> String {
        format!("{}/{}", self.as_str(), self.version())
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

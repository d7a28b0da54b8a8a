//! Names of roles.

use std::fmt;
use std::str::FromStr;

use crate::limits::{DELEGATION_DEPTH, ROLE_NAME_BYTES};

/// The name of a role.
///
/// A delegation role is called `targets/` and one or more components of `[-a-z0-9_]`, and is a child of the role that
/// has its name without the last component. So roles form a tree: there are no cycles (TUF 5.6.7.1), and a role has one
/// parent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoleName {
    /// `root`: says which keys speak for the other roles.
    Root,
    /// `targets`: signs tags and delegates.
    Targets,
    /// A delegation: the name below `targets/`, without that prefix.
    Delegation(String),
    /// `snapshot`: lists the current files of all other roles.
    Snapshot,
    /// `timestamp`: lists the current snapshot, and is renewed often.
    Timestamp,
}

/// Why a text is not the name of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RoleNameError {
    /// It has other characters than `-a-z0-9_/`, an empty component, or no prefix `targets/`.
    #[error("not the name of a role")]
    Malformed,
    /// It lies too deep below `targets`.
    #[error("deeper than {DELEGATION_DEPTH} delegations")]
    TooDeep,
    /// It has more than 255 bytes.
    #[error("longer than {ROLE_NAME_BYTES} bytes")]
    TooLong,
}

impl RoleName {
    /// The delegation by which images are released, if a repository has it.
    #[must_use]
    pub fn releases() -> Self {
        Self::Delegation("releases".to_owned())
    }

    /// The delegation of a signer, `targets/<name>`.
    ///
    /// # Errors
    /// [`RoleNameError`], if that is not the name of a role.
    pub fn of_signer(name: &str) -> Result<Self, RoleNameError> {
        format!("targets/{name}").parse()
    }

    /// The role that may delegate to this one. Returns `None` if this is not a delegation.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        match self {
            Self::Delegation(name) => Some(match name.rsplit_once('/') {
                None => Self::Targets,
                Some((parent, _)) => Self::Delegation(parent.to_owned()),
            }),
            Self::Root | Self::Snapshot | Self::Targets | Self::Timestamp => None,
        }
    }

    /// This role and those above it up to `targets`, the topmost first. Returns `None` if it does not sign tags.
    #[must_use]
    pub fn lineage(&self) -> Vec<Self> {
        let mut lineage = Vec::new();
        let mut next = match self {
            Self::Delegation(_) | Self::Targets => Some(self.clone()),
            Self::Root | Self::Snapshot | Self::Timestamp => None,
        };
        while let Some(role) = next {
            next = role.parent();
            lineage.push(role);
        }
        lineage.reverse();
        lineage
    }

    /// The value of `_type` in the role's files.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Delegation(_) | Self::Targets => "Targets",
            Self::Root => "Root",
            Self::Snapshot => "Snapshot",
            Self::Timestamp => "Timestamp",
        }
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delegation(name) => write!(f, "targets/{name}"),
            Self::Root => f.write_str("root"),
            Self::Snapshot => f.write_str("snapshot"),
            Self::Targets => f.write_str("targets"),
            Self::Timestamp => f.write_str("timestamp"),
        }
    }
}

impl FromStr for RoleName {
    type Err = RoleNameError;

    fn from_str(text: &str) -> Result<Self, RoleNameError> {
        if text.len() > ROLE_NAME_BYTES {
            return Err(RoleNameError::TooLong);
        }
        match text {
            "root" => return Ok(Self::Root),
            "snapshot" => return Ok(Self::Snapshot),
            "targets" => return Ok(Self::Targets),
            "timestamp" => return Ok(Self::Timestamp),
            _ => {}
        }
        let name = text
            .strip_prefix("targets/")
            .ok_or(RoleNameError::Malformed)?;
        let fine = |component: &str| {
            !component.is_empty()
                && component
                    .bytes()
                    .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
        };
        if !name.split('/').all(fine) {
            return Err(RoleNameError::Malformed);
        }
        if name.split('/').count() > DELEGATION_DEPTH {
            return Err(RoleNameError::TooDeep);
        }
        Ok(Self::Delegation(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_written_alike() {
        for name in [
            "root",
            "targets",
            "snapshot",
            "timestamp",
            "targets/releases",
            "targets/a/b-c_9",
        ] {
            assert_eq!(name.parse::<RoleName>().expect(name).to_string(), name);
        }
    }

    #[test]
    fn a_name_that_could_leave_its_place_is_refused() {
        for name in [
            "",
            "targets/",
            "/targets/a",
            "targets//a",
            "targets/a/",
            "targets/../root",
            "targets/.",
            "releases",
            "targets/A",
            "targets/a b",
            "targets/a.json",
            "targets/a%2fb",
            "targets\\a",
            "targets/\u{e9}",
            "Root",
            "targetsx/a",
        ] {
            assert_eq!(
                name.parse::<RoleName>(),
                Err(RoleNameError::Malformed),
                "{name}"
            );
        }
        let long = format!("targets/{}", "a".repeat(248));
        assert_eq!(long.parse::<RoleName>(), Err(RoleNameError::TooLong));
        assert_eq!(
            "targets/1/2/3/4/5/6/7/8/9".parse::<RoleName>(),
            Err(RoleNameError::TooDeep)
        );
    }

    #[test]
    fn a_lineage_leads_from_targets_down() {
        let role: RoleName = "targets/a/b".parse().expect("a role");
        let lineage: Vec<_> = role.lineage().iter().map(ToString::to_string).collect();
        assert_eq!(lineage, ["targets", "targets/a", "targets/a/b"]);
        assert!(RoleName::Root.lineage().is_empty());
    }
}

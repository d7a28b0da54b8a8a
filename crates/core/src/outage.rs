//! Outages: the one kind of failure that a policy may forgive.

use std::fmt;

/// A status by which a server says that it is in trouble itself: 500 to 599.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerTrouble(u16);

impl ServerTrouble {
    /// The status, if it is one that speaks of the server. 429 and its like speak of the one who asks.
    #[must_use]
    pub const fn of(status: u16) -> Option<Self> {
        match status {
            500..=599 => Some(Self(status)),
            _ => None,
        }
    }

    /// The status.
    #[must_use]
    pub const fn status(self) -> u16 {
        self.0
    }
}

/// What was seen of a server that is out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum OutageCause {
    /// The connection was lost before the answer was there.
    ConnectionLost,
    /// Nothing listens at its address.
    ConnectionRefused,
    /// Its name has no address.
    NameNotResolved,
    /// There was no connection within the bound for connecting.
    NoConnection,
    /// There is no way to its address.
    NoRoute,
    /// It was silent for longer than the bound for silence.
    Silent,
    /// It says so.
    Trouble(ServerTrouble),
}

impl fmt::Display for OutageCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ConnectionLost => "the connection was lost",
            Self::ConnectionRefused => "the connection was refused",
            Self::NameNotResolved => "its name does not resolve",
            Self::NoConnection => "it could not be connected to in time",
            Self::NoRoute => "there is no route to it",
            Self::Silent => "it did not answer in time",
            Self::Trouble(trouble) => return write!(f, "it answers {}", trouble.status()),
        })
    }
}

/// Evidence that a server is out, no matter who asks, and for what.
///
/// `onUnavailable: warn` forgives this and nothing else. The deployer chooses what is fetched, with which
/// credentials, how much of it and in what order, so that a failure which any of these can bring about is not evidence
/// of an outage. Only a transport can have the evidence: from an exchange with the server itself in which nothing of
/// that kind took part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    cause: OutageCause,
    detail: String,
    replayed: bool,
}

impl Outage {
    /// States what a transport saw: in an exchange with the server itself, without any credential, for nothing that a
    /// requester chose.
    ///
    /// To be called by transports alone, which `disallowed-methods` of clippy enforces in this workspace. `detail` is
    /// for people: which server, and what happened.
    #[must_use]
    pub fn witnessed(cause: OutageCause, detail: impl Into<String>) -> Self {
        Self {
            cause,
            detail: detail.into(),
            replayed: false,
        }
    }

    /// What a transcript says that a transport saw. Nobody can tell whether it did, so this counts in a replay alone:
    /// [`FetchError::believed_live`](crate::FetchError::believed_live) takes it away from every other decision.
    pub(crate) const fn replayed(cause: OutageCause, detail: String) -> Self {
        Self {
            cause,
            detail,
            replayed: true,
        }
    }

    /// That all servers which could have answered are out: the evidence for each, told in one sentence. Returns `None`
    /// if there is no evidence at all.
    #[must_use]
    pub fn of_all(each: &[Self], detail: impl Into<String>) -> Option<Self> {
        Some(Self {
            cause: each.first()?.cause,
            detail: detail.into(),
            replayed: each.iter().any(|one| one.replayed),
        })
    }

    /// What was seen, of the first server if there are several.
    #[must_use]
    pub const fn cause(&self) -> OutageCause {
        self.cause
    }

    /// Whether it was read from a transcript, and seen by nobody here.
    #[must_use]
    pub const fn is_replayed(&self) -> bool {
        self.replayed
    }

    /// Which server, and what happened.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_status_but_those_of_a_server_in_trouble_is_evidence() {
        for status in 0..=u16::MAX {
            let trouble = ServerTrouble::of(status);
            assert_eq!(trouble.is_some(), (500..600).contains(&status), "{status}");
        }
    }

    #[test]
    fn of_no_server_there_is_no_evidence() {
        assert_eq!(Outage::of_all(&[], "nobody"), None);
    }
}

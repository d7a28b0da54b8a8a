//! How many files and connections the process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::listen::{HEALTH, REVIEWS};

/// What is asked for: more than everything that is bounded takes together.
const WANTED: u64 = 8_192;
/// What connections to registries and name servers, policy files, listeners and the log may take.
const OWN: u64 = 512;

/// Raises the limit of this process as far as it is wanted and allowed, and returns what it is then.
///
/// The customary limit is 1,024, and a caller could take all of it with connections.
pub(crate) fn raised() -> u64 {
    let is = getrlimit(Resource::Nofile);
    let current = is.current.unwrap_or(u64::MAX);
    let wanted = is.maximum.map_or(WANTED, |most| most.min(WANTED));
    if current >= wanted {
        return current;
    }
    let raised = Rlimit {
        current: Some(wanted),
        maximum: is.maximum,
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => wanted,
        Err(_) => current,
    }
}

/// How many connections for reviews there may be at a time where `limit` files may be open: then what runs out is
/// connections, of which the one longest without use goes, and never files, of which none goes.
pub(crate) fn connections(limit: u64) -> usize {
    let health = HEALTH.connections as u64;
    let left = limit.saturating_sub(OWN + health).max(limit / 4);
    usize::try_from(left).map_or(REVIEWS.connections, |left| left.min(REVIEWS.connections))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_never_take_all_files_that_may_be_open() {
        for limit in [0, 16, 256, 512, 1_024, 1_600, 8_192, 1 << 20, u64::MAX] {
            let connections = connections(limit) as u64;
            assert!(connections <= REVIEWS.connections as u64);
            assert!(connections < limit.max(1), "{limit}: {connections}");
            assert!(limit < 1_024 || connections + OWN <= limit, "{limit}");
        }
        assert_eq!(connections(1_024), 448);
        assert_eq!(connections(8_192), REVIEWS.connections);
    }

    #[test]
    fn the_limit_is_raised_as_far_as_it_may_be() {
        let limit = raised();
        let most = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
        assert!(limit >= WANTED.min(most), "{limit} of {most}");
    }
}

//! When what is trusted ends: keys in Secrets, and the roles of signed collections.

use std::collections::{BTreeMap, HashMap};

use doorward::Verdict;
use doorward_core::{Scheme, Timestamp};

/// The most collections that are watched. More are in use at a time in few clusters; those that were not asked about
/// for longest are let go first.
const MAX_COLLECTIONS: usize = 1024;
/// How long a collection is watched after it was last asked about, in seconds. What nothing starts from any more is
/// renewed by nobody, and nobody need be told.
const WATCHED: i64 = 24 * 60 * 60;
/// The names that are shown as they are: roles, the keys of policies, and the certificates of signers. All others were chosen by publishers.
const ROLES: [&str; 7] = [
    "certificates",
    "keys",
    "root",
    "snapshot",
    "targets",
    "targets/releases",
    "timestamp",
];
/// The name of all keys that are known by where they are.
const KEY_SOURCES: &str = "key-sources";
/// The name of the authorities and logs of a trusted root that is in a Secret or in a file.
const TRUSTED_ROOT: &str = "trusted-root";
/// The name of every other delegation.
const DELEGATION: &str = "targets/*";

/// What is known of ends.
#[derive(Debug, Default)]
pub(crate) struct TrustEnds {
    keys: Vec<(&'static str, String, Timestamp)>,
    trust_roots: Vec<(String, Timestamp)>,
    key_sources: Vec<(Scheme, Timestamp)>,
    collections: HashMap<(Scheme, String), Collection>,
    /// The latest time that anything was decided at.
    now: Option<Timestamp>,
}

#[derive(Debug)]
struct Collection {
    asked: Timestamp,
    roles: BTreeMap<&'static str, Timestamp>,
}

impl TrustEnds {
    /// Replaces what is known about keys in Secrets: scheme, name of the Secret, end.
    pub(crate) fn keys<'a>(
        &mut self,
        ends: impl IntoIterator<Item = (&'static str, &'a str, Timestamp)>,
    ) {
        self.keys = ends
            .into_iter()
            .map(|(scheme, name, end)| (scheme, name.to_owned(), end))
            .collect();
    }

    /// Replaces what is known about trusted roots from repositories: name and end.
    pub(crate) fn trust_roots<'a>(&mut self, ends: impl IntoIterator<Item = (&'a str, Timestamp)>) {
        let ends = ends.into_iter();
        self.trust_roots = ends.map(|(name, end)| (name.to_owned(), end)).collect();
    }

    /// Replaces what is known about keys that are known by where they are: when the first of each scheme ends.
    pub(crate) fn key_sources(
        &mut self,
        ends: impl IntoIterator<Item = (Scheme, Option<Timestamp>)>,
    ) {
        let ends = ends.into_iter();
        self.key_sources = ends
            .filter_map(|(scheme, end)| Some((scheme, end?)))
            .collect();
    }

    /// Notes on what a verdict relied. A role that was not got to this time keeps the end that it had.
    pub(crate) fn relied(&mut self, verdict: &Verdict, now: Timestamp) {
        let Some(reference) = verdict.reference() else {
            return;
        };
        let mut found: BTreeMap<(Scheme, &'static str), Timestamp> = BTreeMap::new();
        for (scheme, expiry) in verdict.expiries() {
            let end = found
                .entry((*scheme, shown(&expiry.name)))
                .or_insert_with(|| expiry.at);
            *end = (*end).min(expiry.at);
        }
        if found.is_empty() {
            return;
        }
        self.see(reference.repository().to_string(), found, now);
    }

    fn see(
        &mut self,
        repository: String,
        found: BTreeMap<(Scheme, &'static str), Timestamp>,
        now: Timestamp,
    ) {
        self.now = self.now.max(Some(now));
        for ((scheme, role), end) in found {
            let collection = self
                .collections
                .entry((scheme, repository.clone()))
                .or_insert_with(|| Collection {
                    asked: now,
                    roles: BTreeMap::new(),
                });
            collection.asked = collection.asked.max(now);
            collection.roles.insert(role, end);
        }
        if self.collections.len() > MAX_COLLECTIONS {
            let oldest = self
                .collections
                .iter()
                .min_by_key(|(_, collection)| collection.asked)
                .map(|(key, _)| key.clone());
            if let Some(oldest) = oldest {
                self.collections.remove(&oldest);
            }
        }
    }

    /// The earliest end of each scheme and name. Collections that were not asked about lately are let go.
    pub(crate) fn earliest(&mut self) -> BTreeMap<(&'static str, String), Timestamp> {
        if let Some(now) = self.now {
            self.collections
                .retain(|_, collection| now.since(collection.asked) <= WATCHED);
        }
        let roles = self
            .collections
            .iter()
            .flat_map(|((scheme, _), collection)| {
                let scheme = scheme.as_str();
                collection
                    .roles
                    .iter()
                    .map(move |(role, end)| (scheme, (*role).to_owned(), *end))
            });
        let mut earliest = BTreeMap::new();
        let roots = self.trust_roots.iter();
        let roots = roots.map(|(name, end)| (Scheme::SIGSTORE.as_str(), name.clone(), *end));
        let sources = self.key_sources.iter();
        // One name for all of a scheme: addresses are chosen by those who write policies.
        let sources = sources.map(|(scheme, end)| (scheme.as_str(), KEY_SOURCES.to_owned(), *end));
        for (scheme, name, end) in self
            .keys
            .iter()
            .cloned()
            .chain(roles)
            .chain(roots)
            .chain(sources)
        {
            let known = earliest.entry((scheme, name)).or_insert(end);
            *known = end.min(*known);
        }
        earliest
    }
}

fn shown(role: &str) -> &'static str {
    let known = ROLES.into_iter().find(|known| *known == role);
    let is_root = role.starts_with("trusted root: ");
    known.unwrap_or(if is_root { TRUSTED_ROOT } else { DELEGATION })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOY: Scheme = Scheme::custom("toy");

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(seconds)
    }

    fn see(ends: &mut TrustEnds, repository: &str, roles: &[(&'static str, i64)], now: i64) {
        let found = roles
            .iter()
            .map(|(role, end)| ((TOY, shown(role)), at(*end)))
            .collect();
        ends.see(repository.to_owned(), found, at(now));
    }

    fn end_of(ends: &mut TrustEnds, name: &str) -> Option<i64> {
        let all = ends.earliest();
        all.get(&("toy", name.to_owned())).map(|end| end.unix())
    }

    #[test]
    fn of_several_collections_the_one_that_ends_first_is_shown_until_it_is_renewed() {
        let mut ends = TrustEnds::default();
        see(&mut ends, "r/a", &[("timestamp", 500)], 10);
        see(&mut ends, "r/b", &[("timestamp", 300)], 10);
        assert_eq!(end_of(&mut ends, "timestamp"), Some(300));
        see(&mut ends, "r/b", &[("timestamp", 900)], 20);
        assert_eq!(end_of(&mut ends, "timestamp"), Some(500));
    }

    #[test]
    fn names_that_publishers_choose_are_one_name() {
        let mut ends = TrustEnds::default();
        see(&mut ends, "r/a", &[("targets/releases", 5)], 1);
        see(&mut ends, "r/a", &[("targets/alice", 7)], 1);
        see(&mut ends, "r/b", &[("targets/\"bob", 6)], 1);
        let names: Vec<_> = ends.earliest().into_keys().map(|(_, name)| name).collect();
        assert_eq!(names, ["targets/*", "targets/releases"]);
        assert_eq!(end_of(&mut ends, "targets/*"), Some(6));
    }

    #[test]
    fn what_a_trusted_root_names_is_one_name_and_no_delegation() {
        let mut ends = TrustEnds::default();
        let ends_of = [
            ("trusted root: certificate authorities", 7),
            ("trusted root: logs", 5),
        ];
        for (name, end) in ends_of {
            see(&mut ends, name, &[(name, end)], 1);
        }
        let names: Vec<_> = ends.earliest().into_keys().map(|(_, name)| name).collect();
        assert_eq!(names, [TRUSTED_ROOT]);
        assert_eq!(end_of(&mut ends, TRUSTED_ROOT), Some(5));
    }

    #[test]
    fn trusted_roots_of_repositories_have_their_own_names_and_are_replaced() {
        let mut ends = TrustEnds::default();
        ends.trust_roots([("public", at(9)), ("private", at(4))]);
        let all = ends.earliest();
        let of = |name: &str| {
            all.get(&("sigstore", name.to_owned()))
                .map(|end| end.unix())
        };
        assert_eq!((of("public"), of("private")), (Some(9), Some(4)));
        ends.trust_roots([("public", at(12))]);
        assert_eq!(ends.earliest().len(), 1);
    }

    #[test]
    fn a_role_that_was_not_got_to_keeps_its_end() {
        let mut ends = TrustEnds::default();
        see(&mut ends, "r/a", &[("root", 900), ("timestamp", 300)], 10);
        see(&mut ends, "r/a", &[("root", 900)], 400);
        assert_eq!(end_of(&mut ends, "timestamp"), Some(300));
    }

    #[test]
    fn keys_that_are_known_by_where_they_are_end_by_their_scheme_and_are_replaced() {
        let mut ends = TrustEnds::default();
        ends.key_sources([
            (Scheme::NOTATION, Some(at(5))),
            (Scheme::SIGSTORE, None),
            (TOY, Some(at(7))),
        ]);
        assert_eq!(end_of(&mut ends, KEY_SOURCES), Some(7));
        assert_eq!(ends.earliest().len(), 2);
        ends.key_sources([]);
        assert_eq!(ends.earliest().len(), 0);
    }

    #[test]
    fn what_was_not_asked_about_for_a_day_is_let_go() {
        let mut ends = TrustEnds::default();
        see(&mut ends, "r/a", &[("timestamp", 300)], 10);
        see(&mut ends, "r/b", &[("timestamp", 900)], 11 + WATCHED);
        assert_eq!(end_of(&mut ends, "timestamp"), Some(900));
    }

    #[test]
    fn no_more_than_so_many_collections_are_watched() {
        let mut ends = TrustEnds::default();
        for number in 0..=MAX_COLLECTIONS {
            let now = i64::try_from(number).unwrap();
            see(
                &mut ends,
                &format!("r/{number}"),
                &[("root", 100 + now)],
                now,
            );
        }
        assert_eq!(ends.collections.len(), MAX_COLLECTIONS);
        assert_eq!(end_of(&mut ends, "root"), Some(101));
    }

    #[test]
    fn keys_are_replaced_and_collections_stay() {
        let mut ends = TrustEnds::default();
        see(&mut ends, "r/a", &[("root", 900)], 1);
        ends.keys([("simple-signing", "n/k", at(5))]);
        ends.keys([]);
        assert_eq!(ends.earliest().len(), 1);
        assert_eq!(end_of(&mut ends, "root"), Some(900));
    }
}

//! The verified set by itself, fed in another order than a session would.

use bytes::Bytes;
use doorward_core::{Budget, Meter};
use doorward_notary::{Error, Pins, RoleName, TrustedSet, Wanted, lookup};
use doorward_testkit::{Delegation, Publication};

use crate::support::client::{
    GUN, RELEASES, collection, delegating, digest, key, now, root_key, target,
};

/// A set with the files of a publication, as far as it takes them.
struct Fed<'a> {
    set: TrustedSet,
    publication: &'a Publication,
    meter: Meter,
}

impl<'a> Fed<'a> {
    fn new(publication: &'a Publication) -> Self {
        let root = publication.role("root").clone();
        Self {
            set: TrustedSet::bootstrap(GUN, root, now()).expect("a root"),
            publication,
            meter: Meter::new(Budget::default()),
        }
    }

    fn confirmed(publication: &'a Publication) -> Self {
        let mut fed = Self::new(publication);
        fed.set
            .confirm_root(&Pins::FirstUse, &mut fed.meter)
            .expect("the first root");
        fed
    }

    fn bytes(&self, role: &str) -> Bytes {
        self.publication.role(role).clone()
    }

    fn timestamp(&mut self) -> Result<(), Error> {
        self.set
            .update_timestamp(self.bytes("timestamp"), &mut self.meter)
    }

    fn snapshot(&mut self) -> Result<(), Error> {
        self.set
            .update_snapshot(self.bytes("snapshot"), &mut self.meter)
    }

    fn targets(&mut self, role: &str) -> Result<(), Error> {
        let name: RoleName = role.parse().expect("a role");
        self.set
            .update_targets(&name, self.bytes(role), &mut self.meter)
    }

    fn released(&self) -> Result<doorward_core::Digest, Error> {
        lookup(&self.set, &Wanted::Tag("1.0".to_owned()), &[]).map(|released| released.digest)
    }
}

#[test]
fn in_the_right_order_everything_is_taken() {
    let publication = delegating().publish();
    let mut fed = Fed::confirmed(&publication);
    assert_eq!(fed.timestamp(), Ok(()));
    assert_eq!(fed.snapshot(), Ok(()));
    assert_eq!(fed.targets("targets"), Ok(()));
    assert!(fed.released().is_err(), "the delegation was not taken yet");
    assert_eq!(fed.targets(RELEASES), Ok(()));
    assert_eq!(fed.released(), Ok(digest("1.0")));
}

#[test]
fn nothing_below_a_root_that_was_not_confirmed_is_taken() {
    let publication = delegating().publish();
    let mut fed = Fed::new(&publication);
    assert!(matches!(fed.timestamp(), Err(Error::PinRequired { .. })));
    assert!(fed.snapshot().is_err());
    assert!(matches!(
        fed.targets("targets"),
        Err(Error::PinRequired { .. })
    ));
    assert!(fed.released().is_err());
    assert_eq!(fed.set.confirmed(), None);
}

#[test]
fn a_root_whose_pins_are_looked_at_again_and_do_not_fit_is_confirmed_no_longer() {
    let publication = delegating().publish();
    let mut fed = Fed::confirmed(&publication);
    assert!(fed.set.confirm_root(&Pins::None, &mut fed.meter).is_err());
    assert_eq!(fed.set.confirmed(), None);
    assert!(matches!(fed.timestamp(), Err(Error::PinRequired { .. })));
}

#[test]
fn no_role_is_taken_before_the_one_that_lists_it() {
    let publication = delegating().publish();
    let mut fed = Fed::confirmed(&publication);
    assert!(matches!(fed.snapshot(), Err(Error::Malformed { .. })));
    assert!(matches!(
        fed.targets("targets"),
        Err(Error::Malformed { .. })
    ));
    assert_eq!(fed.timestamp(), Ok(()));
    assert!(matches!(
        fed.targets("targets"),
        Err(Error::Malformed { .. })
    ));
    assert_eq!(fed.snapshot(), Ok(()));
    assert!(matches!(fed.targets(RELEASES), Err(Error::Missing { .. })));
    assert!(fed.released().is_err());
}

#[test]
fn a_role_that_nobody_delegates_to_is_not_taken() {
    let mut publisher = delegating();
    publisher
        .delegate(Delegation::new("targets/alice", &[key(1)]))
        .add_target_to("targets/alice", "1.0", target("1.0"));
    let publication = publisher.publish();
    let mut fed = Fed::confirmed(&publication);
    assert_eq!(fed.timestamp(), Ok(()));
    assert_eq!(fed.snapshot(), Ok(()));
    assert_eq!(fed.targets("targets"), Ok(()));
    let bytes = fed.bytes("targets/alice");
    for name in ["targets/bob", "targets/alice/sub"] {
        let role = name.parse().expect("a role");
        let refused = fed.set.update_targets(&role, bytes.clone(), &mut fed.meter);
        assert!(matches!(refused, Err(Error::Missing { .. })), "{name}");
    }
    for role in [RoleName::Root, RoleName::Snapshot, RoleName::Timestamp] {
        let refused = fed.set.update_targets(&role, bytes.clone(), &mut fed.meter);
        assert!(refused.is_err(), "{role}");
    }
}

#[test]
fn targets_are_not_taken_under_another_root_than_the_snapshot_lists() {
    let mut publisher = collection();
    let first = publisher.publish();
    let old = publisher.keys("targets").to_vec();
    publisher.rotate_targets_key(&key(1));
    // Anyone who has the former targets key goes on signing, and the snapshot lists that beside the new root.
    let forged = publisher.forge(&[doorward_testkit::Tampering::of("targets").signed_by(&old)]);
    let mut fed = Fed::confirmed(&first);
    fed.publication = &forged;
    assert_eq!(fed.timestamp(), Ok(()));
    assert_eq!(fed.snapshot(), Ok(()));
    assert!(fed.set.other_root_file().is_some());
    let refused = fed.targets("targets");
    assert!(
        matches!(&refused, Err(Error::HashMismatch { role, .. }) if *role == RoleName::Root),
        "{refused:?}"
    );
}

#[test]
fn under_a_new_root_everything_is_verified_anew() {
    let mut publisher = collection();
    let first = publisher.publish();
    let second = publisher.rotate_root_key(&root_key(1)).publish();
    let mut fed = Fed::confirmed(&first);
    assert_eq!(fed.timestamp(), Ok(()));
    assert_eq!(fed.snapshot(), Ok(()));
    assert_eq!(fed.targets("targets"), Ok(()));
    assert_eq!(fed.released(), Ok(digest("1.0")));
    let root = second.role("root").clone();
    assert_eq!(fed.set.update_root(root, &mut fed.meter), Ok(true));
    assert_eq!(fed.set.confirmed(), None);
    assert!(fed.released().is_err());
    assert!(fed.snapshot().is_err());
}

#[test]
fn what_is_refused_changes_nothing() {
    let mut publisher = delegating();
    let first = publisher.publish();
    let other = doorward_testkit::Collection::builder(GUN, now())
        .seed(9)
        .build()
        .publish();
    let mut fed = Fed::confirmed(&first);
    for step in [
        Fed::timestamp,
        Fed::snapshot,
        |fed: &mut Fed<'_>| fed.targets("targets"),
        |fed: &mut Fed<'_>| fed.targets(RELEASES),
    ] {
        assert_eq!(step(&mut fed), Ok(()));
    }
    let before = fed.set.statuses();
    fed.publication = &other;
    assert!(fed.timestamp().is_err());
    assert!(fed.snapshot().is_err());
    assert!(fed.targets("targets").is_err());
    let root = other.role("root").clone();
    assert!(fed.set.update_root(root, &mut fed.meter).is_err());
    assert_eq!(fed.set.statuses(), before);
    assert_eq!(fed.released(), Ok(digest("1.0")));
}

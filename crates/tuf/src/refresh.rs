//! From the given root to the metadata that counts now.

use std::collections::BTreeMap;

use bytes::Bytes;
use doorward_core::Timestamp;
use sigstore_tuf::{Metadata, Root, TrustedMetadataSet};

use crate::TufError;
use crate::documents::Documents;
use crate::floor::{Floor, is_rotated};
use crate::refusal::{bounded, refusal};
use crate::remembered::Remembered;

/// How far the clocks of those may differ who share a memory.
const SKEW_SECONDS: i64 = 300;

/// The metadata of one load, as far as it is verified, and what will be remembered of it.
pub(crate) struct Refresh {
    pub(crate) set: TrustedMetadataSet,
    pub(crate) remembered: Remembered,
    floor: Floor,
    /// Roots that are verified and older than one that is remembered: they are remembered once they have led to it. Those of
    /// another repository would otherwise spoil a memory that is not theirs.
    pending: BTreeMap<u64, Bytes>,
    now: jiff::Timestamp,
}

impl Refresh {
    /// Follows the remembered roots from the given one (TUF 1.0.34, 5.2, and 5.3.4 for each). Stricter than 5.2, which
    /// trusts what is stored and the given root as it is: others may write where it is stored, and no repository publishes
    /// a root that does not vouch for itself.
    pub(crate) fn new(
        given: &[u8],
        remembered: Remembered,
        now: Timestamp,
    ) -> Result<Self, TufError> {
        doorward_crypto::sigstore::install();
        let set = TrustedMetadataSet::from_root(given).map_err(|error| TufError::RootInvalid {
            detail: bounded(&error),
        })?;
        // Who writes both keeps them in order; others may write there too.
        let latest = remembered.seen.max(remembered.asked);
        if latest.is_some_and(|latest| latest.since(now) > SKEW_SECONDS) {
            return Err(TufError::ClockSetBack);
        }
        let given_version = set.root().version;
        if let Some(kept) = remembered.roots.get(&given_version) {
            let kept = TrustedMetadataSet::from_root(kept);
            if kept.map_or(true, |kept| kept.root() != set.root()) {
                return Err(TufError::RememberedForeign {
                    version: given_version,
                });
            }
        }
        let mut refresh = Self {
            set,
            remembered,
            floor: Floor::default(),
            pending: BTreeMap::from([(given_version, Bytes::copy_from_slice(given))]),
            // A role must expire later than now (5.3.10, 5.4.4, 5.5.6, 5.6.6); the library lets it expire now.
            now: instant(now.plus(1)),
        };
        refresh.follow()?;
        Ok(refresh)
    }

    /// Takes the remembered roots that come next, as far as there is no gap between them. A gap is what an older program
    /// finds after a newer one, which began with a newer root.
    fn follow(&mut self) -> Result<(), TufError> {
        while let Some((version, bytes)) = self
            .remembered
            .roots
            .get_key_value(&self.next_version())
            .map(|(version, bytes)| (*version, bytes.clone()))
        {
            let foreign = TufError::RememberedForeign { version };
            self.set.update_root(&bytes).map_err(|_| foreign)?;
        }
        if self.is_behind() {
            return Ok(());
        }
        for (version, bytes) in std::mem::take(&mut self.pending) {
            self.remember_root(version, bytes)?;
        }
        Ok(())
    }

    fn next_version(&self) -> u64 {
        self.set.root().version.saturating_add(1)
    }

    /// Whether a root is remembered that the roots so far have not led to.
    fn is_behind(&self) -> bool {
        self.newest_version() > self.set.root().version
    }

    /// The version of the newest root that was ever verified, as far as is remembered.
    pub(crate) fn newest_version(&self) -> u64 {
        let remembered = self.remembered.roots.keys().next_back().copied();
        remembered.unwrap_or_default().max(self.set.root().version)
    }

    /// A root is remembered and what it takes away is forgotten in one step, so that a load that ends here forgets it too.
    ///
    /// Timestamp and snapshot are forgotten when the keys of either change, to recover from versions that a thief of the old
    /// keys raised (TUF 1.0.34, 5.3.11).
    fn remember_root(&mut self, version: u64, bytes: Bytes) -> Result<(), TufError> {
        let newest = self.remembered.roots.iter().next_back();
        if let Some((before, known)) = newest
            && *before < version
        {
            let read = |bytes: &Bytes| Metadata::<Root>::from_slice(bytes);
            let (Ok(before), Ok(now)) = (read(known), read(&bytes)) else {
                return Err(TufError::RememberedInvalid);
            };
            if is_rotated(before.signed(), now.signed()) {
                self.remembered.forget_versions();
            }
        }
        self.remembered.roots.entry(version).or_insert(bytes);
        Ok(())
    }

    /// Asks for what is newer (TUF 1.0.34, 5.3 to 5.6). What was verified is remembered, whatever comes after it.
    pub(crate) async fn run(&mut self, documents: &mut Documents) -> Result<(), TufError> {
        self.roots(documents).await?;
        self.timestamp(documents).await?;
        self.snapshot(documents).await?;
        self.targets(documents).await
    }

    /// TUF 1.0.34, 5.3.
    async fn roots(&mut self, documents: &Documents) -> Result<(), TufError> {
        let limit = documents.limits().root_updates;
        let mut taken = 0_u64;
        loop {
            self.follow()?;
            let version = self.next_version();
            let Some(bytes) = documents.root(version).await? else {
                break;
            };
            if taken == limit {
                return Err(TufError::TooMany {
                    what: "newer roots".to_owned(),
                    limit,
                });
            }
            taken = taken.saturating_add(1);
            let was_behind = self.is_behind();
            self.set
                .update_root(&bytes)
                .map_err(|error| refusal("root", &error))?;
            match was_behind {
                true => {
                    self.pending.insert(version, bytes);
                }
                false => self.remember_root(version, bytes)?,
            }
        }
        if self.is_behind() {
            // One that comes later was verified before, so this one must be there.
            return Err(TufError::Missing {
                document: format!("{}.root.json", self.next_version()),
            });
        }
        self.settle_floor()?;
        self.set
            .check_root_expired(self.now)
            .map_err(|error| refusal("root", &error))
    }

    /// What is remembered counts from here on.
    fn settle_floor(&mut self) -> Result<(), TufError> {
        self.floor = Floor::of(&self.remembered)?;
        if self.floor.is_empty() {
            self.remembered.forget_versions();
        }
        Ok(())
    }

    /// TUF 1.0.34, 5.4.
    async fn timestamp(&mut self, documents: &mut Documents) -> Result<(), TufError> {
        let limit = documents.limits().timestamp_bytes;
        let new = documents.other("timestamp.json", limit).await?;
        self.set
            .update_timestamp(&new, self.now)
            .map_err(|error| refusal("timestamp", &error))?;
        let read = self.set.timestamp().ok_or_else(lost)?;
        self.floor.timestamp(read)?;
        // 5.4.3.1: one of the version that was seen last says nothing new, and what was seen last stays.
        if self.floor.is_at(read)
            && let Some(seen) = self
                .remembered
                .timestamp
                .clone()
                .filter(|seen| *seen != new)
        {
            self.restart()?;
            return self
                .set
                .update_timestamp(&seen, self.now)
                .map_err(|error| refusal("timestamp", &error));
        }
        self.remembered.timestamp = Some(new);
        Ok(())
    }

    /// The same root, and nothing below it.
    fn restart(&mut self) -> Result<(), TufError> {
        let root = self.set.root_bytes().to_vec();
        self.set = TrustedMetadataSet::from_root(&root).map_err(|error| refusal("root", &error))?;
        Ok(())
    }

    /// TUF 1.0.34, 5.5.
    async fn snapshot(&mut self, documents: &mut Documents) -> Result<(), TufError> {
        if let Some(seen) = self.remembered.snapshot.clone()
            && self.set.update_snapshot(&seen, self.now).is_ok()
        {
            return Ok(());
        }
        let listed = self
            .set
            .timestamp()
            .and_then(sigstore_tuf::Timestamp::snapshot_meta);
        let version = listed
            .map(|listed| listed.version)
            .ok_or_else(|| unlisted("timestamp", "snapshot.json"))?;
        let name = self.name_of("snapshot", version);
        let new = documents
            .other(&name, documents.limits().snapshot_bytes)
            .await?;
        self.set
            .update_snapshot(&new, self.now)
            .map_err(|error| refusal("snapshot", &error))?;
        self.floor.snapshot(self.set.snapshot().ok_or_else(lost)?)?;
        self.remembered.snapshot = Some(new);
        Ok(())
    }

    /// TUF 1.0.34, 5.6.
    async fn targets(&mut self, documents: &mut Documents) -> Result<(), TufError> {
        if let Some(seen) = self.remembered.targets.clone()
            && self.set.update_targets(&seen, self.now).is_ok()
        {
            return Ok(());
        }
        let new = self.listed("targets", documents).await?;
        self.set
            .update_targets(&new, self.now)
            .map_err(|error| refusal("targets", &error))?;
        self.remembered.targets = Some(new);
        Ok(())
    }

    /// The document of a targets role, delegated or not, that the snapshot lists.
    async fn listed(&self, role: &str, documents: &mut Documents) -> Result<Bytes, TufError> {
        let listed = self
            .set
            .snapshot()
            .and_then(|snapshot| snapshot.meta.get(&format!("{role}.json")));
        let version = listed
            .map(|listed| listed.version)
            .ok_or_else(|| unlisted("snapshot", &format!("{role}.json")))?;
        documents
            .other(
                &self.name_of(role, version),
                documents.limits().targets_bytes,
            )
            .await
    }

    /// Takes over a delegated role, which `delegator` must have named (TUF 1.0.34, 5.6.7.1).
    pub(crate) async fn delegated(
        &mut self,
        role: &str,
        delegator: &str,
        documents: &mut Documents,
    ) -> Result<(), TufError> {
        if self.set.targets_role(role).is_none() {
            let new = self.listed(role, documents).await?;
            let taken = self
                .set
                .update_delegated_targets(&new, role, delegator, self.now);
            return taken.map(|_| ()).map_err(|error| refusal(role, &error));
        }
        let known = self.set.verify_delegated_targets(role, delegator, self.now);
        known.map(|_| ()).map_err(|error| refusal(role, &error))
    }

    /// Takes what is remembered for all there is, and asks nobody. `None` if it does not count any more.
    pub(crate) fn recall(&mut self) -> Option<()> {
        if self.is_behind() {
            return None;
        }
        self.settle_floor().ok()?;
        self.set.check_root_expired(self.now).ok()?;
        self.set
            .update_timestamp(&self.remembered.timestamp.clone()?, self.now)
            .ok()?;
        self.set
            .update_snapshot(&self.remembered.snapshot.clone()?, self.now)
            .ok()?;
        self.set
            .update_targets(&self.remembered.targets.clone()?, self.now)
            .ok()?;
        Some(())
    }

    /// When the first of the roles expires that are there.
    pub(crate) fn expires(&self) -> Result<Timestamp, TufError> {
        let at = |expires: jiff::Timestamp| Timestamp::from_unix(expires.as_second());
        let set = &self.set;
        let (Some(timestamp), Some(snapshot), Some(targets)) =
            (set.timestamp(), set.snapshot(), set.targets_role("targets"))
        else {
            return Err(lost());
        };
        let of = [
            set.root().expires,
            timestamp.expires,
            snapshot.expires,
            targets.expires,
        ];
        of.into_iter().map(at).min().ok_or_else(lost)
    }

    /// What the server calls the document of a role (TUF 1.0.34, 6.2). A name is percent-encoded, so that it stays one
    /// segment.
    fn name_of(&self, role: &str, version: u64) -> String {
        let role = encoded(role);
        match self.set.root().consistent_snapshot {
            true => format!("{version}.{role}.json"),
            false => format!("{role}.json"),
        }
    }
}

fn instant(now: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_second(now.unix()).unwrap_or(match now.unix() < 0 {
        true => jiff::Timestamp::MIN,
        false => jiff::Timestamp::MAX,
    })
}

fn encoded(role: &str) -> String {
    role.bytes().fold(String::new(), |mut text, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                text.push(char::from(byte));
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
        text
    })
}

fn unlisted(role: &str, document: &str) -> TufError {
    TufError::Malformed {
        role: role.to_owned(),
        detail: format!("it does not list {}", bounded(&document)),
    }
}

fn lost() -> TufError {
    TufError::Internal {
        detail: "metadata that was verified is not there".to_owned(),
    }
}

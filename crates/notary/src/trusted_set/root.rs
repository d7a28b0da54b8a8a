//! The root: whether it may be trusted now, and what takes its place.

use bytes::Bytes;
use doorward_core::Meter;

use super::TrustedSet;
use crate::certificate::may_stand_for;
use crate::envelope::Envelope;
use crate::root::{Root, RootFile};
use crate::signature::signers;
use crate::{Error, Key, Pins, RoleName, RootOrigin};

impl TrustedSet {
    /// Checks that the root may be trusted now: it has not expired, its keys are in certificates that may stand for
    /// the collection now and that `pins` accept, and enough of those signed it. Where keys are pinned and too few of
    /// them signed, all its keys count if enough pinned keys vouched for it, or for a root that it follows from, when
    /// they were replaced, as far as that was seen.
    ///
    /// Stricter than TUF 5.3, which knows keys alone, because Notary v1 ties root keys to a collection by certificate;
    /// and stricter than the original, which holds pins against the first root only.
    ///
    /// # Errors
    /// [`Error::Expired`], [`Error::PinMismatch`], [`Error::PinRequired`], [`Error::PinThreshold`],
    /// [`Error::RootCertificate`], [`Error::Threshold`], [`Error::Budget`].
    pub fn confirm_root(&mut self, pins: &Pins, meter: &mut Meter) -> Result<RootOrigin, Error> {
        self.confirmed = None;
        // Who says that this root is to be trusted: TUF 5.2.
        let origin = pins.origin(self.remembered, &self.gun)?;
        let root = &self.root.content;
        // Freeze, asked of the newest root alone: TUF 5.3.10.
        root.header.check(&RoleName::Root, self.now)?;
        let mut refused = None;
        let mut standing = Vec::new();
        for key in &root.root.keys {
            match may_stand_for(key, &self.gun, Some(self.now)) {
                Ok(()) => standing.push(key),
                Err(reason) => refused = refused.or(Some(reason)),
            }
        }
        if standing.is_empty() {
            return Err(Error::RootCertificate {
                gun: self.gun.clone(),
                detail: refused.unwrap_or_else(|| "there is no root key".to_owned()),
            });
        }
        let mut refused = None;
        let mut accepted = Vec::new();
        for &key in &standing {
            match pins.accept(key, self.now) {
                Ok(key) => accepted.push(key.key()),
                Err(reason) => refused = refused.or(Some(reason)),
            }
        }
        // Signed by the threshold of its own keys: TUF 5.3.4 (2), of those keys that count.
        let threshold = root.root.threshold;
        let mut signed = signers(&self.root.envelope, &accepted, meter)?;
        // Some or all of its keys came after those that are pinned.
        if signed.len() < threshold && refused.is_some() {
            let valid = signers(&self.root.envelope, &standing, meter)?;
            if self.lineage.follows_from(pins) {
                signed = valid;
            } else if let (true, Some(detail)) = (accepted.is_empty(), refused) {
                return Err(Error::PinMismatch { detail });
            } else if valid.len() >= threshold {
                return Err(Error::PinThreshold {
                    accepted: signed.len(),
                    valid: valid.len(),
                    threshold,
                });
            } else {
                // Too few of any keys, accepted or not.
                return Err(Error::Threshold {
                    role: RoleName::Root,
                    valid: valid.len(),
                    threshold,
                });
            }
        }
        if signed.len() < threshold {
            return Err(Error::Threshold {
                role: RoleName::Root,
                valid: signed.len(),
                threshold,
            });
        }
        self.root_signed_by = signed;
        self.confirmed = Some(origin);
        Ok(origin)
    }

    /// Whether the root may be trusted now, and why: the outcome of [`confirm_root`](Self::confirm_root).
    #[must_use]
    pub const fn confirmed(&self) -> Option<RootOrigin> {
        self.confirmed
    }

    /// The version of the root.
    #[must_use]
    pub const fn root_version(&self) -> u64 {
        self.root.version()
    }

    /// Puts a newer root in place of the trusted one. What was verified under the former one must be verified again,
    /// and the root confirmed: rotated keys stop counting at once. `false`, if it is the same root.
    ///
    /// The new root must be signed by the threshold of the former one, with the former one's certificates whether or
    /// not they are still valid, and by its own. A root several versions ahead may follow directly, as long as keys of
    /// the former one signed it: laxer than TUF 5.3.5, which takes each version in turn, because servers need not keep
    /// the roots in between, and the former threshold has spoken.
    ///
    /// # Errors
    /// [`Error::RootRotation`] if the former root does not vouch for it, in which case the roots between them may
    /// still lead there; [`Error::Rollback`], [`Error::SameVersion`], [`Error::Threshold`], [`Error::Malformed`],
    /// [`Error::TooLarge`], [`Error::Budget`].
    pub fn update_root(&mut self, bytes: Bytes, meter: &mut Meter) -> Result<bool, Error> {
        if bytes == self.root.bytes {
            return Ok(false);
        }
        let new = RootFile::parse(bytes)?;
        let old = &self.root.content;
        let (from, to) = (self.root.version(), new.version());
        // Signed by the threshold of the former root: TUF 5.3.4 (1).
        let vouching = self.standing(old, &new.envelope, meter)?;
        if vouching.len() < old.root.threshold {
            return Err(Error::RootRotation {
                from,
                to,
                valid: vouching.len(),
                threshold: old.root.threshold,
            });
        }
        // Rollback: TUF 5.3.5.
        if to < from {
            return Err(Error::Rollback {
                role: RoleName::Root,
                version: to,
                seen: from,
            });
        }
        // Signed once more, a root is still the same: signatures of most kinds differ each time. Stricter than TUF
        // 5.3.5, which goes on with the trusted one of two, because two of one version cannot both follow.
        if to == from && !new.says_the_same(&self.root) {
            return Err(Error::SameVersion {
                role: RoleName::Root,
                version: to,
            });
        }
        // Signed by its own threshold: TUF 5.3.4 (2).
        let own = self.standing(&new.content, &new.envelope, meter)?;
        if own.len() < new.content.root.threshold {
            return Err(Error::Threshold {
                role: RoleName::Root,
                valid: own.len(),
                threshold: new.content.root.threshold,
            });
        }
        if to > from {
            self.lineage.rotated(old.root.threshold, &vouching);
        }
        // It is the trusted one from here on, expired or not: TUF 5.3.6 and 5.3.7. What it lists is asked again.
        self.root = new;
        self.root_signed_by = Vec::new();
        self.confirmed = None;
        self.timestamp = None;
        self.snapshot = None;
        self.targets.clear();
        Ok(true)
    }

    /// The root keys of `root` that signed, whatever the dates of their certificates.
    fn standing(&self, root: &Root, file: &Envelope, meter: &mut Meter) -> Result<Vec<Key>, Error> {
        let keys: Vec<&Key> = root
            .root
            .keys
            .iter()
            .filter(|key| may_stand_for(key, &self.gun, None).is_ok())
            .collect();
        signers(file, &keys, meter)
    }
}

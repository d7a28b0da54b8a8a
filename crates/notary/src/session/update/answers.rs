//! What an answer is taken for.

use bytes::Bytes;
use doorward_core::{CheckedAnswer, FetchError, Meter};

use super::Update;
use crate::limits::ROOT_STEPS;
use crate::session::halt::Halt;
use crate::{Error, File, Pins, RoleName, RootOrigin, TrustedSet};

impl Update {
    /// Takes one answer.
    pub(in crate::session) fn take(
        &mut self,
        file: File,
        answer: CheckedAnswer,
        meter: &mut Meter,
    ) -> Result<(), Halt> {
        if matches!(file, File::Root(_)) && self.distant.is_none() {
            // It was asked for to reach a root that was begun with meanwhile.
            return Ok(());
        }
        let fetched = match answer {
            Ok(checked) => checked.into_fetched(),
            // Laxer than TUF 5.4.1, which ends here, because the policy allows it for a time; expiry (TUF 5.4.4) holds
            // all the same. Only for errors that a deployer cannot cause, who could else choose an old answer.
            // `NotAsked` comes from the operator's own settings.
            Err(error @ (FetchError::NotAsked { .. } | FetchError::Outage(_)))
                if file == File::Current(RoleName::Timestamp) && self.may_be_stale() =>
            {
                self.stood_in_for = Some(error);
                self.timestamp = self.remembered_timestamp();
                self.source = "remembered".to_owned();
                return Ok(());
            }
            Err(FetchError::NotFound) => match (&file, self.distant.take()) {
                // The trusted root is another one than is listed, and there is no way from it to that.
                (File::ByHash(RoleName::Root, _), _) => {
                    return Err(Halt::from(Error::HashMismatch {
                        role: RoleName::Root,
                        what: "sha256",
                    }));
                }
                // Without the roots between, what is known is that the new one does not follow from the old one.
                (File::Root(_), Some((bytes, _, error))) => {
                    return self.begin_pinned(bytes, error, meter);
                }
                _ => return Err(self.failed(&file, &FetchError::NotFound)),
            },
            Err(error) => return Err(self.failed(&file, &error)),
        };
        match file {
            File::Current(RoleName::Timestamp) => {
                self.timestamp = Some(fetched.bytes);
                self.source = fetched.source;
                self.asked = true;
            }
            File::Current(_) | File::ByHash(RoleName::Root, _) => {
                self.newer_root(fetched.bytes, meter)?;
            }
            File::Root(version) => {
                let set = self.set_mut()?;
                match set.update_root(fetched.bytes, meter) {
                    Err(error @ Error::RootRotation { .. }) => {
                        return match self.distant.take() {
                            Some((bytes, _, _)) => self.begin_pinned(bytes, error, meter),
                            None => Err(error.into()),
                        };
                    }
                    other => {
                        other?;
                    }
                }
                if set.root_version() < version {
                    // Else a server that repeats a former root would be asked for the same again and again.
                    let detail = format!("{file} has version {}", set.root_version());
                    return Err(Error::malformed(&RoleName::Root, detail).into());
                }
            }
            File::ByHash(_, digest) => {
                self.files.insert(digest, fetched.bytes);
            }
        }
        Ok(())
    }

    /// Takes the newest root. Laxer than TUF 5.3.3, which asks for each version in turn, because servers need not keep
    /// them: those between are asked for only if this one does not follow directly. The most of them is the clause's Y.
    fn newer_root(&mut self, bytes: Bytes, meter: &mut Meter) -> Result<(), Halt> {
        let gun = self.gun();
        let Some(set) = &mut self.set else {
            self.set = Some(TrustedSet::bootstrap(&gun, bytes, self.input.now)?);
            return Ok(());
        };
        match set.update_root(bytes.clone(), meter) {
            Err(error @ Error::RootRotation { from, to, .. }) if to > from + 1 => {
                if to - from > ROOT_STEPS {
                    return Err(Halt::from(Error::TooLarge {
                        what: format!("root {to} is {} roots ahead", to - from),
                        limit: usize::try_from(ROOT_STEPS).unwrap_or(usize::MAX),
                    }));
                }
                self.distant = Some((bytes, to, error));
                Ok(())
            }
            Err(error @ Error::RootRotation { .. }) => self.begin_pinned(bytes, error, meter),
            other => other.map(|_| ()).map_err(Halt::from),
        }
    }

    /// Begins with a root that the remembered one does not vouch for, because pins accept it (TUF 5.2 instead of 5.3.4:
    /// it came another way than from the server). A pin is a stronger word than a remembered first use, which the first
    /// server to answer chose; but a remembered root that the pins accept as well, or that was pinned or imported, is
    /// only followed by what it vouches for.
    pub(super) fn begin_pinned(
        &mut self,
        bytes: Bytes,
        error: Error,
        meter: &mut Meter,
    ) -> Result<(), Halt> {
        let pins = self.input.pins.clone();
        let gun = self.gun();
        let remembered = self.input.remembered.as_ref();
        let first_use = remembered.filter(|known| known.origin() == RootOrigin::FirstUse);
        // Without a first use there is nothing that pins could overrule.
        let (Some(remembered), Pins::Authorities(_) | Pins::Keys { .. }) = (first_use, &pins)
        else {
            return Err(error.into());
        };
        // As of when it was last verified: that it has ended since is no reason to begin again.
        let mut known = TrustedSet::resume(&gun, remembered, remembered.seen())?;
        match known.confirm_root(&pins, meter) {
            Err(Error::PinMismatch { .. } | Error::PinThreshold { .. }) => {}
            Ok(_) | Err(_) => return Err(error.into()),
        }
        let mut offered = TrustedSet::bootstrap(&gun, bytes, self.input.now)?;
        if offered.confirm_root(&pins, meter).is_err() {
            return Err(error.into());
        }
        self.set = Some(offered);
        self.input.remembered = None;
        self.overruled = true;
        Ok(())
    }

    /// Whether what is remembered may stand in for a server that is out.
    fn may_be_stale(&self) -> bool {
        let Some(remembered) = &self.input.remembered else {
            return false;
        };
        let age = self.input.now.since(remembered.asked());
        self.input.max_staleness > 0
            && age <= self.input.max_staleness
            && remembered.files.contains_key(&RoleName::Timestamp)
    }

    pub(super) fn remembered_timestamp(&self) -> Option<Bytes> {
        let remembered = self.input.remembered.as_ref()?;
        remembered.files.get(&RoleName::Timestamp).cloned()
    }
}

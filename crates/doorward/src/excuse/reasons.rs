//! All that an entry refused an image for.

use doorward_core::{Class, Code, Digest, Rejection};

use crate::judge::Judged;

/// The most codes that a sentence lists.
const LISTED: usize = 4;

/// All that an entry failed for, and what it verified on the way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reasons {
    /// Each once, in the order in which they were found.
    codes: Vec<Code>,
    /// The digests that parts of it verified, though the whole failed.
    proved: Vec<Digest>,
}

impl Reasons {
    /// Those of an entry: that of its failure and of each requirement that was not met, with all that led to them. None if
    /// it was met.
    pub(crate) fn of(judged: &Judged) -> Self {
        let Err(rejection) = &judged.result else {
            return Self::default();
        };
        let mut reasons = Self {
            codes: Vec::new(),
            proved: judged.also_proved.clone(),
        };
        reasons.add(rejection);
        let requirements = judged.requirements.iter();
        for rejection in requirements.filter_map(|one| one.rejection.as_ref()) {
            reasons.add(rejection);
        }
        reasons
    }

    fn add(&mut self, rejection: &Rejection) {
        if !self.codes.contains(&rejection.code()) {
            self.codes.push(rejection.code());
        }
        for cause in rejection.causes() {
            self.add(cause);
        }
    }

    /// Every code.
    pub(crate) fn codes(&self) -> impl Iterator<Item = Code> {
        self.codes.iter().copied()
    }

    /// The digests that parts of the entry verified.
    pub(crate) fn proved(&self) -> impl Iterator<Item = &Digest> {
        self.proved.iter()
    }

    /// Whether something that vouches for the image, or the image itself, is not intact, or the program is not.
    pub(crate) fn is_tampered(&self) -> bool {
        let broken = |code: &Code| matches!(code.class(), Class::Integrity | Class::Internal);
        self.codes.iter().any(broken)
    }

    /// The codes in words.
    pub(crate) fn listed(&self) -> String {
        listed(&self.codes)
    }
}

/// Codes in words.
pub(super) fn listed(codes: &[Code]) -> String {
    let shown: Vec<&str> = codes
        .iter()
        .take(LISTED)
        .map(|code| code.as_str())
        .collect();
    let mut text = shown.join(", ");
    if codes.len() > LISTED {
        text.push_str(&format!(" and {} more", codes.len() - LISTED));
    }
    text
}

//! Breaking the glass: somebody who may lets run what is refused.

use doorward_core::text::one_line;
use doorward_core::{Class, Code, Rejection};

use crate::admission::Ruling;
use crate::decision::Decision;
use crate::note::Note;
use crate::verdict::Verdict;

/// The most characters of a name or a reason that somebody gave, in a sentence.
const MAX_TEXT: usize = 256;

/// That somebody breaks the glass. The program that makes one has asked whether they may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenGlass {
    /// Who.
    pub user: String,
    /// Why: their own words.
    pub reason: String,
}

impl Verdict {
    /// The same verdict, admitting what it refuses, with a warning and pinned to the digest that was looked at, if any was.
    /// What it does not refuse stays as it is.
    ///
    /// It stays refused if anything was found not to be intact: what is signed, what vouches for it, or what was fetched; or
    /// if this program is at fault. A note says so.
    ///
    /// The caller has made sure that they may.
    pub fn dangerously_break_glass(mut self, glass: &BrokenGlass) -> Self {
        if self.decision() != Decision::Deny {
            return self;
        }
        let Some(refused) = self.rejection().cloned() else {
            return self;
        };
        if self.is_tampered || matches!(refused.class(), Class::Integrity | Class::Internal) {
            let text = "the glass is not broken for what is not intact";
            return self.noting(Code::BREAK_GLASS_FORBIDDEN, text.to_owned());
        }
        let detail = format!(
            "{} broke the glass for an image that is refused; reason: {}",
            one_line(&glass.user, MAX_TEXT),
            one_line(&glass.reason, MAX_TEXT)
        );
        let rejection = Rejection::new(Code::BREAK_GLASS_USED, detail).with_causes(vec![refused]);
        let repository = self.reference.as_ref().map(|image| image.repository());
        let pinned = repository.zip(self.digest.as_ref());
        let pinned = pinned.map(|(repository, digest)| {
            doorward_core::Pinned::new(repository.clone(), digest.clone())
        });
        self.ruling = Ruling::glass_broken(rejection, pinned);
        self
    }

    /// The same verdict, with a note that a request to break the glass does not count. `text` is a fragment.
    pub fn noting_break_glass(self, code: Code, text: impl Into<String>) -> Self {
        if self.decision() == Decision::Deny {
            self.noting(code, text.into())
        } else {
            self
        }
    }

    fn noting(mut self, code: Code, text: String) -> Self {
        self.notes.insert(0, Note::exception(code, text));
        self
    }
}

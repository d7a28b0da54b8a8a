//! Keys of what was decided, parsed or remembered.

use crate::Digest;

/// Collects the parts of something that a trust decision hangs on, for a key that nothing else has.
///
/// Every part is preceded by its length, so that no two sequences of parts have the same bytes.
#[derive(Clone, Debug, Default)]
pub struct Fingerprint(Vec<u8>);

impl Fingerprint {
    /// Appends bytes.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0
            .extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        self.0.extend_from_slice(bytes);
        self
    }

    /// Appends a text.
    pub fn text(&mut self, text: impl AsRef<str>) -> &mut Self {
        self.bytes(text.as_ref().as_bytes())
    }

    /// Appends a number: of a variant, or of parts that follow.
    pub fn number(&mut self, number: usize) -> &mut Self {
        self.bytes(&(number as u64).to_be_bytes())
    }

    /// Appends a text that may be absent, which is something else than an empty one.
    pub fn optional(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            None => self.number(0),
            Some(text) => self.number(1).text(text),
        }
    }

    /// Appends a truth value.
    pub fn flag(&mut self, flag: bool) -> &mut Self {
        self.number(usize::from(flag))
    }

    /// The hash of everything that was appended.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::sha256(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(write: impl FnOnce(&mut Fingerprint)) -> Digest {
        let mut out = Fingerprint::default();
        write(&mut out);
        out.digest()
    }

    #[test]
    fn parts_that_are_cut_elsewhere_have_another_key() {
        let cuts = [["ab", "c"], ["a", "bc"], ["abc", ""], ["", "abc"]];
        for (number, one) in cuts.iter().enumerate() {
            for other in cuts.iter().skip(number + 1) {
                let [one, other] = [one, other].map(|[first, second]| {
                    encoded(|out| {
                        out.text(first).text(second);
                    })
                });
                assert_ne!(one, other);
            }
        }
    }

    #[test]
    fn what_is_absent_is_not_what_is_empty() {
        let absent = encoded(|out| {
            out.optional(None);
        });
        let empty = encoded(|out| {
            out.optional(Some(""));
        });
        assert_ne!(absent, empty);
    }
}

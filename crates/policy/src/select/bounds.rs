//! How much of a namespace's policies is selected among.

use super::Entry;

/// The most entries of one namespace.
const MOST_ENTRIES: usize = 10_000;
/// The most bytes of their patterns together.
const MOST_BYTES: usize = 1 << 20;
/// The most stars in them together.
const MOST_STARS: usize = 40_000;

/// What an image can be compared with in the time that a review has, counted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Extent {
    entries: usize,
    bytes: usize,
    stars: usize,
}

impl Extent {
    pub(super) fn of(entries: &[Entry]) -> Self {
        let mut extent = Self::default();
        for entry in entries {
            extent.add(&entry.rule.entry);
        }
        extent
    }

    pub(crate) fn add(&mut self, pattern: &str) {
        self.entries += 1;
        self.bytes += pattern.len();
        self.stars += pattern.bytes().filter(|byte| *byte == b'*').count();
    }

    /// Why it is too much for a namespace, if it is.
    pub(crate) fn exceeds(self) -> Option<String> {
        let Self {
            entries,
            bytes,
            stars,
        } = self;
        let (found, bound) = if entries > MOST_ENTRIES {
            (format!("{entries} entries"), MOST_ENTRIES.to_string())
        } else if bytes > MOST_BYTES {
            (format!("patterns of {bytes} bytes"), MOST_BYTES.to_string())
        } else if stars > MOST_STARS {
            (
                format!("{stars} stars in their patterns"),
                MOST_STARS.to_string(),
            )
        } else {
            return None;
        };
        Some(format!(
            "the image policies of the namespace have {found} together; at most {bound} are read"
        ))
    }
}

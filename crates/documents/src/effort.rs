use std::cell::Cell;

use crate::{DocumentError, bounds};

/// What reading one document has taken, and the most that it may take.
///
/// Both bounds grow with the document and nothing else: work that grows with the product of two parts of it runs into them.
pub(crate) struct Effort {
    steps: Cell<usize>,
    held: Cell<usize>,
    most_steps: usize,
    most_held: usize,
}

impl Effort {
    /// The effort that a document of so many bytes may take.
    pub(crate) const fn of(bytes: usize) -> Self {
        Self {
            steps: Cell::new(0),
            held: Cell::new(0),
            most_steps: bounds::STEPS.saturating_add(bounds::STEPS_PER_BYTE.saturating_mul(bytes)),
            most_held: bounds::HELD.saturating_add(bounds::HELD_PER_BYTE.saturating_mul(bytes)),
        }
    }

    /// Counts steps: a member looked up, or 16 bytes of text looked at.
    pub(crate) fn step(&self, steps: usize) -> Result<(), DocumentError> {
        spend(&self.steps, steps, self.most_steps, "steps")
    }

    /// Counts bytes that what is read will hold.
    pub(crate) fn hold(&self, bytes: usize) -> Result<(), DocumentError> {
        spend(&self.held, bytes, self.most_held, "bytes of memory")
    }

    pub(crate) const fn steps(&self) -> usize {
        self.steps.get()
    }

    pub(crate) const fn held(&self) -> usize {
        self.held.get()
    }
}

fn spend(
    spent: &Cell<usize>,
    amount: usize,
    limit: usize,
    what: &'static str,
) -> Result<(), DocumentError> {
    spent.set(spent.get().saturating_add(amount));
    if spent.get() > limit {
        return Err(DocumentError::TooCostly { what, limit });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_the_bound_of_a_document_is_refused_and_stays_refused() {
        let effort = Effort::of(100);
        let most = bounds::STEPS + 100 * bounds::STEPS_PER_BYTE;
        assert_eq!(effort.step(most), Ok(()));
        let refused = Err(DocumentError::TooCostly {
            what: "steps",
            limit: most,
        });
        assert_eq!(effort.step(1), refused);
        assert_eq!(effort.step(0), refused);
        assert!(effort.hold(usize::MAX).is_err());
        assert!(effort.hold(usize::MAX).is_err());
    }
}

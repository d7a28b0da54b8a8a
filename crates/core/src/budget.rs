//! Numeric bounds on what one decision may cost.

use std::collections::HashSet;

use crate::Fetch;

/// The bounds of one decision. Times are bounded by the driver's deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Budget {
    /// Resources fetched. 127 lookaside signatures for each of two requirements, plus manifests, fit.
    pub fetches: usize,
    /// Bytes fetched over all resources. Eight times the largest single answer.
    pub bytes: usize,
    /// Public-key verifications tried. The reference reads at most 127 signatures of an image; with a key ring of
    /// several keys each is tried only with the key it names.
    pub signatures: usize,
    /// Bytes that signatures unpack to while they are read. A usual one has half a KiB, the largest claim 1 MiB.
    pub unpacked: usize,
    /// Steps of rules over documents: a part of a condition over a part of a document, a pattern against a package. All of
    /// them take at most one or two seconds.
    pub steps: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            fetches: 384,
            bytes: 32 << 20,
            signatures: 256,
            unpacked: 16 << 20,
            steps: 20_000_000,
        }
    }
}

/// Which bound was reached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the decision needs more than {limit} {unit}")]
pub struct BudgetExceeded {
    /// What ran out: `fetches`, `bytes`, `signatures`, `unpacked bytes` or `steps`.
    pub unit: &'static str,
    /// The bound.
    pub limit: usize,
}

/// Counts what a decision has used and refuses what goes over its [`Budget`].
#[derive(Clone, Debug)]
pub struct Meter {
    budget: Budget,
    fetches: usize,
    bytes: usize,
    signatures: usize,
    unpacked: usize,
    steps: usize,
    /// What was fetched, for sessions of one decision that ask for the same.
    fetched: HashSet<Fetch>,
}

impl Meter {
    /// A meter at zero.
    #[must_use]
    pub fn new(budget: Budget) -> Self {
        Self {
            budget,
            fetched: HashSet::new(),
            fetches: 0,
            bytes: 0,
            signatures: 0,
            unpacked: 0,
            steps: 0,
        }
    }

    /// Counts one fetch.
    ///
    /// # Errors
    /// [`BudgetExceeded`] if it is one too many.
    pub fn fetch(&mut self) -> Result<(), BudgetExceeded> {
        spend(&mut self.fetches, 1, self.budget.fetches, "fetches")
    }

    /// Counts the fetches that a session asks for together, but those that another session of the decision asked for before:
    /// they share the answer. Returns of each whether it was counted, and the bytes of its answer are to be. What the session
    /// itself has `asked` for is counted again: it is not served by what it was given. What is wanted is added to that.
    ///
    /// # Errors
    /// [`BudgetExceeded`] if there is one too many. Then none of them goes out, and none is there to be shared.
    pub(crate) fn share(
        &mut self,
        wanted: &[Fetch],
        asked: &mut HashSet<Fetch>,
    ) -> Result<Vec<bool>, BudgetExceeded> {
        let mut counted = Vec::with_capacity(wanted.len());
        for fetch in wanted {
            let again = !asked.insert(fetch.clone());
            let counts = again || !self.fetched.contains(fetch);
            if counts {
                self.fetch()?;
            }
            counted.push(counts);
        }
        self.fetched.extend(wanted.iter().cloned());
        Ok(counted)
    }

    /// Counts the bytes of an answer.
    ///
    /// # Errors
    /// [`BudgetExceeded`] if the sum goes over the bound.
    pub fn answer(&mut self, bytes: usize) -> Result<(), BudgetExceeded> {
        spend(&mut self.bytes, bytes, self.budget.bytes, "bytes")
    }

    /// Counts one public-key verification, before it is made.
    ///
    /// # Errors
    /// [`BudgetExceeded`] if it is one too many.
    pub fn signature(&mut self) -> Result<(), BudgetExceeded> {
        spend(
            &mut self.signatures,
            1,
            self.budget.signatures,
            "signatures",
        )
    }

    /// Counts what a signature unpacked to.
    ///
    /// # Errors
    /// [`BudgetExceeded`] if the sum goes over the bound.
    pub fn unpacked(&mut self, bytes: usize) -> Result<(), BudgetExceeded> {
        spend(
            &mut self.unpacked,
            bytes,
            self.budget.unpacked,
            "unpacked bytes",
        )
    }

    /// Counts steps of rules over documents, before they are taken.
    ///
    /// # Errors
    /// [`BudgetExceeded`] if the sum goes over the bound.
    pub fn steps(&mut self, steps: usize) -> Result<(), BudgetExceeded> {
        spend(&mut self.steps, steps, self.budget.steps, "steps")
    }

    /// The bounds.
    #[must_use]
    pub const fn budget(&self) -> Budget {
        self.budget
    }

    /// Resources fetched so far.
    #[must_use]
    pub const fn fetches(&self) -> usize {
        self.fetches
    }

    /// Bytes fetched so far.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Public-key verifications so far.
    #[must_use]
    pub const fn signatures(&self) -> usize {
        self.signatures
    }
}

fn spend(
    used: &mut usize,
    amount: usize,
    limit: usize,
    unit: &'static str,
) -> Result<(), BudgetExceeded> {
    *used = used.saturating_add(amount);
    if *used > limit {
        return Err(BudgetExceeded { unit, limit });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_unit_of_a_budget_can_be_spent_and_no_more() {
        let mut meter = Meter::new(Budget {
            signatures: 2,
            ..Budget::default()
        });
        assert!(meter.signature().is_ok());
        assert!(meter.signature().is_ok());
        assert_eq!(
            meter.signature(),
            Err(BudgetExceeded {
                unit: "signatures",
                limit: 2
            })
        );
    }

    #[test]
    fn a_sum_beyond_the_machine_word_is_over_every_budget() {
        let mut meter = Meter::new(Budget::default());
        assert!(meter.answer(usize::MAX).is_err());
        assert!(meter.answer(usize::MAX).is_err());
    }
}

//! Room for answers, shared by those who need them.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use super::kept::{Kept, Question};
use super::{MAX_ANSWERS, MAX_BYTES};

/// The most needs that are known: an answer has one for each namespace that needs it.
const MAX_NEEDS: usize = 8192;

/// What is held. An answer stays as long as one namespace needs it, and counts in full for each that does.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) answers: HashMap<Question, Kept>,
    pub(super) bytes: usize,
    /// Counts what was needed.
    turns: u64,
}

/// How much a namespace holds.
#[derive(Clone, Copy, Debug, Default)]
struct Holding {
    answers: usize,
    bytes: usize,
}

impl Held {
    /// Takes note that a namespace needs an answer that is there.
    ///
    /// Where that makes too many, the one that holds most gives way.
    pub(super) fn need(&mut self, question: &Question, namespace: &str) {
        self.turns = self.turns.saturating_add(1);
        let Some(kept) = self.answers.get_mut(question) else {
            return;
        };
        if !kept.needers.note(namespace, self.turns) {
            return;
        }
        let needs = |held: &Self| -> usize {
            let answers = held.answers.values();
            answers.map(|kept| kept.needers.len()).sum()
        };
        while needs(self) > MAX_NEEDS {
            let most = self.holdings().into_iter();
            let most = most.max_by_key(|(name, holding)| (holding.answers, &**name == namespace));
            if !most.is_some_and(|(name, _)| self.give_way(&name)) {
                return;
            }
        }
    }

    /// Holds an answer for a namespace, in place of the one that was there. Returns whether there is room.
    pub(super) fn insert(&mut self, question: Question, mut kept: Kept, namespace: &str) -> bool {
        let before = self.remove(&question);
        let fits = self.make_room(kept.bytes(), namespace);
        let kept = if fits {
            // Others need it as they needed the one before.
            kept.needers = before.map(|before| before.needers).unwrap_or_default();
            kept
        } else if let Some(before) = before {
            before
        } else {
            return false;
        };
        self.bytes = self.bytes.saturating_add(kept.bytes());
        self.answers.insert(question.clone(), kept);
        self.need(&question, namespace);
        fits
    }

    fn remove(&mut self, question: &Question) -> Option<Kept> {
        let kept = self.answers.remove(question)?;
        self.bytes = self.bytes.saturating_sub(kept.bytes());
        Some(kept)
    }

    /// Makes room for so many bytes. The one that holds most gives way, with what it has needed longest ago: so one that adds
    /// and adds drives out its own, and nothing that one needs who holds less. Returns whether there is room.
    fn make_room(&mut self, bytes: usize, namespace: &str) -> bool {
        loop {
            let too_many = self.answers.len() >= MAX_ANSWERS;
            if !too_many && self.bytes.saturating_add(bytes) <= MAX_BYTES {
                return true;
            }
            let mut holdings = self.holdings();
            let own = holdings.entry(namespace.into()).or_default();
            own.answers += 1;
            own.bytes = own.bytes.saturating_add(bytes);
            // Of those who hold as much, the one that adds.
            let most = holdings.into_iter().max_by_key(|(name, holding)| {
                let much = if too_many {
                    holding.answers
                } else {
                    holding.bytes
                };
                (much, &**name == namespace)
            });
            let gave_way = most.is_some_and(|(name, _)| self.give_way(&name));
            if !gave_way {
                return false;
            }
        }
    }

    fn holdings(&self) -> HashMap<Arc<str>, Holding> {
        let mut holdings: HashMap<Arc<str>, Holding> = HashMap::new();
        for kept in self.answers.values() {
            for name in kept.needers.names() {
                let holding = holdings.entry(Arc::clone(name)).or_default();
                holding.answers += 1;
                holding.bytes = holding.bytes.saturating_add(kept.bytes());
            }
        }
        holdings
    }

    /// Lets go of what a namespace has needed longest ago. Others may need it still. Returns whether there was any.
    fn give_way(&mut self, namespace: &str) -> bool {
        let of_it = |(question, kept): (&Question, &Kept)| {
            let turn = kept.needers.turn(namespace)?;
            Some((turn, question.clone()))
        };
        let longest_ago = self.answers.iter().filter_map(of_it);
        let Some((_, question)) = longest_ago.min_by_key(|(turn, _)| *turn) else {
            return false;
        };
        let is_needed = self.answers.get_mut(&question).is_some_and(|kept| {
            kept.needers.forget(namespace);
            kept.needers.len() > 0
        });
        if !is_needed {
            self.remove(&question);
        }
        true
    }
}

//! What waits to be written, and whose turn it is.

use std::collections::{BTreeMap, VecDeque};

/// Things that wait in all. For a further one, one of the namespace that has most makes room.
pub(super) const WAITING: usize = 512;
/// Things of one namespace that wait.
pub(super) const WAITING_OF_ONE: usize = 64;

/// Things that wait, those of each namespace by themselves. Namespaces take turns, so that one in which much happens takes neither
/// room nor time from the others.
#[derive(Debug)]
pub(super) struct Turns<T> {
    /// None of them is empty.
    queues: BTreeMap<String, VecDeque<T>>,
    /// The namespaces of which something waits, the next first.
    next: VecDeque<String>,
    len: usize,
}

/// What became of something that was to wait.
#[derive(Debug, PartialEq)]
pub(super) enum Entered<T> {
    /// It waits.
    InRoom,
    /// It waits, and this of that namespace does no longer.
    InPlaceOf(String, T),
    /// There is no room for it.
    Not,
}

// Not derived, which would ask it of what waits too.
impl<T> Default for Turns<T> {
    fn default() -> Self {
        Self {
            queues: BTreeMap::new(),
            next: VecDeque::new(),
            len: 0,
        }
    }
}

impl<T> Turns<T> {
    /// Has something wait behind all else of its namespace.
    pub(super) fn add(&mut self, namespace: &str, item: T) -> Entered<T> {
        let mine = self.queues.get(namespace).map_or(0, VecDeque::len);
        if mine >= WAITING_OF_ONE {
            return Entered::Not;
        }
        let mut entered = Entered::InRoom;
        if self.len >= WAITING {
            match self.make_room(mine) {
                Some((other, item)) => entered = Entered::InPlaceOf(other, item),
                None => return Entered::Not,
            }
        }
        let queue = self.queues.entry(namespace.to_owned()).or_default();
        queue.push_back(item);
        if mine == 0 {
            self.next.push_back(namespace.to_owned());
        }
        self.len += 1;
        entered
    }

    /// Takes the last thing of the namespace of which most wait, if those are more than one beyond `mine`.
    fn make_room(&mut self, mine: usize) -> Option<(String, T)> {
        let most = self.queues.iter_mut().max_by_key(|(_, queue)| queue.len());
        let (namespace, queue) = most.filter(|(_, queue)| queue.len() > mine + 1)?;
        let item = queue.pop_back()?;
        self.len -= 1;
        Some((namespace.clone(), item))
    }

    /// The next thing, of the namespace whose turn it is.
    pub(super) fn next(&mut self) -> Option<(String, T)> {
        let namespace = self.next.pop_front()?;
        let queue = self.queues.get_mut(&namespace)?;
        let item = queue.pop_front()?;
        self.len -= 1;
        if queue.is_empty() {
            self.queues.remove(&namespace);
        } else {
            self.next.push_back(namespace.clone());
        }
        Some((namespace, item))
    }

    /// Everything of the namespace whose turn it is.
    pub(super) fn next_all(&mut self) -> Option<(String, Vec<T>)> {
        let namespace = self.next.pop_front()?;
        let items = self.queues.remove(&namespace)?;
        self.len -= items.len();
        Some((namespace, items.into()))
    }

    /// What waits of a namespace, the next first.
    pub(super) fn of(&mut self, namespace: &str) -> impl Iterator<Item = &mut T> {
        self.queues.get_mut(namespace).into_iter().flatten()
    }

    /// Whether anything of a namespace waits.
    pub(super) fn has_any_of(&self, namespace: &str) -> bool {
        self.queues.contains_key(namespace)
    }

    /// Gives up everything. Returns how much that was.
    pub(super) fn clear(&mut self) -> usize {
        std::mem::take(self).len
    }

    #[cfg(test)]
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Gives a namespace the last turn.
    #[cfg(test)]
    pub(super) fn put_last(&mut self, namespace: &str) {
        self.next.retain(|next| next != namespace);
        self.next.push_back(namespace.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_take_turns_and_all_of_one_can_be_taken_at_once() {
        let mut turns = Turns::default();
        for (namespace, number) in [("a", 1), ("a", 2), ("b", 3), ("a", 4), ("c", 5)] {
            assert_eq!(turns.add(namespace, number), Entered::InRoom);
        }
        assert_eq!(turns.next(), Some(("a".to_owned(), 1)));
        assert_eq!(turns.next_all(), Some(("b".to_owned(), vec![3])));
        assert_eq!(turns.next(), Some(("c".to_owned(), 5)));
        assert_eq!(turns.of("a").map(|item| *item).collect::<Vec<_>>(), [2, 4]);
        assert_eq!(turns.next_all(), Some(("a".to_owned(), vec![2, 4])));
        assert_eq!(
            (turns.next(), turns.next_all(), turns.len()),
            (None, None, 0)
        );
        assert!(turns.queues.is_empty() && turns.next.is_empty());
    }

    #[test]
    fn who_makes_room_is_named_and_nobody_makes_it_for_an_equal() {
        let mut turns = Turns::default();
        for namespace in 0..WAITING {
            turns.add(&(namespace / WAITING_OF_ONE).to_string(), namespace);
        }
        assert_eq!(turns.add("0", 0), Entered::Not);
        let made = turns.add("calm", 0);
        assert!(matches!(made, Entered::InPlaceOf(..)), "{made:?}");
        assert_eq!(turns.len(), WAITING);
        let mut turns = Turns::default();
        for namespace in 0..WAITING {
            turns.add(&namespace.to_string(), namespace);
        }
        assert_eq!(turns.add("late", 0), Entered::Not);
        assert_eq!(turns.clear(), WAITING);
        assert_eq!(turns.next(), None);
    }
}

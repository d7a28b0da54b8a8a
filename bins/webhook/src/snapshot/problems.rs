//! Which of many problems are told.

use std::collections::BTreeMap;

/// Whose a problem is: the namespace, or none for what the operator keeps.
type Owner = Option<String>;

/// What is wrong, and whose it is.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<(Owner, String)>);

impl Problems {
    pub(super) fn add(&mut self, owner: Option<&str>, problem: String) {
        self.0.push((owner.map(str::to_owned), problem));
    }

    /// How many there are, and up to `most` of them: first those of no namespace, then as many of each namespace.
    pub(super) fn told(mut self, most: usize) -> (usize, Vec<String>) {
        self.0.sort();
        self.0.dedup_by(|one, other| one.1 == other.1);
        let count = self.0.len();
        let mut told = Vec::new();
        let mut of_namespaces: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (owner, problem) in self.0 {
            match owner {
                None => told.push(problem),
                Some(namespace) => of_namespaces.entry(namespace).or_default().push(problem),
            }
        }
        told.truncate(most);
        add_in_turns(&mut told, of_namespaces.into_values(), most);
        (count, told)
    }
}

/// Adds one of each group, then another of each, and so on, until there are `most`, so that no group takes the
/// place of another.
pub(super) fn add_in_turns<T>(
    all: &mut Vec<T>,
    groups: impl IntoIterator<Item = Vec<T>>,
    most: usize,
) {
    let mut groups: Vec<_> = groups.into_iter().map(Vec::into_iter).collect();
    while all.len() < most && !groups.is_empty() {
        groups.retain_mut(|group| match group.next() {
            Some(one) => {
                if all.len() < most {
                    all.push(one);
                }
                true
            }
            None => false,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_of_one_namespace_hide_neither_those_of_the_operator_nor_of_another_namespace() {
        let mut problems = Problems::default();
        for number in 0..150 {
            problems.add(Some("evil"), format!("a {number:03}"));
        }
        problems.add(Some("shop"), "b 1".to_owned());
        problems.add(Some("shop"), "b 2".to_owned());
        problems.add(None, "z floor".to_owned());
        problems.add(None, "z floor".to_owned());
        let (count, told) = problems.told(100);
        assert_eq!((count, told.len()), (153, 100));
        assert_eq!(told[0], "z floor");
        assert!(told.contains(&"b 1".to_owned()) && told.contains(&"b 2".to_owned()));
    }
}

//! Several things that are wrong, in one sentence.

/// The most that a sentence names. The number of all is in it too.
const NAMED: usize = 5;

/// Names the first of them, and how many more there are.
pub(super) fn named(count: usize, mut all: impl Iterator<Item = String>) -> String {
    let mut text = all.by_ref().take(NAMED).collect::<Vec<_>>().join("; ");
    if count > NAMED {
        text.push_str(&format!("; and {} more", count - NAMED));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_the_first_are_named_and_the_rest_are_counted() {
        let many = |count: usize| named(count, (0..count).map(|one| one.to_string()));
        assert_eq!(many(1), "0");
        assert_eq!(many(5), "0; 1; 2; 3; 4");
        assert_eq!(many(7), "0; 1; 2; 3; 4; and 2 more");
    }
}

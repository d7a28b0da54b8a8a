//! Names of members that programs spell differently.

/// The one of `members` that a program which ignores case takes `name` for. Some fold beyond ASCII, so that the long
/// s and the Kelvin sign are letters like others. Returns `None` if there is none.
///
/// A document in which a name stands in another case means two things to two programs. Refuse it where both matter.
#[must_use]
pub fn taken_for(name: &str, members: &[&'static str]) -> Option<&'static str> {
    members
        .iter()
        .find(|member| {
            name.chars()
                .map(folded)
                .eq(member.chars().map(|c| c.to_ascii_lowercase()))
        })
        .copied()
}

const fn folded(c: char) -> char {
    match c {
        'ſ' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    }
}

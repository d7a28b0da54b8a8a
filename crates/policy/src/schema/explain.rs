//! What somebody meant who wrote a field that is not known where it stands.

use super::Mapping;
use super::table::{ALL, ENTRY, SPEC};
use crate::LintCode;

/// Names that documents of the field use although no version of the format has them.
const FOREIGN: &[(&str, &str)] = &[
    (
        "key",
        "`keySecret`, the name of a Secret that holds the key",
    ),
    (
        "keydata",
        "`keySecret`, the name of a Secret that holds the key",
    ),
    (
        "keypath",
        "`keySecret`, the name of a Secret that holds the key",
    ),
    ("simplestore", "`storeURL` and `storeSecret` under `simple`"),
    ("storeconfigsecret", "`storeSecret`"),
    ("va", "`ICCRVA` under `vulnerability`"),
];

/// The nearest of `candidates`, if any is near enough to be what a person meant. Returns `None` for a text of more than 40 bytes.
#[must_use]
pub fn nearest<'c>(text: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    // Longer keys are not slips of the pen, and measuring them takes the square of their length.
    const MOST: usize = 40;
    if text.len() > MOST {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::osa_distance(&lower, &candidate.to_ascii_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, candidate)| *distance <= (candidate.len() / 3).clamp(1, 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Why `field` is not one of `mapping`'s, and what was probably meant.
pub(crate) fn explain(field: &str, mapping: &Mapping) -> (LintCode, Option<String>) {
    let mean = |name: &str| Some(format!("did you mean `{name}`?"));
    let same = |name: &&'static str| name.eq_ignore_ascii_case(field);
    if let Some(name) = mapping.names().find(same) {
        return (LintCode::UnknownField, mean(name));
    }
    if mapping.name == SPEC.name && ENTRY.field(field).is_some() {
        let belongs = "it belongs in an entry of `repositories`: indent it, and what is under it, to stand under the \
                       first key of the entry";
        return (LintCode::MisplacedField, Some(belongs.to_owned()));
    }
    let foreign = FOREIGN
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(field));
    if let Some((_, meant)) = foreign {
        return (LintCode::UnknownField, Some(format!("use {meant}")));
    }
    let near = nearest(field, mapping.names());
    if near.is_some_and(|near| strsim::osa_distance(near, field) <= 1) {
        return (LintCode::UnknownField, near.and_then(mean));
    }
    let owners: Vec<_> = ALL
        .iter()
        .filter(|other| other.name != mapping.name && other.field(field).is_some())
        .map(|other| other.name)
        .take(3)
        .collect();
    if !owners.is_empty() {
        let belongs = format!("it belongs in {}", owners.join(" or "));
        return (LintCode::MisplacedField, Some(belongs));
    }
    (LintCode::UnknownField, near.and_then(mean))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::table::{BODY, DOCUMENT, REQUIREMENT};

    fn meant(field: &str, mapping: &Mapping) -> String {
        let (code, suggestion) = explain(field, mapping);
        format!("{code}: {}", suggestion.unwrap_or_default())
    }

    #[test]
    fn a_slip_of_the_pen_is_recognised() {
        assert_eq!(meant("trst", &BODY), "unknown-field: did you mean `trust`?");
        assert_eq!(
            meant("Trust", &BODY),
            "unknown-field: did you mean `trust`?"
        );
        assert_eq!(
            meant("mutate_image", &BODY),
            "unknown-field: did you mean `mutateImage`?"
        );
        assert_eq!(
            meant("keySecretNamspace", &REQUIREMENT),
            "unknown-field: did you mean `keySecretNamespace`?"
        );
        assert_eq!(meant("flor", &SPEC), "unknown-field: did you mean `floor`?");
    }

    #[test]
    fn a_field_in_the_wrong_place_says_where_it_belongs() {
        assert!(meant("trust", &ENTRY).starts_with("misplaced-field: it belongs in `policy`"));
        assert_eq!(
            meant("storeURL", &BODY),
            "misplaced-field: it belongs in `simple`"
        );
        assert_eq!(
            meant("repositories", &DOCUMENT),
            "misplaced-field: it belongs in `spec`"
        );
    }

    #[test]
    fn names_that_never_existed_are_translated() {
        assert_eq!(
            meant("va", &BODY),
            "unknown-field: use `ICCRVA` under `vulnerability`"
        );
    }

    #[test]
    fn something_else_altogether_gets_no_suggestion() {
        assert_eq!(meant("colour", &BODY), "unknown-field: ");
        assert_eq!(meant(&"trust".repeat(1000), &BODY), "unknown-field: ");
    }
}

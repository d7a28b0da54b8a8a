//! What an image says about itself.

use crate::schema::field::field;
use crate::schema::{Mapping, Rule, Type, text};

use super::{MAX_LISTED, MAX_OF_ONE};

/// The rules about it.
pub(crate) static IMAGE: Mapping = Mapping {
    name: "`image`",
    section: Some("image"),
    parts: &[&[
        field(
            "maxAge",
            Type::Text(&text::DURATION),
            "How long ago it was made (`created` of the configuration).",
        )
        .more("Without a time, or with one in the future, it is refused"),
        field(
            "user",
            Type::Word(&["nonRoot"]),
            "`nonRoot`: the configuration names a user by a number other than 0.",
        )
        .more("A name is refused: which number it is stands in the image"),
        field(
            "labels",
            Type::Texts {
                of: &text::WORDS,
                fewest: 1,
                most: MAX_OF_ONE,
            },
            "Labels of the configuration, each with its value; a star stands for anything.",
        ),
        field(
            "architectures",
            Type::List {
                of: &Type::Text(&text::PLATFORM),
                fewest: 1,
                most: MAX_OF_ONE,
            },
            "What it runs on.",
        ),
        field("base", Type::Mapping(&IMAGE_BASE), "What it is built on."),
    ]],
    rules: &[Rule::NotEmpty],
};

/// What it may be built on.
pub(crate) static IMAGE_BASE: Mapping = Mapping {
    name: "`base`",
    section: None,
    parts: &[&[field(
        "allowed",
        Type::List {
            of: &Type::Text(&text::FILLED),
            fewest: 1,
            most: MAX_LISTED,
        },
        "Patterns, as for entries, of what it is built on (annotation or label `org.opencontainers.image.base.name`).",
    )
    .required()
    .more(
        "They are held against the image that is named there, however it is written. A text that names none is refused",
    )]],
    rules: &[],
};

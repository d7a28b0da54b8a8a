//! The tables of the field reference, from the table of the format.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use doorward_policy::schema::{Absent, Field, Mapping, Only, Type, exception_mappings, mappings};

use super::held_or_written;
use crate::page;

const PAGE: &str = "reference/policy.md";
const END: &str = "<!-- end of the fields -->\n";

/// The first line of the region with the fields of a mapping.
fn begin(mapping: &Mapping) -> String {
    format!(
        "<!-- The fields of {}, generated; do not edit by hand. -->\n",
        mapping.name.replace('`', "")
    )
}

/// The mappings that have a table of their own: the first of each section.
fn tabled() -> Vec<&'static Mapping> {
    let mut sections = BTreeSet::new();
    let each = mappings().iter().chain(exception_mappings()).copied();
    each.filter(|mapping| {
        mapping
            .section
            .is_some_and(|section| sections.insert(section))
    })
    .collect()
}

fn is_tabled(mapping: &Mapping) -> bool {
    tabled().iter().any(|tabled| tabled.name == mapping.name)
}

fn table(mapping: &Mapping) -> String {
    let mut out = String::from("| field | type | default | meaning |\n|---|---|---|---|\n");
    rows(mapping, "", &mut out);
    out
}

fn rows(mapping: &Mapping, before: &str, out: &mut String) {
    for field in mapping.fields() {
        let path = match field.of {
            Type::List { .. } => format!("{before}{}[]", field.name),
            _ => format!("{before}{}", field.name),
        };
        let _ = writeln!(
            out,
            "| `{path}` | {} | {} | {} |",
            kind(&field.of),
            absent(field),
            meaning(field)
        );
        let inner = match field.of {
            Type::List {
                of: Type::Mapping(inner),
                ..
            } => *inner,
            Type::Mapping(inner) => inner,
            _ => continue,
        };
        if inner.section.is_none() {
            rows(inner, &format!("{path}."), out);
        }
    }
}

fn kind(of: &Type) -> String {
    match of {
        Type::Bool => "boolean".to_owned(),
        Type::BoolOr(words) => {
            let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
            format!("boolean, or {}", words.join(", "))
        }
        Type::List { of, most, .. } => {
            let most = grouped(*most);
            match of {
                Type::Mapping(inner) if inner.section.is_none() => format!("list, at most {most}"),
                of => format!("list, at most {most}; each {}", kind(of)),
            }
        }
        Type::Mapping(mapping) => match mapping.section {
            None => "mapping".to_owned(),
            // A few fields of another table.
            Some(section) if mapping.fields().count() < 8 && !is_tabled(mapping) => {
                let names: Vec<_> = mapping.names().map(|name| format!("`{name}`")).collect();
                format!("{}: [see there](#{section})", names.join(", "))
            }
            Some(section) => format!("[see there](#{section})"),
        },
        Type::Number(least, most) => format!("a number from {least} to {most}"),
        Type::Quorum(_) => "`any`, `all` or a number".to_owned(),
        Type::Text(text) => text.what.to_owned(),
        Type::Texts { most, .. } => format!("names and texts; at most {most}"),
        Type::True => "`true`".to_owned(),
        Type::Word(words) => {
            let words: Vec<_> = words
                .iter()
                .map(|word| match *word {
                    "" => "`\"\"`".to_owned(),
                    word => format!("`{word}`"),
                })
                .collect();
            words.join(", ")
        }
        other => panic!("no words for {other:?}"),
    }
}

/// A number as people read it.
fn grouped(number: usize) -> String {
    match (number / 1000, number % 1000) {
        (0, rest) => rest.to_string(),
        (thousands, rest) => format!("{thousands},{rest:03}"),
    }
}

fn absent(field: &Field) -> String {
    match field.absent {
        Absent::False => "`false`".to_owned(),
        Absent::Says(words) => words.to_owned(),
        Absent::True => "`true`".to_owned(),
        Absent::Word(word) => format!("`{word}`"),
    }
}

/// Of several sentences each has its full stop but the last.
fn meaning(field: &Field) -> String {
    let only = match field.only {
        Only::Anywhere => "",
        Only::InClusterExceptions => "In a `ClusterImageException` only. ",
        Only::InClusterPolicies => "In a `ClusterImagePolicy` of `doorward.dev/v1` only. ",
        Only::InDoorward => "In `doorward.dev/v1` only. ",
    };
    let said = format!("{only}{} {}", field.doc, field.more);
    said.trim_end_matches([' ', '.']).to_owned()
}

#[test]
fn the_tables_of_fields_are_those_of_the_format() {
    let mut text = page(PAGE);
    for mapping in tabled() {
        let begin = begin(mapping);
        let (before, rest) = text
            .split_once(&begin)
            .unwrap_or_else(|| panic!("{PAGE} lacks {begin}"));
        let (_, after) = rest.split_once(END).expect("the region ends");
        text = format!("{before}{begin}\n{}\n{END}{after}", table(mapping));
    }
    assert_eq!(
        text.matches(END).count(),
        tabled().len(),
        "no region is left over"
    );
    held_or_written(&format!("docs/{PAGE}"), &text);
}

#[test]
fn a_table_of_fields_has_every_field_of_the_mappings_without_one() {
    let text: String = tabled().into_iter().map(table).collect();
    for mapping in mappings()
        .iter()
        .skip(1)
        .chain(exception_mappings().iter().skip(1))
    {
        for field in mapping.fields() {
            let is_there = [format!("{}`", field.name), format!("{}[]`", field.name)]
                .iter()
                .any(|name| {
                    text.contains(&format!("`{name}")) || text.contains(&format!(".{name}"))
                });
            assert!(is_there, "{}.{}", mapping.name, field.name);
        }
    }
}

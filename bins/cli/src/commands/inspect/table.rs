//! An inspection for people.

use doorward::{Inspection, ManifestSummary};
use doorward_core::text::size;
use doorward_core::{Cell, Code, Field, Part, Problem, Section, Table, Timestamp};

use crate::render::block::Block;
use crate::render::words::{count, until};
use crate::text::Text;
use crate::tone::Tone;

/// What was asked for the image.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asked {
    Layout,
    Registry,
}

/// The image, then what each scheme has for it.
pub(super) fn text(found: &Inspection, asked: Asked, now: Timestamp) -> Text {
    let sections = worth_showing(&found.sections);
    let mut text = Text::new();
    text.line([Tone::Strong.of(found.image.as_str())]);
    text.append(image(found, &sections, asked));
    for section in &sections {
        let mut block = Block::new();
        for part in &section.parts {
            if let Part::Field(field) = part {
                lines(field, &mut block);
                continue;
            }
            text.append(std::mem::replace(&mut block, Block::new()).finish());
            other(part, now, &mut text);
        }
        text.append(block.finish());
    }
    if let Some(claims) = claims(&sections) {
        text.blank().line([claims.into()]);
    }
    text
}

/// The sections with something in them. Where a scheme has something, nobody misses what another one has not.
fn worth_showing(sections: &[Section]) -> Vec<&Section> {
    let busy: Vec<&Section> = sections.iter().filter(|one| !one.is_idle()).collect();
    if busy.is_empty() {
        sections.iter().collect()
    } else {
        busy
    }
}

fn image(found: &Inspection, sections: &[&Section], asked: Asked) -> Text {
    let mut block = Block::new();
    match (&found.digest, &found.manifest) {
        (Some(digest), Some(one)) => {
            block.line("digest", digest.as_str());
            block.line("is", &manifest(one));
        }
        // Only an answer is put into anybody's mouth.
        _ if found
            .problems
            .iter()
            .any(|one| one.code() == Code::REGISTRY_NOT_FOUND) =>
        {
            block.line("is", "unknown: the registry does not show it");
        }
        _ => block.line("is", "unknown, for the reason below"),
    }
    let places: Vec<&String> = sections.iter().flat_map(|one| &one.looked_in).collect();
    for (number, place) in places.iter().enumerate() {
        if number == 0 {
            block.line("looked in", place);
        } else {
            block.more(place);
        }
    }
    let problems: Vec<&Problem> = found.all_problems().collect();
    if sections.iter().all(|one| one.is_idle()) && problems.is_empty() {
        let kept = match asked {
            Asked::Layout => "the layout, which cannot hold simple signatures",
            Asked::Registry => "the registry, which keeps no signatures",
        };
        block.line(
            "looked in",
            &format!(
                "{kept}; no signature store was named (--lookaside, --filename or --registries-d)"
            ),
        );
    }
    for field in sections.iter().flat_map(|one| &one.summary) {
        lines(field, &mut block);
    }
    for problem in problems {
        block.line("problem", &problem.to_string());
    }
    block.finish()
}

fn manifest(manifest: &ManifestSummary) -> String {
    let platforms = if manifest.platforms.is_empty() {
        "platform unknown".to_owned()
    } else {
        manifest.platforms.join(", ")
    };
    let parts = match manifest.kind {
        "index" => count(manifest.parts, "manifest"),
        _ => count(manifest.parts, "layer"),
    };
    format!(
        "an {} for {platforms}; {parts}, {}, {}",
        manifest.kind,
        size(manifest.bytes),
        manifest.media_type.as_deref().unwrap_or("no media type"),
    )
}

fn lines(field: &Field, block: &mut Block) {
    for (number, line) in field.lines.iter().enumerate() {
        if number == 0 {
            block.line(field.name, line);
        } else {
            block.more(line);
        }
    }
}

/// A part that is no field.
fn other(part: &Part, now: Timestamp, text: &mut Text) {
    match part {
        Part::Heading(heading) => {
            text.blank().line([Tone::Strong.of(heading.as_str())]);
        }
        Part::Claim(heading) => {
            text.blank().line([Tone::Warn.of(heading.as_str())]);
        }
        Part::Table(table) => columns(table, now, text),
        Part::Line(line) => {
            text.line([format!("  {line}").into()]);
        }
        _ => {}
    }
}

fn columns(table: &Table, now: Timestamp, text: &mut Text) {
    let head = table.columns.iter().map(|name| (*name).to_owned());
    let mut rows: Vec<Vec<String>> = vec![head.collect()];
    for row in &table.rows {
        rows.push(row.iter().map(|cell| said(cell, now)).collect());
    }
    for first in rows.iter_mut().filter_map(|row| row.first_mut()) {
        first.insert_str(0, "  ");
    }
    text.blank().columns(&rows);
    if table.more > 0 {
        text.line([format!("  and {} more; -o json lists them", table.more).into()]);
    }
}

fn said(cell: &Cell, now: Timestamp) -> String {
    match cell {
        Cell::Until(end) => until(now, *end),
        Cell::Text(text) => text.clone(),
        _ => String::new(),
    }
}

/// What nobody verified, and why that counts.
fn claims(sections: &[&Section]) -> Option<String> {
    let why = sections.iter().find_map(|one| one.unverified)?;
    let is_all = sections.iter().all(|one| one.unverified.is_some());
    let what = if is_all {
        "Nothing above was verified"
    } else {
        "None of these signatures was verified"
    };
    Some(format!("{what}: {why}."))
}

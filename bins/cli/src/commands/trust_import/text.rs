//! An import for people.

use super::{Import, Imported};
use crate::render::block::Block;
use crate::text::Text;
use crate::tone::Tone;

/// One block for each collection.
pub(super) fn all(import: &Import) -> Text {
    let mut text = Text::new();
    for (number, collection) in import.collections.iter().enumerate() {
        if number > 0 {
            text.blank();
        }
        text.append(one(collection));
    }
    text
}

fn one(collection: &Imported) -> Text {
    let word = match (&collection.root, collection.refused.is_empty()) {
        (_, false) if collection.remembered_for.is_empty() => Tone::Bad.of("REFUSED"),
        (_, false) => Tone::Bad.of("PARTLY REFUSED"),
        _ if collection.remembered_for.is_empty() => Tone::Note.of("KNOWN"),
        _ => Tone::Good.of("IMPORTED"),
    };
    let name = Tone::Strong.of(collection.gun.as_str());
    let mut block = Block::new();
    if let Some(root) = &collection.root {
        block.line(
            "root",
            &format!("version {}, expires {}", root.version, root.expires),
        );
        for key in &root.keys {
            block.line("root key", &key.id);
            if let Some(certificate) = &key.certificate {
                block.more(&format!("its certificate ends {}", certificate.not_after));
            }
        }
    }
    if !collection.servers.is_empty() {
        block.line("servers", &collection.servers.join(", "));
    }
    if !collection.remembered_for.is_empty() {
        block.line("now for", &collection.remembered_for.join(", "));
    }
    if !collection.known_for.is_empty() {
        block.line(
            "known for",
            &format!(
                "{}: this root, or a later one that follows from it",
                collection.known_for.join(", ")
            ),
        );
    }
    for refused in &collection.refused {
        let code = refused
            .code
            .map_or_else(String::new, |code| format!("{code}: "));
        let scope = refused
            .scope
            .as_ref()
            .map_or_else(String::new, |scope| format!("for {scope}: "));
        block.line("refused", &format!("{scope}{code}{}", refused.message));
    }
    let mut text = Text::new();
    text.line([word, "  ".into(), name]).append(block.finish());
    text
}

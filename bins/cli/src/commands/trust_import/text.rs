//! An import for people.

use super::{Import, Imported};
use crate::render::block::Block;
use crate::style::{Style, printable};

/// One block for each collection.
pub(super) fn all(import: &Import, style: Style) -> String {
    let blocks: Vec<String> = import
        .collections
        .iter()
        .map(|collection| one(collection, style))
        .collect();
    blocks.join("\n")
}

fn one(collection: &Imported, style: Style) -> String {
    let word = match (&collection.root, collection.refused.is_empty()) {
        (_, false) if collection.remembered_for.is_empty() => style.bad("REFUSED"),
        (_, false) => style.bad("PARTLY REFUSED"),
        _ if collection.remembered_for.is_empty() => style.note("KNOWN"),
        _ => style.good("IMPORTED"),
    };
    let name = style.strong(&printable(&collection.gun));
    let mut block = Block::new(style);
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
    format!("{word}  {name}\n{}", block.finish())
}

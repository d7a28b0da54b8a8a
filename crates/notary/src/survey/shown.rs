//! A signed collection for people.

use doorward_core::{Cell, Field, Part, Table};

use super::found::{Collection, Memory, Role, Tag};
use crate::RootOrigin;

/// More tags than this are counted, not listed.
const LISTED: usize = 20;
/// How much of a key's ID is shown where the whole one is of no use.
const SHORT: usize = 12;

/// The collection: whether its root is trusted, what the image is released as, roles, tags.
pub(super) fn parts(found: &Collection, demanded_by: Option<&str>) -> Vec<Part> {
    let mut parts = vec![Part::Heading(format!("signed collection {}", found.gun))];
    for (number, server) in found.servers.iter().enumerate() {
        let name = if number == 0 { "server" } else { "or" };
        parts.push(Field::new(name, server).into());
    }
    if let Some(entry) = demanded_by {
        parts.push(Field::new("wanted by", entry).into());
    }
    root(found, &mut parts);
    if let Some(memory) = &found.remembered {
        parts.push(remembered(memory).into());
    }
    if let Some(released) = &found.released {
        let said = format!("{} {}", released_as(found), released.digest);
        let under = format!("under the tag {}, by {}", released.tag, released.role);
        parts.push(Field::new("this image", said).and(under).into());
    }
    if let Some(why) = &found.not_released {
        parts.push(Field::new("this image", format!("NOT released: {why}")).into());
    }
    if let Some(problem) = &found.problem {
        parts.push(Field::new("problem", problem.to_string()).into());
    }
    if !found.roles.is_empty() {
        roles(found, &mut parts);
    }
    if !found.tags.is_empty() {
        parts.push(Part::Table(tags(found)));
    }
    let dissent = found.tags.iter().filter(|tag| !tag.dissenters.is_empty());
    parts.extend(dissent.take(LISTED).map(|tag| {
        let others = tag.dissenters.join(", ");
        Part::Line(format!(
            "{}: ANOTHER digest under this tag was signed by {others}",
            tag.tag
        ))
    }));
    parts
}

/// Only under a root that is trusted is something released.
const fn released_as(found: &Collection) -> &'static str {
    if found.untrusted.is_some() {
        "said to be released as"
    } else {
        "released as"
    }
}

fn root(found: &Collection, parts: &mut Vec<Part>) {
    let root = match (&found.trusted, &found.untrusted) {
        (_, Some(why)) => {
            let root = Field::new("root", format!("NOT TRUSTED: {why}"));
            if found.roles.is_empty() {
                root
            } else {
                root.and("everything below is only what the server says")
            }
        }
        (Some(RootOrigin::Pinned), None) => {
            Field::new("root", "trusted: it fits the pins of the policy")
        }
        (Some(RootOrigin::Imported), None) => Field::new(
            "root",
            "trusted: it was imported, or follows from one that was",
        ),
        (Some(RootOrigin::FirstUse), None) => Field::new(
            "root",
            "FIRST USE: nobody has checked this root; the server that answered first chose it",
        )
        .and("compare the key ID with one that you got in another way, then pin it"),
        (None, None) => Field::new("root", "not verified"),
    };
    parts.push(root.into());
    for key in &found.root_keys {
        let said = match &key.certificate {
            None => "without a certificate, so it counts for nothing".to_owned(),
            Some(certificate) => format!(
                "certificate for {}, {} to {}",
                certificate.common_name.as_deref().unwrap_or("nobody"),
                certificate.not_before,
                certificate.not_after
            ),
        };
        parts.push(Field::new("root key", &key.id).and(said).into());
    }
}

fn remembered(memory: &Memory) -> Field {
    let origin = match memory.origin {
        RootOrigin::Pinned => "since it fitted a pin",
        RootOrigin::Imported => "since it was imported",
        RootOrigin::FirstUse => "from first use",
    };
    let asked = match memory.last_asked {
        Some(at) => format!("a server was last asked {at}"),
        None => "no server was asked yet".to_owned(),
    };
    let said = Field::new("remembered", format!("for {}, {origin}", memory.scope))
        .and(format!("last verified {}, {asked}", memory.last_verified));
    if memory.versions.is_empty() {
        return said;
    }
    let versions = memory.versions.iter();
    let versions: Vec<String> = versions
        .map(|(role, version)| format!("{role} {version}"))
        .collect();
    said.and(format!("highest versions seen: {}", versions.join(", ")))
}

fn roles(found: &Collection, parts: &mut Vec<Part>) {
    let columns = vec![
        "ROLE",
        "VERSION",
        "EXPIRES",
        "",
        "KEYS",
        "SIGNED BY",
        "MAY SIGN",
    ];
    let row = |role: &Role| {
        vec![
            indented(&role.role).into(),
            role.version.to_string().into(),
            role.expires.to_string().into(),
            Cell::Until(role.expires),
            format!("{} of {}", role.threshold, role.keys.len()).into(),
            signers(role).into(),
            may_sign(role).into(),
        ]
    };
    let rows = found.roles.iter().map(row).collect();
    parts.push(Part::Table(Table::new(columns, rows)));
    parts.extend(found.unverified.iter().map(|role| {
        let name = indented(&role.role);
        Part::Line(format!(
            "{name}  NOT VERIFIED: {}: {}",
            role.code, role.message
        ))
    }));
}

fn indented(role: &str) -> String {
    format!("{}{role}", "  ".repeat(role.matches('/').count()))
}

fn signers(role: &Role) -> String {
    if role.signed_by.is_empty() {
        return "not looked at".to_owned();
    }
    let short: Vec<String> = role
        .signed_by
        .iter()
        .map(|id| id.chars().take(SHORT).collect())
        .collect();
    short.join(" ")
}

fn may_sign(role: &Role) -> String {
    let Some(paths) = &role.paths else {
        return String::new();
    };
    if paths.iter().any(String::is_empty) {
        return "every tag".to_owned();
    }
    if paths.is_empty() {
        return "no tag".to_owned();
    }
    let beginnings: Vec<String> = paths.iter().map(|path| format!("{path}*")).collect();
    beginnings.join(" ")
}

fn tags(found: &Collection) -> Table {
    let row = |tag: &Tag| {
        vec![
            tag.tag.as_str().into(),
            tag.digest.as_str().into(),
            tag.released_by.as_str().into(),
            tag.signers.join(" ").into(),
        ]
    };
    let mut table = Table::new(
        vec!["TAG", "DIGEST", "RELEASED BY", "ALSO SIGNED BY"],
        found.tags.iter().take(LISTED).map(row).collect(),
    );
    table.more = found.tag_count.saturating_sub(LISTED);
    table
}

//! A signed collection for people.

use doorward::notary::RootOrigin;
use doorward_core::Timestamp;

use super::found_trust::{Memory, Role, Tag, Trust};
use super::problem::Problem;
use crate::render::block::Block;
use crate::render::words::until;
use crate::text::Text;
use crate::tone::Tone;

/// More tags than this are counted, not listed.
const LISTED: usize = 20;
/// How much of a key's ID is shown where the whole one is of no use.
const SHORT: usize = 12;

/// The collection: whether its root is trusted, what this image is released as, roles, tags.
pub(super) fn text(trust: &Trust, now: Timestamp) -> Text {
    let mut text = Text::new();
    text.line([Tone::Strong.of(format!("signed collection {}", trust.gun))]);
    let mut block = Block::new();
    for (number, server) in trust.servers.iter().enumerate() {
        block.line(if number == 0 { "server" } else { "or" }, server);
    }
    if let Some(rule) = &trust.rule {
        block.line("wanted by", &rule.to_string());
    }
    root(trust, &mut block);
    if let Some(memory) = &trust.remembered {
        remembered(memory, &mut block);
    }
    if let Some(released) = &trust.released {
        block.line(
            "this image",
            &format!("{} {}", released_as(trust), released.digest),
        );
        block.more(&format!(
            "under the tag {}, by {}",
            released.tag, released.role
        ));
    }
    if let Some(why) = &trust.not_released {
        block.line("this image", &format!("NOT released: {}", said(why)));
    }
    if let Some(problem) = &trust.problem {
        block.line("problem", &said(problem));
    }
    text.append(block.finish());
    if !trust.roles.is_empty() {
        text.blank().append(roles(trust, now));
    }
    if !trust.tags.is_empty() {
        text.blank().append(tags(trust));
    }
    for tag in trust
        .tags
        .iter()
        .filter(|tag| !tag.dissenters.is_empty())
        .take(LISTED)
    {
        text.line([dissent(tag).into()]);
    }
    text
}

/// Only under a root that is trusted is something released.
fn released_as(trust: &Trust) -> &'static str {
    if trust.untrusted.is_some() {
        "said to be released as"
    } else {
        "released as"
    }
}

fn said(problem: &Problem) -> String {
    format!("{}: {}", problem.code, problem.message)
}

fn root(trust: &Trust, block: &mut Block) {
    match (&trust.trusted, &trust.untrusted) {
        (_, Some(why)) => {
            block.line("root", &format!("NOT TRUSTED: {}", said(why)));
            if !trust.roles.is_empty() {
                block.more("everything below is only what the server says");
            }
        }
        (Some(RootOrigin::Pinned), None) => {
            block.line("root", "trusted: it fits the pins of the policy");
        }
        (Some(RootOrigin::Imported), None) => {
            block.line(
                "root",
                "trusted: it was imported, or follows from one that was",
            );
        }
        (Some(_), None) => {
            block.line(
                "root",
                "FIRST USE: nobody has checked this root; the server that answered first chose it",
            );
            block.more("compare the key ID with one that you got in another way, then pin it");
        }
        (None, None) => block.line("root", "not verified"),
    }
    for key in &trust.root_keys {
        block.line("root key", &key.id);
        let Some(certificate) = &key.certificate else {
            block.more("without a certificate, so it counts for nothing");
            continue;
        };
        let name = certificate.common_name.as_deref().unwrap_or("nobody");
        block.more(&format!(
            "certificate for {name}, {} to {}",
            certificate.not_before, certificate.not_after
        ));
    }
}

fn remembered(memory: &Memory, block: &mut Block) {
    let origin = match memory.origin {
        RootOrigin::Pinned => "since it fitted a pin",
        RootOrigin::Imported => "since it was imported",
        _ => "from first use",
    };
    block.line("remembered", &format!("for {}, {origin}", memory.scope));
    let asked = match memory.last_asked {
        Some(at) => format!("a server was last asked {at}"),
        None => "no server was asked yet".to_owned(),
    };
    block.more(&format!("last verified {}, {asked}", memory.last_verified));
    let versions: Vec<String> = memory
        .versions
        .iter()
        .map(|(role, version)| format!("{role} {version}"))
        .collect();
    if !versions.is_empty() {
        block.more(&format!("highest versions seen: {}", versions.join(", ")));
    }
}

fn roles(trust: &Trust, now: Timestamp) -> Text {
    let mut rows = vec![
        [
            "  ROLE",
            "VERSION",
            "EXPIRES",
            "",
            "KEYS",
            "SIGNED BY",
            "MAY SIGN",
        ]
        .map(str::to_owned),
    ];
    for role in &trust.roles {
        rows.push([
            indented(&role.role),
            role.version.to_string(),
            role.expires.to_string(),
            until(now, role.expires),
            format!("{} of {}", role.threshold, role.keys.len()),
            signers(role),
            may_sign(role),
        ]);
    }
    let mut text = Text::new();
    text.columns(&rows);
    for role in &trust.unverified {
        let said = format!(
            "{}  NOT VERIFIED: {}: {}",
            indented(&role.role),
            role.code,
            role.message
        );
        text.line([said.into()]);
    }
    text
}

fn indented(role: &str) -> String {
    format!("  {}{role}", "  ".repeat(role.matches('/').count()))
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

fn tags(trust: &Trust) -> Text {
    let mut rows = vec![["  TAG", "DIGEST", "RELEASED BY", "ALSO SIGNED BY"].map(str::to_owned)];
    for tag in trust.tags.iter().take(LISTED) {
        rows.push([
            format!("  {}", tag.tag),
            tag.digest.clone(),
            tag.released_by.clone(),
            tag.signers.join(" "),
        ]);
    }
    let mut text = Text::new();
    text.columns(&rows);
    let more = trust.tag_count.saturating_sub(LISTED);
    if more > 0 {
        text.line([format!("  and {more} more; -o json lists them").into()]);
    }
    text
}

fn dissent(tag: &Tag) -> String {
    format!(
        "  {}: ANOTHER digest under this tag was signed by {}",
        tag.tag,
        tag.dissenters.join(", ")
    )
}

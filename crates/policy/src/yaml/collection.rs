//! Collections that are being read.

use std::collections::HashSet;

use super::Fault;
use crate::node::{Kind, Member, Node};
use crate::{LintCode, Position};

/// A collection that is being read.
pub(super) struct Frame {
    pub(super) at: Position,
    pub(super) anchor: usize,
    pub(super) weight: usize,
    pub(super) depth: usize,
    pub(super) items: Items,
}

/// What it holds so far.
pub(super) enum Items {
    Mapping {
        members: Vec<Member>,
        merged: Vec<Node>,
        key: Option<Key>,
    },
    Sequence(Vec<Node>),
}

/// A key whose value is still to come.
pub(super) struct Key {
    pub(super) text: String,
    pub(super) at: Position,
    pub(super) merges: bool,
}

impl Items {
    /// Adds a finished value: an item, or the value of the key before it.
    pub(super) fn place(&mut self, node: Node) -> Result<(), Fault> {
        match self {
            Self::Sequence(items) => items.push(node),
            Self::Mapping {
                members,
                merged,
                key,
            } => match key.take() {
                None => {
                    return Err(Fault::new(
                        LintCode::Syntax,
                        "a key must be a single word or string",
                        node.at,
                    ));
                }
                Some(Key {
                    merges: true, at, ..
                }) => merged.extend(merge_sources(node, at)?),
                Some(Key { text, at, .. }) => members.push(Member {
                    key: text,
                    at,
                    value: node,
                }),
            },
        }
        Ok(())
    }

    /// The finished collection, with what was merged into it.
    pub(super) fn finish(self) -> Result<Kind, Fault> {
        match self {
            Self::Sequence(items) => Ok(Kind::Sequence(items)),
            Self::Mapping {
                mut members,
                merged,
                key,
            } => {
                if let Some(key) = key {
                    return Err(Fault::new(LintCode::Syntax, "a key has no value", key.at));
                }
                if !merged.is_empty() {
                    let merges = merged.first().map(|source| source.at);
                    let mut present: HashSet<String> =
                        members.iter().map(|member| member.key.clone()).collect();
                    for source in merged {
                        let Kind::Mapping(extra) = source.kind else {
                            continue;
                        };
                        for member in extra {
                            if present.insert(member.key.clone()) {
                                members.push(member);
                            }
                        }
                    }
                    // A mapping that says nothing of its own and merges nothing is not one that is written empty: what
                    // it was to merge is missing. So it keeps the key, which no format has.
                    if let (true, Some(at)) = (members.is_empty(), merges) {
                        let kind = Kind::Mapping(Vec::new());
                        members.push(Member {
                            key: "<<".to_owned(),
                            at,
                            value: Node { at, kind },
                        });
                    }
                }
                Ok(Kind::Mapping(members))
            }
        }
    }
}

/// What a merge key brings in: one mapping, or several of which the earlier ones win.
fn merge_sources(node: Node, at: Position) -> Result<Vec<Node>, Fault> {
    let sources = match node.kind {
        // Nothing to merge is not the same as no merge.
        Kind::Sequence(items) if items.is_empty() => vec![Node {
            at,
            kind: Kind::Mapping(Vec::new()),
        }],
        Kind::Sequence(items) => items,
        _ => vec![node],
    };
    if sources
        .iter()
        .any(|source| !matches!(source.kind, Kind::Mapping(_)))
    {
        return Err(Fault::new(
            LintCode::Syntax,
            "what `<<` merges must be a mapping or a list of mappings",
            at,
        ));
    }
    Ok(sources)
}

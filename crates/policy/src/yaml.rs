//! From text to located trees: YAML 1.2, of which JSON is a part.
//!
//! The events come from `granit-parser`: it marks every event with its place, resumes after a broken document,
//! contains no `unsafe`, and is in the tree of every Kubernetes client of ours anyway. Resolution, aliases, merge
//! keys and all bounds on them are here.

use std::collections::{HashMap, HashSet};

use granit_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};

use crate::diagnostic::quoted;
use crate::node::{Kind, Member, Node};
use crate::{Diagnostic, LintCode, Position, scalar};

/// The most bytes of one text. A hundred thousand entries with keys take about a quarter of this.
pub(crate) const MAX_BYTES: usize = 64 << 20;
/// How deep collections may be nested, aliases included. The deepest policy nests 14 levels; a workload about 20.
const MAX_DEPTH: usize = 64;
/// The most values of one text, which bounds memory at about 100 bytes for each.
const MAX_NODES: usize = 4_000_000;
/// How much aliases may add to one text, in values and bytes of strings together.
const MAX_ALIASED: usize = 4 << 20;

/// One document, or why it cannot be read, and where it begins.
pub(crate) struct Parsed {
    pub(crate) at: Position,
    pub(crate) root: Result<Node, Diagnostic>,
}

/// Reads every document of `text`. A broken document does not keep the following ones from being read.
pub(crate) fn parse(source: &str, text: &str) -> Vec<Parsed> {
    let options = granit_parser::options! {
        emit_comments: false,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
        disallow_directives: false,
    };
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut reader = Reader {
        nodes: 0,
        aliased: 0,
        anchors: HashMap::new(),
    };
    let mut parsed = Vec::new();
    let mut begun = Position::default();
    loop {
        match parser.next_event() {
            None | Some(Ok((Event::StreamEnd, _))) => return parsed,
            Some(Ok((Event::DocumentStart(..), span))) => {
                begun = position(&span);
                let root = reader.document(&mut parser);
                let failed = root.is_err();
                parsed.push(Parsed {
                    at: begun,
                    root: root.map_err(|fault| fault.diagnostic(source)),
                });
                if failed
                    && !(reader.within_bounds()
                        && matches!(parser.proceed_next_document(), Ok(true)))
                {
                    return parsed;
                }
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                parsed.push(Parsed {
                    at: begun,
                    root: Err(Fault::from(&error).diagnostic(source)),
                });
                if !matches!(parser.proceed_next_document(), Ok(true)) {
                    return parsed;
                }
            }
        }
    }
}

/// Why a document cannot be read.
struct Fault {
    code: LintCode,
    message: String,
    at: Position,
}

impl Fault {
    fn new(code: LintCode, message: impl Into<String>, at: Position) -> Self {
        Self {
            code,
            message: message.into(),
            at,
        }
    }

    fn diagnostic(self, source: &str) -> Diagnostic {
        Diagnostic::new(self.code, self.message).at(source, self.at)
    }
}

impl From<&granit_parser::ScanError> for Fault {
    fn from(error: &granit_parser::ScanError) -> Self {
        let marker = error.marker();
        let at = Position {
            line: count(marker.line()),
            column: count(marker.col()).saturating_add(1),
            length: 1,
        };
        let code = match error.kind() {
            granit_parser::ErrorKind::RecursionLimitExceeded => LintCode::LimitExceeded,
            _ => LintCode::Syntax,
        };
        Self::new(
            code,
            format!("the document cannot be read: {}", error.info()),
            at,
        )
    }
}

fn count(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn position(span: &Span) -> Position {
    Position {
        line: count(span.start.line()),
        column: count(span.start.col()).saturating_add(1),
        length: count(span.len()),
    }
}

/// A finished value and what an alias to it costs.
struct Anchored {
    node: Node,
    weight: usize,
    depth: usize,
}

/// A collection that is being read.
struct Frame {
    at: Position,
    anchor: usize,
    weight: usize,
    depth: usize,
    items: Items,
}

enum Items {
    Mapping {
        members: Vec<Member>,
        merged: Vec<Node>,
        key: Option<Key>,
    },
    Sequence(Vec<Node>),
}

struct Key {
    text: String,
    at: Position,
    merges: bool,
}

struct Reader {
    nodes: usize,
    aliased: usize,
    anchors: HashMap<usize, Anchored>,
}

impl Reader {
    const fn within_bounds(&self) -> bool {
        self.nodes <= MAX_NODES && self.aliased <= MAX_ALIASED
    }

    fn document<'t>(&mut self, parser: &mut Parser<'t, StrInput<'t>>) -> Result<Node, Fault> {
        self.anchors.clear();
        let mut stack: Vec<Frame> = Vec::new();
        let mut root = None;
        loop {
            let (event, span) = match parser.next_event() {
                None => {
                    return Err(Fault::new(
                        LintCode::Syntax,
                        "the document does not end",
                        Position::default(),
                    ));
                }
                Some(Err(error)) => return Err(Fault::from(&error)),
                Some(Ok(next)) => next,
            };
            let at = position(&span);
            let (node, weight, depth) = match event {
                Event::DocumentEnd => {
                    return Ok(root.unwrap_or(Node {
                        at,
                        kind: Kind::Null,
                    }));
                }
                Event::Scalar(text, style, anchor, tag) => {
                    if let Some(Frame {
                        items:
                            Items::Mapping {
                                key: key @ None, ..
                            },
                        ..
                    }) = stack.last_mut()
                    {
                        let merges = text == "<<" && style == ScalarStyle::Plain && tag.is_none();
                        let text = text.into_owned();
                        if anchor != 0 {
                            let weight = text.len() + 1;
                            let node = Node {
                                at,
                                kind: Kind::String(text.clone()),
                            };
                            self.keep(anchor, &node, weight, 0)?;
                        }
                        *key = Some(Key { text, at, merges });
                        self.spend(at)?;
                        continue;
                    }
                    let weight = text.len() + 1;
                    let kind = scalar_kind(text.into_owned(), style, tag.as_deref(), at)?;
                    let node = Node { at, kind };
                    if anchor != 0 {
                        self.keep(anchor, &node, weight, 0)?;
                    }
                    (node, weight, 0)
                }
                Event::Alias(id) => self.alias(id, at, &stack)?,
                Event::MappingStart(_, anchor, tag) => {
                    refuse_tag(tag.as_deref(), "map", at)?;
                    let items = Items::Mapping {
                        members: Vec::new(),
                        merged: Vec::new(),
                        key: None,
                    };
                    self.open(&mut stack, items, anchor, at)?;
                    continue;
                }
                Event::SequenceStart(_, anchor, tag) => {
                    refuse_tag(tag.as_deref(), "seq", at)?;
                    self.open(&mut stack, Items::Sequence(Vec::new()), anchor, at)?;
                    continue;
                }
                Event::MappingEnd | Event::SequenceEnd => {
                    let Some(frame) = stack.pop() else { continue };
                    let Frame {
                        at,
                        anchor,
                        weight,
                        depth,
                        items,
                    } = frame;
                    let node = Node {
                        at,
                        kind: finish(items)?,
                    };
                    if anchor != 0 {
                        self.keep(anchor, &node, weight, depth + 1)?;
                    }
                    (node, weight, depth + 1)
                }
                _ => continue,
            };
            self.spend(at)?;
            match stack.last_mut() {
                None => root = Some(node),
                Some(frame) => {
                    frame.weight = frame.weight.saturating_add(weight);
                    frame.depth = frame.depth.max(depth);
                    place(&mut frame.items, node)?;
                }
            }
        }
    }

    fn open(
        &mut self,
        stack: &mut Vec<Frame>,
        items: Items,
        anchor: usize,
        at: Position,
    ) -> Result<(), Fault> {
        if matches!(
            stack.last(),
            Some(Frame {
                items: Items::Mapping { key: None, .. },
                ..
            })
        ) {
            return Err(Fault::new(
                LintCode::Syntax,
                "a key must be a single word or string",
                at,
            ));
        }
        if stack.len() >= MAX_DEPTH {
            return Err(too_deep(at));
        }
        stack.push(Frame {
            at,
            anchor,
            weight: 1,
            depth: 0,
            items,
        });
        Ok(())
    }

    fn spend(&mut self, at: Position) -> Result<(), Fault> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            let message = format!("more than {MAX_NODES} values in one text");
            return Err(Fault::new(LintCode::LimitExceeded, message, at));
        }
        Ok(())
    }

    /// Remembers a value for later aliases. The copy costs as much as an alias to it.
    fn keep(
        &mut self,
        anchor: usize,
        node: &Node,
        weight: usize,
        depth: usize,
    ) -> Result<(), Fault> {
        self.charge(weight, node.at)?;
        let node = node.clone();
        self.anchors.insert(
            anchor,
            Anchored {
                node,
                weight,
                depth,
            },
        );
        Ok(())
    }

    fn charge(&mut self, weight: usize, at: Position) -> Result<(), Fault> {
        self.aliased = self.aliased.saturating_add(weight);
        if self.aliased > MAX_ALIASED {
            return Err(Fault::new(
                LintCode::LimitExceeded,
                "anchors and aliases make the document larger than is read",
                at,
            ));
        }
        Ok(())
    }

    fn alias(
        &mut self,
        id: usize,
        at: Position,
        stack: &[Frame],
    ) -> Result<(Node, usize, usize), Fault> {
        if matches!(
            stack.last(),
            Some(Frame {
                items: Items::Mapping { key: None, .. },
                ..
            })
        ) {
            return Err(Fault::new(LintCode::Syntax, "an alias cannot be a key", at));
        }
        let Some(Anchored { weight, depth, .. }) = self.anchors.get(&id) else {
            return Err(Fault::new(
                LintCode::Syntax,
                "an alias refers to the value that contains it",
                at,
            ));
        };
        let (weight, depth) = (*weight, *depth);
        if stack.len() + depth > MAX_DEPTH {
            return Err(too_deep(at));
        }
        self.charge(weight, at)?;
        let node = self.anchors.get(&id).map(|anchored| anchored.node.clone());
        let node = node.unwrap_or(Node {
            at,
            kind: Kind::Null,
        });
        Ok((node, weight, depth))
    }
}

fn too_deep(at: Position) -> Fault {
    let message = format!("nested deeper than {MAX_DEPTH} levels");
    Fault::new(LintCode::LimitExceeded, message, at)
}

fn place(items: &mut Items, node: Node) -> Result<(), Fault> {
    match items {
        Items::Sequence(items) => items.push(node),
        Items::Mapping {
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

/// What a merge key brings in: one mapping, or several of which the earlier ones win.
fn merge_sources(node: Node, at: Position) -> Result<Vec<Node>, Fault> {
    let sources = match node.kind {
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

fn finish(items: Items) -> Result<Kind, Fault> {
    match items {
        Items::Sequence(items) => Ok(Kind::Sequence(items)),
        Items::Mapping {
            mut members,
            merged,
            key,
        } => {
            if let Some(key) = key {
                return Err(Fault::new(LintCode::Syntax, "a key has no value", key.at));
            }
            if !merged.is_empty() {
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
            }
            Ok(Kind::Mapping(members))
        }
    }
}

fn scalar_kind(
    text: String,
    style: ScalarStyle,
    tag: Option<&Tag>,
    at: Position,
) -> Result<Kind, Fault> {
    let resolved = match tag.map(|tag| (tag.core_suffix(), tag)) {
        None if style == ScalarStyle::Plain => return Ok(scalar::resolve(&text)),
        None | Some((Some("str"), _)) => return Ok(Kind::String(text)),
        Some((Some(name), tag)) => {
            let kind = scalar::resolve(&text);
            let fits = matches!(
                (name, &kind),
                ("null", Kind::Null) | ("bool", Kind::Bool(_)) | ("int" | "float", Kind::Number(_))
            );
            fits.then_some(kind).ok_or_else(|| tag.original())
        }
        Some((None, tag)) => Err(tag.original()),
    };
    resolved.map_err(|tag| {
        let message = format!("the tag {} has no meaning here", quoted(&tag));
        Fault::new(LintCode::Syntax, message, at)
    })
}

fn refuse_tag(tag: Option<&Tag>, allowed: &str, at: Position) -> Result<(), Fault> {
    match tag {
        Some(tag) if tag.core_suffix() != Some(allowed) => {
            let message = format!("the tag {} has no meaning here", quoted(&tag.original()));
            Err(Fault::new(LintCode::Syntax, message, at))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;

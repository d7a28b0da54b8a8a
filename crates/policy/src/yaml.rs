//! From text to located trees: YAML 1.2, of which JSON is a part.
//!
//! The events come from `granit-parser`: it marks every event with its place, resumes after a broken document,
//! contains no `unsafe`, and is in the tree of every Kubernetes client of ours anyway. Resolution, aliases, merge
//! keys and all bounds on them are here.

mod breaks;
mod collection;
mod fault;
mod json;
mod stream;
mod tag;

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, Span, StrInput};

use crate::node::{Kind, Node};
use crate::{Diagnostic, LintCode, Position};
use collection::{Frame, Items, Key};
use fault::{Fault, position, within};

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
    /// Whether the text ends right behind an unquoted value of this document. A text that was cut there would read
    /// the same, with a shorter value.
    pub(crate) breaks_off: bool,
}

/// Reads every document of `text`. A broken document does not keep the following ones from being read.
///
/// JSON documents may follow one another without a mark between them, as `kubectl` takes them.
pub(crate) fn parse(source: &str, text: &str) -> Vec<Parsed> {
    let text = &*json::printable(text);
    let parsed = parse_from(source, text, Position::default());
    if parsed.iter().all(|document| document.root.is_ok()) {
        return parsed;
    }
    if let Some(text) = breaks::of_1_1(text) {
        let parsed = parse_from(source, &text, Position::default());
        if parsed.iter().all(|document| document.root.is_ok()) {
            return parsed;
        }
    }
    match stream::split(text) {
        Some(values) => values
            .into_iter()
            .flat_map(|(text, origin)| parse_from(source, text, origin))
            .collect(),
        None => parsed,
    }
}

/// Reads the documents of `text`, which begins `origin` lines and columns into the whole.
fn parse_from(source: &str, text: &str, origin: Position) -> Vec<Parsed> {
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
        origin,
        end: unfinished_end(text),
        breaks_off: false,
    };
    let mut parsed = Vec::new();
    let mut begun = Position::default();
    loop {
        match parser.next_event() {
            None | Some(Ok((Event::StreamEnd, _))) => return parsed,
            Some(Ok((Event::DocumentStart(..), span))) => {
                begun = reader.position(&span);
                let root = reader.document(&mut parser);
                let failed = root.is_err();
                parsed.push(Parsed {
                    at: begun,
                    root: root.map_err(|fault| fault.diagnostic(source)),
                    breaks_off: reader.breaks_off,
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
                    root: Err(Fault::new_at(&error, origin).diagnostic(source)),
                    breaks_off: false,
                });
                if !matches!(parser.proceed_next_document(), Ok(true)) {
                    return parsed;
                }
            }
        }
    }
}

/// A finished value and what an alias to it costs.
struct Anchored {
    node: Node,
    weight: usize,
    depth: usize,
}

/// Where an unquoted value would stand that the end of the text breaks off, in characters; nothing if the last line
/// is whole.
fn unfinished_end(text: &str) -> Option<usize> {
    let line = text.trim_end_matches([' ', '\t']);
    (!line.ends_with(['\n', '\r'])).then(|| line.chars().count())
}

struct Reader {
    nodes: usize,
    aliased: usize,
    anchors: HashMap<usize, Anchored>,
    /// Where the text begins in the whole.
    origin: Position,
    end: Option<usize>,
    breaks_off: bool,
}

impl Reader {
    const fn within_bounds(&self) -> bool {
        self.nodes <= MAX_NODES && self.aliased <= MAX_ALIASED
    }

    fn position(&self, span: &Span) -> Position {
        within(position(span), self.origin)
    }

    /// Notes whether the end of the text breaks this value off.
    fn follow(&mut self, event: &Event<'_>, span: &Span) {
        let quoted = |style: &ScalarStyle| {
            matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted)
        };
        match event {
            Event::Scalar(_, style, ..) if quoted(style) => {}
            Event::Scalar(..) | Event::Alias(_) => {
                self.breaks_off |= self.end.is_some_and(|end| span.end.index() >= end);
            }
            _ => {}
        }
    }

    fn document<'t>(&mut self, parser: &mut Parser<'t, StrInput<'t>>) -> Result<Node, Fault> {
        self.anchors.clear();
        self.breaks_off = false;
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
                Some(Err(error)) => return Err(Fault::new_at(&error, self.origin)),
                Some(Ok(next)) => next,
            };
            let at = self.position(&span);
            self.follow(&event, &span);
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
                    let kind = tag::scalar(text.into_owned(), style, tag.as_deref(), at)?;
                    let node = Node { at, kind };
                    if anchor != 0 {
                        self.keep(anchor, &node, weight, 0)?;
                    }
                    (node, weight, 0)
                }
                Event::Alias(id) => self.alias(id, at, &stack)?,
                Event::MappingStart(_, anchor, tag) => {
                    tag::refuse(tag.as_deref(), "map", at)?;
                    let items = Items::Mapping {
                        members: Vec::new(),
                        merged: Vec::new(),
                        key: None,
                    };
                    self.open(&mut stack, items, anchor, at)?;
                    continue;
                }
                Event::SequenceStart(_, anchor, tag) => {
                    tag::refuse(tag.as_deref(), "seq", at)?;
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
                        kind: items.finish()?,
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
                    frame.items.place(node)?;
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

#[cfg(test)]
mod tests;

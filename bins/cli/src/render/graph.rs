//! What refers to an image, drawn: for Graphviz (DOT), or as a picture (SVG).
//!
//! Everything that is drawn was written by people who may push. Texts are cut, and escaped as the form demands.

use std::fmt::Write as _;

use doorward_core::text::{one_line, visible};
use serde_json::Value;

/// The most characters of one line.
const MAX_LINE: usize = 72;

/// The size of a picture: how wide a box is, how high a line, what lies between boxes, and how far each is behind what
/// it refers to.
const WIDTH: usize = 440;
const LINE: usize = 15;
const GAP: usize = 12;
const STEP: usize = 36;

/// What hangs together, in the order in which it is drawn: a node stands behind what it refers to.
pub(crate) struct Graph(Vec<Node>);

struct Node {
    /// The place of what it refers to. Nothing for the image.
    of: Option<usize>,
    lines: Vec<String>,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Artifact,
    Image,
    Signature,
}

impl Graph {
    /// The graph of an inspection in its published form.
    pub(crate) fn of(inspection: &Value) -> Self {
        let text = |name: &str| inspection[name].as_str().unwrap_or_default();
        let mut nodes = vec![Node {
            of: None,
            lines: lines([text("image"), text("digest")]),
            kind: Kind::Image,
        }];
        let list = |name: &str| inspection[name].as_array().map_or(&[][..], Vec::as_slice);
        for signature in list("signatures") {
            nodes.push(simple(signature));
        }
        let behind = nodes.len();
        for referrer in list("referrers") {
            let of = referrer["of"]
                .as_u64()
                .and_then(|of| usize::try_from(of).ok());
            nodes.push(self::referrer(referrer, of.map_or(0, |of| behind + of)));
        }
        Self(nodes)
    }

    /// As a `digraph` of DOT. Arrows go the way that descriptors point: to what is referred to.
    pub(crate) fn dot(&self) -> String {
        let mut out = String::from(
            "digraph image {\n  rankdir=RL;\n  node [shape=box, fontname=\"sans-serif\", fontsize=10];\n",
        );
        for (place, node) in self.0.iter().enumerate() {
            let label: Vec<_> = node.lines.iter().map(|line| dot_escaped(line)).collect();
            let style = match node.kind {
                Kind::Artifact => "",
                Kind::Image => ", style=bold",
                Kind::Signature => ", style=dashed",
            };
            let _ = writeln!(
                out,
                "  n{place} [label=\"{}\"{style}];",
                label.join("\\l") + "\\l"
            );
            if let Some(of) = node.of {
                let _ = writeln!(out, "  n{place} -> n{of};");
            }
        }
        out.push_str("}\n");
        out
    }

    /// As a picture: one box a row, to the right of what it refers to.
    pub(crate) fn svg(&self) -> String {
        let mut places: Vec<(usize, usize, usize)> = Vec::new();
        let mut top = GAP;
        let mut deepest = 0;
        for node in &self.0 {
            let depth = node
                .of
                .and_then(|of| places.get(of))
                .map_or(0, |(depth, ..)| depth + 1);
            let height = LINE * node.lines.len() + 10;
            places.push((depth, top, height));
            top += height + GAP;
            deepest = deepest.max(depth);
        }
        let width = GAP * 2 + STEP * deepest + WIDTH;
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{top}\" \
             font-family=\"sans-serif\" font-size=\"11\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
        );
        for (node, (depth, y, height)) in self.0.iter().zip(&places) {
            let x = GAP + STEP * depth;
            if let Some((above, upper, tall)) = node.of.and_then(|of| places.get(of)) {
                let (from, middle) = (GAP + STEP * above + GAP, y + height / 2);
                let start = upper + tall;
                let _ = writeln!(
                    out,
                    "<path d=\"M{x} {middle}H{from}V{start}\" fill=\"none\" stroke=\"#888\"/>"
                );
            }
            let (stroke, dash) = match node.kind {
                Kind::Artifact => ("#888", ""),
                Kind::Image => ("black", ""),
                Kind::Signature => ("#888", " stroke-dasharray=\"4 3\""),
            };
            let _ = writeln!(
                out,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{height}\" rx=\"3\" fill=\"white\" \
                 stroke=\"{stroke}\"{dash}/>"
            );
            for (line, number) in node.lines.iter().zip(1..) {
                let _ = writeln!(
                    out,
                    "<text x=\"{}\" y=\"{}\">{}</text>",
                    x + 8,
                    y + LINE * number,
                    xml_escaped(line)
                );
            }
        }
        out.push_str("</svg>\n");
        out
    }
}

/// A signature that is not attached as an artifact.
fn simple(signature: &Value) -> Node {
    let claim = &signature["unverified"];
    let key = claim["key"].as_str().map(|key| format!("key {key}"));
    Node {
        of: Some(0),
        lines: lines([
            "simple signature (unverified)",
            &key.unwrap_or_default(),
            signature["source"].as_str().unwrap_or_default(),
        ]),
        kind: Kind::Signature,
    }
}

fn referrer(referrer: &Value, of: usize) -> Node {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let claim = &referrer["unverified"];
    let digest = text(&referrer["digest"]);
    let unreadable = text(&referrer["unreadable"]);
    if claim.is_null() {
        let kind = match text(&referrer["artifactType"]) {
            kind if kind.is_empty() => "something without a type".to_owned(),
            kind => kind,
        };
        return Node {
            of: Some(of),
            lines: lines([&kind, &digest, &unreadable]),
            kind: Kind::Artifact,
        };
    }
    let signer = match text(&claim["signer"]) {
        signer if signer.is_empty() => "a certificate without a name".to_owned(),
        signer => signer,
    };
    let until = match (text(&claim["expires"]), text(&claim["certificateUntil"])) {
        (expires, _) if !expires.is_empty() => format!(", until {expires}"),
        (_, until) if !until.is_empty() => format!(", certificate until {until}"),
        _ => String::new(),
    };
    let at = match text(&claim["signedAt"]) {
        at if at.is_empty() => String::new(),
        at => format!("at {at}{until}"),
    };
    Node {
        of: Some(of),
        lines: lines([
            &format!("signature by {signer} (unverified)"),
            &at,
            &digest,
            &unreadable,
        ]),
        kind: Kind::Signature,
    }
}

/// Those lines that say something, each cut to a length that can be drawn.
fn lines<'t>(texts: impl IntoIterator<Item = &'t (impl AsRef<str> + ?Sized + 't)>) -> Vec<String> {
    let texts = texts.into_iter().map(AsRef::as_ref);
    let texts = texts.filter(|text| !text.is_empty());
    texts
        .map(|text| visible(&one_line(text, MAX_LINE)).to_string())
        .collect()
}

/// In a quoted string of DOT, quotes and backslashes have a meaning.
fn dot_escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

fn xml_escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // No XML has these.
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn graph(signer: &str) -> Graph {
        Graph::of(&json!({
            "image": "r.example/a:1",
            "digest": "sha256:00",
            "referrers": [
                {"digest": "sha256:11", "artifactType": "application/spdx+json"},
                {"digest": "sha256:22", "of": 0, "unverified": {"signer": signer, "signedAt": "2026-01-01T00:00:00Z"}},
            ],
        }))
    }

    #[test]
    fn a_signature_on_a_document_hangs_on_the_document_and_that_on_the_image() {
        let dot = graph("build").dot();
        assert!(dot.contains("n1 -> n0;"), "{dot}");
        assert!(dot.contains("n2 -> n1;"), "{dot}");
        let svg = graph("build").svg();
        assert_eq!(svg.matches("<rect x=").count(), 3);
        assert!(svg.contains("signature by build (unverified)"), "{svg}");
    }

    #[test]
    fn what_a_signature_says_closes_no_string_and_no_element() {
        let hostile = "a\"];evil[label=\"</text><script>\\";
        let dot = graph(hostile).dot();
        assert!(!dot.contains("a\"];"), "{dot}");
        assert!(dot.contains("a\\\"];evil"), "{dot}");
        let svg = graph(hostile).svg();
        assert!(!svg.contains("<script>"), "{svg}");
        let control = graph("a\u{1b}[31m\nb\u{202e}c\u{ffff}").svg();
        assert!(
            !control.contains(['\u{1b}', '\u{202e}', '\u{ffff}']),
            "{control}"
        );
    }
}

//! Reading an exception.

use doorward_core::Timestamp;

use super::{ExceptionObject, ExceptionTerms};
use crate::diagnostic::quoted;
use crate::effective;
use crate::exception::{ExceptedImage, ExceptionCode, ExceptionKind, NoException, OVERRIDABLE};
use crate::node::{Kind, Node};
use crate::part::part;
use crate::schema;
use crate::selector::read_labels;
use crate::walk::{Object, Walk};
use crate::{Diagnostic, LintCode, is_namespace};

impl ExceptionObject {
    pub(crate) fn decode(
        source: &str,
        kind: ExceptionKind,
        node: &Node,
    ) -> (Self, Vec<Diagnostic>) {
        let mut walk = Walk::new(source);
        walk.is_cluster = kind == ExceptionKind::ClusterImageException;
        walk.explicit = true;
        let mut object = Self {
            kind,
            namespace: None,
            name: String::new(),
            created: None,
            terms: Err(
                Diagnostic::new(LintCode::MissingField, "the exception has no terms")
                    .at(source, node.at),
            ),
            source: source.to_owned(),
            at: node.at,
            meaning: Vec::new(),
            notes: Vec::new(),
        };
        let terms = object.read(&mut walk, node);
        match (walk.take_fault(), terms) {
            (Some(fault), _) => object.terms = Err(fault),
            (None, Some(terms)) => object.terms = Ok(terms),
            // Every way to no terms reports why. Should that ever fail, it still overrides nothing.
            (None, None) => {}
        }
        object.meaning = walk.meaning;
        object.notes = walk.notes;
        (object, walk.form)
    }

    fn read(&mut self, walk: &mut Walk<'_>, node: &Node) -> Option<ExceptionTerms> {
        let document = walk.object(node, &schema::EXCEPTION)?;
        self.check_head(walk, &document);
        self.read_metadata(walk, &document);
        let Some(spec_node) = document.field("spec") else {
            walk.missing(&document, "spec");
            return None;
        };
        walk.inside("spec", |walk| self.read_spec(walk, spec_node))
    }

    fn check_head(&self, walk: &mut Walk<'_>, document: &Object<'_>) {
        for (field, right) in [
            ("apiVersion", ExceptionKind::GROUP.api_version()),
            ("kind", self.kind.to_string()),
        ] {
            if document.field(field).is_none() {
                walk.missing(document, field);
            } else if walk
                .string(document, field)
                .is_some_and(|text| text != right)
            {
                let message = format!("an exception has `{field}: {right}`");
                walk.form(LintCode::UnknownKind, document.place(field), message);
            }
        }
    }

    fn read_metadata(&mut self, walk: &mut Walk<'_>, document: &Object<'_>) {
        let Some(metadata) = document.field("metadata") else {
            walk.missing(document, "metadata");
            return;
        };
        walk.inside("metadata", |walk| {
            let Kind::Mapping(members) = &metadata.kind else {
                walk.expected(metadata, "a mapping");
                return;
            };
            // Kubernetes owns this mapping, so only what is used of it is checked.
            for field in ["name", "namespace", "creationTimestamp"] {
                let mut same = members.iter().filter(|member| member.key == field);
                if let (Some(_), Some(twice)) = (same.next(), same.next()) {
                    let message = format!("`{field}` stands here twice");
                    walk.form(LintCode::DuplicateKey, twice.at, message);
                }
            }
            match metadata.member("name").map(|name| walk.text(name)) {
                Some(Some(name)) if !name.is_empty() => name.clone_into(&mut self.name),
                Some(None) => {}
                None | Some(Some(_)) => {
                    walk.form(LintCode::MissingField, metadata.at, "`name` is required");
                }
            }
            self.read_created(walk, metadata);
            self.read_namespace(walk, metadata);
        });
    }

    fn read_created(&mut self, walk: &mut Walk<'_>, metadata: &Node) {
        let Some(created) = metadata.member("creationTimestamp") else {
            return;
        };
        self.created = created.as_str().and_then(|text| text.parse().ok());
        if self.created.is_none() {
            let message = "not a time such as `2026-12-01T09:00:00Z`";
            walk.inside("creationTimestamp", |walk| {
                walk.form(LintCode::InvalidValue, created.at, message);
            });
        }
    }

    fn read_namespace(&mut self, walk: &mut Walk<'_>, metadata: &Node) {
        let namespace = metadata.member("namespace");
        match (self.kind, namespace) {
            (ExceptionKind::ClusterImageException, None) => {}
            (ExceptionKind::ClusterImageException, Some(namespace)) => {
                let message = "a ClusterImageException has no namespace";
                walk.form(LintCode::MisplacedField, namespace.at, message);
            }
            (ExceptionKind::ImageException, None) => {
                let message = "without a namespace, the exception belongs to `default` or to the namespace that is chosen \
                               where it is applied";
                walk.note(LintCode::MissingNamespace, metadata.at, message);
            }
            (ExceptionKind::ImageException, Some(namespace)) => match walk.text(namespace) {
                Some(text) if is_namespace(text) => self.namespace = Some(text.to_owned()),
                Some(text) => {
                    let message = format!("{} can be no namespace", quoted(text));
                    walk.meaning(LintCode::InvalidValue, namespace.at, message);
                }
                None => {}
            },
        }
    }

    fn read_spec(&self, walk: &mut Walk<'_>, node: &Node) -> Option<ExceptionTerms> {
        let spec = walk.object(node, &schema::EXCEPTION_SPEC)?;
        let namespaces = self.read_selector(walk, &spec);
        let images = walk.every(&spec, "images", read_image);
        walk.refuse_empty(
            &spec,
            "images",
            "an exception for no image overrides nothing",
        );
        let codes = walk.every(&spec, "codes", read_code);
        walk.refuse_empty(
            &spec,
            "codes",
            "an exception without a code overrides nothing",
        );
        let until = read_until(walk, &spec);
        let reason = filled(walk, &spec, "reason");
        let ticket = filled(walk, &spec, "ticket");
        for (place, image) in images.iter().enumerate() {
            if let ExceptedImage::Pattern(pattern) = image {
                let message = format!(
                    "{} is for every image under it, also for those that are pushed next; a repository with a digest is for \
                     the one that was looked at",
                    quoted(pattern)
                );
                walk.inside("images", |walk| {
                    walk.item(place, |walk| {
                        walk.note(LintCode::ExceptionByPattern, spec.place("images"), message);
                    });
                });
            }
        }
        note_order(walk, &spec);
        if images.is_empty() || codes.is_empty() {
            return None;
        }
        Some(ExceptionTerms {
            images,
            codes,
            until: until?,
            reason: reason?,
            ticket,
            namespaces,
            until_at: spec.place("until"),
        })
    }

    fn read_selector(
        &self,
        walk: &mut Walk<'_>,
        spec: &Object<'_>,
    ) -> Option<crate::LabelSelector> {
        const FIELD: &str = "namespaceSelector";
        if spec.names(FIELD) && self.kind == ExceptionKind::ImageException {
            let message = format!(
                "`{FIELD}` has a meaning only in a ClusterImageException; an ImageException counts in its own namespace"
            );
            walk.form(LintCode::MisplacedField, spec.place(FIELD), message);
            return None;
        }
        part(walk, spec, FIELD, read_labels)
    }
}

/// What is required. A text that breaks off before the last of these is no exception.
const REQUIRED: [&str; 4] = ["images", "codes", "until", "reason"];

/// Notes that the selector stands behind all that is required: a text that breaks off in it is for more namespaces.
fn note_order(walk: &mut Walk<'_>, spec: &Object<'_>) {
    const FIELD: &str = "namespaceSelector";
    let selector = spec.place(FIELD);
    let is_last = spec.field(FIELD).is_some()
        && REQUIRED
            .iter()
            .all(|field| spec.place(field).line < selector.line);
    if is_last {
        let message = "a file that breaks off before this line is for every namespace; `namespaceSelector` stands better \
                       before `reason`";
        walk.note(LintCode::SelectorLast, selector, message);
    }
}

fn read_image(walk: &mut Walk<'_>, node: &Node) -> Option<ExceptedImage> {
    let text = walk.text(node)?;
    match ExceptedImage::parse(text) {
        Ok(image) => Some(image),
        Err(why) => {
            let message = format!("{} cannot be excepted: {why}", quoted(text));
            walk.meaning(LintCode::InvalidValue, node.at, message);
            None
        }
    }
}

fn read_code(walk: &mut Walk<'_>, node: &Node) -> Option<ExceptionCode> {
    let text = walk.text(node)?;
    match ExceptionCode::named(text) {
        Ok(code) => Some(code),
        Err(NoException::Unknown) => {
            let near = schema::nearest(text, OVERRIDABLE);
            let near = near.map(|name| format!("did you mean `{name}`?"));
            let message = format!("{} is no reason code", quoted(text));
            walk.unknown(LintCode::UnknownValue, node.at, message, near);
            None
        }
        Err(never) => {
            let message = format!("{}: {never}", quoted(text));
            walk.unknown(LintCode::NeverExcepted, node.at, message, None);
            None
        }
    }
}

fn read_until(walk: &mut Walk<'_>, spec: &Object<'_>) -> Option<Timestamp> {
    const FIELD: &str = "until";
    let text = walk.string(spec, FIELD)?;
    let time = effective::parse(text);
    if time.is_none() {
        let message = format!(
            "{} is neither a day such as `2026-12-01` nor a time such as `2026-12-01T09:00:00Z`",
            quoted(text)
        );
        let at = spec.place(FIELD);
        walk.inside(FIELD, |walk| walk.form(LintCode::InvalidValue, at, message));
    }
    time
}

/// A text that says something, if it is there.
fn filled(walk: &mut Walk<'_>, spec: &Object<'_>, field: &'static str) -> Option<String> {
    let text = walk.string(spec, field)?;
    if text.trim().is_empty() {
        let message = format!("`{field}` says nothing");
        let at = spec.place(field);
        walk.inside(field, |walk| {
            walk.meaning(LintCode::InvalidValue, at, message);
        });
    }
    Some(text.to_owned())
}

//! What a door says of an image, as far as it shows it.

use std::collections::BTreeSet;

use serde_json::Value;

/// What a door says. What it does not show is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// `allow`, `warn` or `deny`.
    pub(crate) verdict: Option<String>,
    /// Whether it may run, for those who show no more.
    pub(crate) is_refused: bool,
    /// The code. Empty where there is none.
    pub(crate) code: Option<String>,
    /// What the image was resolved to.
    pub(crate) digest: Option<String>,
    /// What was verified. Empty where nothing was.
    pub(crate) pinned: Option<String>,
    /// The sentence, as much of it as is shown.
    pub(crate) sentence: Option<Sentence>,
    /// What it is to be named by.
    pub(crate) replacement: Option<String>,
    /// All that a report has.
    pub(crate) report: Option<Value>,
}

/// A sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sentence {
    Whole(String),
    /// Each part is somewhere in it, and the first at its beginning. Where it is expected: how it is to begin.
    Parts(Vec<String>),
}

impl Said {
    /// What a report says.
    pub(crate) fn of_report(report: &Value) -> Self {
        let text = |name: &str| Some(report[name].as_str().unwrap_or_default().to_owned());
        Self {
            verdict: text("verdict"),
            is_refused: report["verdict"] == "deny",
            code: text("code"),
            digest: text("digest"),
            pinned: text("pinned"),
            sentence: text("message").map(Sentence::Whole),
            replacement: None,
            report: Some(without_memory(report)),
        }
    }

    /// How this differs from what was to be said. Nothing, if it is the same as far as it is shown.
    pub(crate) fn differs_from(&self, expected: &Self) -> Vec<String> {
        let mut found = Vec::new();
        let mut compare = |what: &str, own: &Option<String>, theirs: &Option<String>| {
            if own.is_some() && own != theirs {
                found.push(format!("{what} is {own:?} and not {theirs:?}"));
            }
        };
        compare("verdict", &self.verdict, &expected.verdict);
        compare("code", &self.code, &expected.code);
        for (what, own, theirs) in [
            ("digest", &self.digest, &expected.digest),
            ("pinned", &self.pinned, &expected.pinned),
        ] {
            // A report has both, unless it is not to be compared.
            if theirs.is_some() {
                compare(what, own, theirs);
            }
        }
        compare("replacement", &self.replacement, &expected.replacement);
        if self.is_refused != expected.is_refused {
            found.push(format!("it is refused: {}", self.is_refused));
        }
        if let (Some(own), Some(theirs)) = (&self.report, &expected.report) {
            differing("", own, theirs, &mut found);
        }
        if let Some(sentence) = &self.sentence {
            found.extend(sentence.differs_from(expected));
        }
        found
    }
}

/// A report without what it says of memory. Who was asked about a collection before has met it already, and of alternatives the
/// one that is remembered stands in for those before it.
fn without_memory(report: &Value) -> Value {
    let mut report = report.clone();
    if let Some(notes) = report["notes"].as_array_mut() {
        notes.retain(|note| {
            !note
                .as_str()
                .is_some_and(|note| note.starts_with("first contact"))
        });
        if notes.is_empty() {
            report.as_object_mut().unwrap().remove("notes");
        }
    }
    let is_allowed = report["verdict"] == "allow";
    if let Some(requirements) = report["requirements"].as_array_mut() {
        requirements.retain(|one| !is_allowed || one["outcome"] == "pass");
        for requirement in requirements {
            let checks = requirement["checks"].as_array_mut().unwrap();
            checks.retain(|check| check["check"] != "remembered-trust");
        }
    }
    report
}

/// Where two values differ.
fn differing(place: &str, own: &Value, theirs: &Value, found: &mut Vec<String>) {
    match (own, theirs) {
        (Value::Object(own), Value::Object(theirs)) => {
            let names: BTreeSet<&String> = own.keys().chain(theirs.keys()).collect();
            for name in names {
                let [own, theirs] = [own, theirs].map(|one| one.get(name).unwrap_or(&Value::Null));
                differing(&format!("{place}/{name}"), own, theirs, found);
            }
        }
        (Value::Array(own), Value::Array(theirs)) if own.len() == theirs.len() => {
            for (number, (own, theirs)) in own.iter().zip(theirs).enumerate() {
                differing(&format!("{place}/{number}"), own, theirs, found);
            }
        }
        _ if own == theirs => {}
        _ => found.push(format!("{place} of the report is {own} and not {theirs}")),
    }
}

impl Sentence {
    fn differs_from(&self, expected: &Said) -> Option<String> {
        let differs = || Some(format!("it says {self:?} and not {:?}", expected.sentence));
        let is_same = match (self, &expected.sentence) {
            (_, None) => false,
            (Self::Whole(own), Some(Self::Whole(whole))) => own == whole,
            (Self::Parts(parts), Some(Self::Whole(whole))) => {
                // What led to it may be counted there, and not listed.
                let everything = expected
                    .report
                    .as_ref()
                    .map_or_else(String::new, Value::to_string);
                let mut parts = parts.iter().map(|part| part.trim_end_matches('…'));
                let first = parts.next().unwrap_or_default();
                let mut others = parts.map(|part| Value::from(part).to_string());
                !first.is_empty()
                    && whole.starts_with(first)
                    && others.all(|part| everything.contains(part.trim_matches('"')))
            }
            // How it begins.
            (own, Some(Self::Parts(beginning))) => {
                let own = match own {
                    Self::Whole(own) => own,
                    Self::Parts(parts) => &parts[0],
                };
                own.starts_with(&beginning[0])
            }
        };
        if is_same { None } else { differs() }
    }
}

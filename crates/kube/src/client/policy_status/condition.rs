//! One condition in a status.

use doorward_core::Timestamp;
use doorward_core::text::one_line;
use serde_json::{Value, json};

use super::readiness::PolicyReadiness;

/// The most characters of a message.
const MAX_MESSAGE: usize = 1000;

/// A condition, but since when it is so.
pub(super) struct Condition {
    pub(super) name: &'static str,
    pub(super) status: &'static str,
    /// A word in the form that the field has: `InForce`.
    pub(super) reason: String,
    pub(super) message: String,
}

impl Condition {
    /// The condition that says whether what a policy names can be used.
    pub(super) const READY: &'static str = "Ready";

    pub(super) fn ready(readiness: &PolicyReadiness) -> Self {
        let (status, code, message) = match readiness {
            PolicyReadiness::Ready => {
                let message = "what it names is there and can be used";
                ("True", None, message.to_owned())
            }
            PolicyReadiness::NotReady { code, message } => ("False", Some(*code), message.clone()),
            PolicyReadiness::Unknown { code, message } => ("Unknown", *code, message.clone()),
        };
        let reason = match (code, status) {
            (Some(code), _) => word(code.as_str()),
            (None, "True") => "Usable".to_owned(),
            (None, _) => "NotLookedAt".to_owned(),
        };
        let message = match code {
            Some(code) => format!("{code}: {message}"),
            None => message,
        };
        Self {
            name: Self::READY,
            status,
            reason,
            message: one_line(&message, MAX_MESSAGE),
        }
    }

    /// A condition of a stored status.
    pub(super) fn found<'o>(old: &'o Value, name: &str) -> Option<&'o Value> {
        let conditions = old.get("conditions").and_then(Value::as_array);
        let mut conditions = conditions.into_iter().flatten();
        conditions.find(|condition| condition.get("type").and_then(Value::as_str) == Some(name))
    }

    /// The condition in place of what the `old` status has of it. Since when it is so stays as long as it is.
    pub(super) fn over(&self, old: &Value, generation: Option<i64>, now: Timestamp) -> Value {
        let before = Self::found(old, self.name).filter(|condition| {
            condition.get("status").and_then(Value::as_str) == Some(self.status)
        });
        let since = before.and_then(|condition| condition.get("lastTransitionTime")?.as_str());
        let mut condition = json!({
            "type": self.name, "status": self.status, "reason": self.reason, "message": self.message,
            "lastTransitionTime": since.map_or_else(|| now.to_string(), str::to_owned),
        });
        if let (Some(generation), Some(members)) = (generation, condition.as_object_mut()) {
            members.insert("observedGeneration".to_owned(), generation.into());
        }
        condition
    }
}

/// A code as the word that a condition has for it: `secret-not-found` is `SecretNotFound`.
fn word(code: &str) -> String {
    let capitalised = |part: &str| {
        let mut letters = part.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    code.split('-').map(capitalised).collect()
}

#[cfg(test)]
mod tests {
    use doorward_core::Code;

    use super::*;

    #[test]
    fn a_code_is_a_word_and_its_text_stays_in_the_message() {
        let ready = Condition::ready(&PolicyReadiness::NotReady {
            code: Code::SECRET_NOT_FOUND,
            message: "secret shop/key: not found".to_owned(),
        });
        assert_eq!(
            (ready.status, ready.reason.as_str()),
            ("False", "SecretNotFound")
        );
        assert_eq!(
            ready.message,
            "secret-not-found: secret shop/key: not found"
        );
        let unknown = Condition::ready(&PolicyReadiness::Unknown {
            code: None,
            message: "it has too many entries".to_owned(),
        });
        assert_eq!(
            (unknown.status, unknown.reason.as_str()),
            ("Unknown", "NotLookedAt")
        );
        assert_eq!(Condition::ready(&PolicyReadiness::Ready).reason, "Usable");
        for code in Code::ALL {
            let word = word(code.as_str());
            assert!(word.chars().all(|c| c.is_ascii_alphanumeric()), "{word}");
            assert!(
                word.starts_with(|c: char| c.is_ascii_alphabetic()),
                "{word}"
            );
        }
    }
}

//! What a scheme found, for programs.

use std::fmt;

use serde::{Serialize, Serializer};

/// Something that a scheme found, in the form that the scheme publishes.
pub struct Item(Box<dyn erased_serde::Serialize + Send + Sync>);

impl Item {
    /// What serializes as `found`.
    #[must_use]
    pub fn new(found: impl Serialize + Send + Sync + 'static) -> Self {
        Self(Box::new(found))
    }
}

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        erased_serde::serialize(self.0.as_ref(), serializer)
    }
}

impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match serde_json::to_string(self) {
            Ok(text) => f.write_str(&text),
            Err(_) => f.write_str("Item"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Found {
        zebra_first: u8,
        alike: Option<&'static str>,
    }

    #[test]
    fn an_item_is_what_it_holds_with_its_members_in_their_order() {
        let item = Item::new(Found {
            zebra_first: 1,
            alike: None,
        });
        let text = serde_json::to_string(&[item]).expect("it is plain");
        assert_eq!(text, r#"[{"zebraFirst":1,"alike":null}]"#);
    }
}

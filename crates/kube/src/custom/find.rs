//! Following a path through an object.
//!
//! Only what is on the way is looked at; the rest is skipped without being stored, however large or deep it is.

use std::collections::HashSet;
use std::fmt;

use doorward_core::text::one_line;
use serde::Deserializer as _;
use serde::de::{Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::path::{CustomPath, Token};
use crate::pointer::escaped;
use crate::workload::WorkloadError;

/// What stands at a path in an object.
pub(crate) struct Found<'o> {
    /// Where it stands.
    pub(crate) pointer: String,
    pub(crate) value: &'o RawValue,
}

impl CustomPath {
    /// Everything that stands at the path in `object`, in its order. What is not there and what is `null` is nothing.
    ///
    /// # Errors
    /// If something on the way is neither an object nor a list, has a member twice, or if more than `most` are found.
    pub(crate) fn find<'o>(
        &self,
        object: &'o RawValue,
        most: usize,
    ) -> Result<Vec<Found<'o>>, WorkloadError> {
        let mut found = vec![Found {
            pointer: String::new(),
            value: object,
        }];
        for token in self.tokens() {
            let mut next = Vec::new();
            for place in found {
                place.step(token, most, &mut next)?;
            }
            found = next;
        }
        Ok(found)
    }
}

impl<'o> Found<'o> {
    /// Adds what is one step further.
    fn step(self, token: &Token, most: usize, next: &mut Vec<Self>) -> Result<(), WorkloadError> {
        let wanted = match token {
            Token::Each => None,
            Token::Named(name) => Some(name.as_str()),
        };
        let room = most.saturating_sub(next.len());
        let inner = Inner { wanted, room };
        let mut json = serde_json::Deserializer::from_str(self.value.get());
        let place = || {
            if self.pointer.is_empty() {
                return "the object".to_owned();
            }
            one_line(&self.pointer, 200)
        };
        // Of a value on the way nothing is said: it may be a secret in the wrong place.
        let malformed = |what: &str| WorkloadError::Malformed {
            detail: format!("{} {what}", place()),
        };
        let inner = match json.deserialize_any(inner) {
            Err(_) => return Err(malformed("is not an object or a list that goes on")),
            Ok(Taken::TooLong) => {
                return Err(malformed("has a member with a name of more than 253 bytes"));
            }
            Ok(Taken::TooMany) => return Err(WorkloadError::TooManyContainers { limit: most }),
            Ok(Taken::Twice) => return Err(malformed("has a duplicate field")),
            Ok(Taken::All(inner)) => inner,
        };
        next.extend(inner.into_iter().map(|(token, value)| Self {
            pointer: format!("{}/{}", self.pointer, escaped(&token)),
            value,
        }));
        Ok(())
    }
}

/// The most bytes of a name that a star stands for: what Kubernetes lets a name have, also as a key of a map. It is a part
/// of the pointer to everything below it.
const MAX_NAME: usize = 253;

/// What is wanted of a value: the member or element of a name, or all of them.
struct Inner<'t> {
    wanted: Option<&'t str>,
    room: usize,
}

/// What a value has of what is wanted, without those that are `null`.
enum Taken<'o> {
    All(Vec<(String, &'o RawValue)>),
    /// One of them has a name that is beyond the bound.
    TooLong,
    TooMany,
    /// One of them is there twice. Which of the two counts, readers do not agree about.
    Twice,
}

impl<'de> Visitor<'de> for Inner<'_> {
    type Value = Taken<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Taken::All(Vec::new()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut taken = Vec::new();
        let mut seen = HashSet::new();
        let mut fault = None;
        // A value is read to its end, also where something is wrong with it.
        while let Some(name) = members.next_key::<String>()? {
            if fault.is_some() || self.wanted.is_some_and(|wanted| wanted != name) {
                members.next_value::<IgnoredAny>()?;
                continue;
            }
            let value: &RawValue = members.next_value()?;
            if self.wanted.is_none() && name.len() > MAX_NAME {
                fault = Some(Taken::TooLong);
            } else if !seen.insert(name.clone()) {
                fault = Some(Taken::Twice);
            } else {
                take(&mut taken, name, value);
                if taken.len() > self.room {
                    fault = Some(Taken::TooMany);
                }
            }
        }
        if let Some(fault) = fault {
            return Ok(fault);
        }
        Ok(Taken::All(taken))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        // Only the form without leading zeros is an index (RFC 6901 section 4).
        let index = |text: &str| {
            let index: Option<usize> = text.parse().ok();
            index.filter(|index| index.to_string() == text)
        };
        let wanted = match self.wanted {
            None => None,
            Some(text) => Some(index(text).ok_or_else(|| A::Error::custom("no index"))?),
        };
        let mut taken = Vec::new();
        let mut number = 0_usize;
        while let Some(value) = elements.next_element::<&RawValue>()? {
            if wanted.is_none_or(|wanted| wanted == number) {
                take(&mut taken, number.to_string(), value);
            }
            number += 1;
            if taken.len() > self.room {
                while elements.next_element::<IgnoredAny>()?.is_some() {}
                return Ok(Taken::TooMany);
            }
        }
        Ok(Taken::All(taken))
    }
}

fn take<'o>(taken: &mut Vec<(String, &'o RawValue)>, token: String, value: &'o RawValue) {
    if value.get() != "null" {
        taken.push((token, value));
    }
}

//! Label selectors, with the meaning that Kubernetes gives them (`LabelSelector` of `meta/v1`).

use std::collections::BTreeMap;

use serde_json::Value;

use super::Applies;
use crate::environment::{Known, Missing};

/// Selects by labels: every requirement must be met. Without any, it selects everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct LabelSelector {
    /// Sorted, each once. What `matchLabels` says is here as [`LabelOperator::In`] with one value.
    pub(super) requirements: Vec<LabelRequirement>,
}

/// What one label must be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct LabelRequirement {
    /// The key of the label.
    pub key: String,
    /// How it is compared.
    pub operator: LabelOperator,
    /// The values that it is compared with, sorted and each once. Empty where only the key counts.
    pub values: Vec<String>,
}

/// How a label is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LabelOperator {
    /// There is no such label.
    DoesNotExist,
    /// There is such a label, whatever its value.
    Exists,
    /// Its value is one of those that are named.
    In,
    /// Its value is none of those that are named, or there is no such label.
    NotIn,
}

impl LabelOperator {
    /// Every operator, by its name in the format.
    pub(super) const NAMES: &'static [(&'static str, Self)] = &[
        ("In", Self::In),
        ("NotIn", Self::NotIn),
        ("Exists", Self::Exists),
        ("DoesNotExist", Self::DoesNotExist),
    ];

    /// Whether it compares with values.
    pub(super) const fn has_values(self) -> bool {
        match self {
            Self::In | Self::NotIn => true,
            Self::DoesNotExist | Self::Exists => false,
        }
    }
}

impl LabelSelector {
    /// A selector as an API server has stored it: an absent one selects everything. `None` if anything in it cannot be read, so
    /// that nobody knows what it selects.
    #[must_use]
    pub fn of_stored(selector: &Value) -> Option<Self> {
        let members = |name: &str| selector.get(name).filter(|value| !value.is_null());
        let mut requirements = Vec::new();
        match members("matchLabels") {
            None => {}
            Some(Value::Object(labels)) => {
                for (key, value) in labels {
                    requirements.push(LabelRequirement {
                        key: key.clone(),
                        operator: LabelOperator::In,
                        values: vec![value.as_str()?.to_owned()],
                    });
                }
            }
            Some(_) => return None,
        }
        match members("matchExpressions") {
            None => {}
            Some(Value::Array(expressions)) => {
                for expression in expressions {
                    requirements.push(LabelRequirement::of_stored(expression)?);
                }
            }
            Some(_) => return None,
        }
        requirements.sort();
        requirements.dedup();
        (selector.is_null() || selector.is_object()).then_some(Self { requirements })
    }

    /// Whether it selects what has these labels, and no others.
    #[must_use]
    pub fn is_met(&self, labels: &BTreeMap<&str, &str>) -> bool {
        let met = |one: &LabelRequirement| one.is_met(labels.get(one.key.as_str()).copied());
        self.requirements.iter().all(met)
    }

    /// The requirements, in the order of their keys.
    #[must_use]
    pub fn requirements(&self) -> &[LabelRequirement] {
        &self.requirements
    }

    /// Whether it selects what has the labels that `label` tells. Whatever is not known is `missing`.
    pub(super) fn select<'l>(
        &self,
        label: &dyn Fn(&str) -> Known<&'l str>,
        missing: Missing,
    ) -> Applies {
        let met = self.requirements.iter().map(|one| match label(&one.key) {
            Known::No => Applies::Unknown(missing),
            Known::Yes(value) if one.is_met(value) => Applies::Yes,
            Known::Yes(_) => Applies::No,
        });
        met.fold(Applies::Yes, Applies::and)
    }
}

impl LabelRequirement {
    fn of_stored(expression: &Value) -> Option<Self> {
        let text = |name: &str| expression.get(name).and_then(Value::as_str);
        let named = LabelOperator::NAMES.iter();
        let mut operators = named.filter(|(name, _)| text("operator") == Some(*name));
        let values = expression.get("values").and_then(Value::as_array);
        let values = values.into_iter().flatten();
        let values = values.map(|value| value.as_str().map(str::to_owned));
        let mut values = values.collect::<Option<Vec<_>>>()?;
        values.sort();
        values.dedup();
        Some(Self {
            key: text("key")?.to_owned(),
            operator: operators.next().map(|(_, operator)| *operator)?,
            values,
        })
    }

    /// Whether a label with this value meets it; `None` is no label.
    #[must_use]
    pub fn is_met(&self, value: Option<&str>) -> bool {
        let is_named = |value: &str| self.values.iter().any(|named| named == value);
        match self.operator {
            LabelOperator::DoesNotExist => value.is_none(),
            LabelOperator::Exists => value.is_some(),
            LabelOperator::In => value.is_some_and(is_named),
            LabelOperator::NotIn => !value.is_some_and(is_named),
        }
    }
}

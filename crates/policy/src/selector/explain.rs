//! Why a policy is for a workload or not, in words.

use super::{Applies, LabelOperator, LabelRequirement, LabelSelector, Selectors, account};
use crate::Environment;
use crate::environment::{Known, Missing};

impl Selectors {
    /// Why they select a workload or do not, one fragment for each selector: all of them if they select it, and otherwise
    /// those that do not, or may not.
    #[must_use]
    pub fn explain(&self, environment: &Environment<'_>) -> Vec<String> {
        let mut said = Vec::new();
        let mut by_labels = |field: &str, selector: &LabelSelector, labels: Vec<Known<&str>>| {
            if selector.requirements.is_empty() {
                said.push((Applies::Yes, format!("{field} selects everything")));
            }
            let requirements = selector.requirements.iter().zip(labels);
            said.extend(requirements.map(|(one, label)| one.explain(field, label)));
        };
        if let Some(selector) = &self.namespaces {
            let keys = selector.requirements.iter();
            let labels = keys.map(|one| environment.namespace_label(&one.key));
            by_labels("namespaceSelector", selector, labels.collect());
        }
        if let Some(selector) = &self.objects {
            let keys = selector.requirements.iter();
            let labels = keys.map(|one| environment.object_label(&one.key));
            by_labels("objectSelector", selector, labels.collect());
        }
        if !self.service_accounts.is_empty() {
            let applies = account::select(&self.service_accounts, environment);
            let listed: Vec<String> = self
                .service_accounts
                .iter()
                .map(ToString::to_string)
                .collect();
            let found = match (environment.namespace(), environment.service_account()) {
                (Some(namespace), Some(name)) => format!("it is {namespace}/{name}"),
                (None, Some(name)) => format!("it is {name}"),
                (_, None) => "it is not known".to_owned(),
            };
            let listed = listed.join(", ");
            said.push((
                applies,
                format!("serviceAccounts wants one of {listed}, and {found}"),
            ));
        }
        let all = self.select(environment);
        let tells = |(applies, _): &(Applies, String)| match all {
            Applies::Yes => true,
            Applies::No => *applies == Applies::No,
            Applies::Unknown(_) => matches!(applies, Applies::Unknown(_)),
        };
        said.retain(tells);
        said.into_iter().map(|(_, text)| text).collect()
    }
}

impl LabelRequirement {
    fn explain(&self, field: &str, label: Known<&str>) -> (Applies, String) {
        let Self {
            key,
            operator,
            values,
        } = self;
        let values = values.join(", ");
        let wants = match operator {
            LabelOperator::DoesNotExist => format!("no label {key}"),
            LabelOperator::Exists => format!("a label {key}"),
            LabelOperator::In => format!("{key} in ({values})"),
            LabelOperator::NotIn => format!("{key} not in ({values})"),
        };
        let (applies, found) = match label {
            Known::No => (
                Applies::Unknown(Missing::NOTHING),
                "it is not known".to_owned(),
            ),
            Known::Yes(value) => {
                let found = match value {
                    None => "there is none".to_owned(),
                    Some(value) => format!("it is {value:?}"),
                };
                let is_met = self.is_met(value);
                (if is_met { Applies::Yes } else { Applies::No }, found)
            }
        };
        (applies, format!("{field} wants {wants}, and {found}"))
    }
}

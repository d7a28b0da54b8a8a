//! Which form of policy counts.

use super::RulesSettings;
use crate::failure::{Failure, Outcome};

/// A form of policy. Rules are given in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Documents as a cluster has them.
    Documents,
    /// A `policy.json`.
    Containers,
    /// A trust policy of the Notary Project.
    Notation,
}

impl Form {
    const ALL: [Self; 3] = [Self::Documents, Self::Containers, Self::Notation];

    /// The flag that names rules in this form.
    const fn flag(self) -> &'static str {
        match self {
            Self::Documents => "--filename",
            Self::Containers => "--containers-policy",
            Self::Notation => "--trust-policy",
        }
    }
}

impl RulesSettings {
    /// A flag for one form of policy overrides files and variables for the others; two of equal strength contradict.
    ///
    /// # Errors
    /// When the strongest source, or two that are equally strong, give two forms.
    pub(super) fn decide_between_forms(&mut self) -> Outcome<()> {
        let strength = |form: &Form| self.strength(*form);
        let Some(strongest) = Form::ALL.iter().filter_map(strength).max() else {
            return Ok(());
        };
        let mut chosen = Form::ALL.into_iter();
        let mut next = || chosen.find(|form| self.strength(*form) == Some(strongest));
        let first = next();
        if let (Some(one), Some(other)) = (first, next()) {
            return Err(Failure::usage(format!(
                "{} and {} are two forms of policy; give one of them",
                one.flag(),
                other.flag()
            )));
        }
        for form in Form::ALL {
            if Some(form) != first && self.strength(form).is_some() {
                self.leave_out(form);
            }
        }
        Ok(())
    }

    /// How strong the source is that gives rules in this form. Returns `None` if none does.
    fn strength(&self, form: Form) -> Option<u8> {
        let (is_given, origin) = match form {
            Form::Documents => (!self.filename.value.is_empty(), &self.filename.origin),
            Form::Containers => {
                let policy = &self.containers_policy;
                (policy.value.is_some(), &policy.origin)
            }
            Form::Notation => (self.trust_policy.value.is_some(), &self.trust_policy.origin),
        };
        is_given.then(|| origin.strength())
    }

    /// Forgets rules in this form, and what goes with them.
    fn leave_out(&mut self, form: Form) {
        match form {
            Form::Documents => self.filename.value.clear(),
            Form::Containers => {
                self.containers_policy.value = None;
                self.registries_d.value = None;
            }
            Form::Notation => {
                self.trust_policy.value = None;
                self.trust_store.value = None;
                self.revocation.value = None;
            }
        }
    }
}

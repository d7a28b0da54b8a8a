//! Which of two selectors selects more, as far as that can be told without trying labels.

use super::{AccountPattern, LabelSelector, Selectors};

impl Selectors {
    /// Whether they surely select everything that `other` selects. What cannot be told is no.
    pub(crate) fn cover(&self, other: &Self) -> bool {
        self.cover_places(other) && covers(self.objects.as_ref(), other.objects.as_ref())
    }

    /// The same, leaving the labels of objects aside.
    pub(crate) fn cover_places(&self, other: &Self) -> bool {
        covers(self.namespaces.as_ref(), other.namespaces.as_ref())
            && cover_accounts(&self.service_accounts, &other.service_accounts)
    }
}

/// A selector with fewer requirements selects more.
fn covers(more: Option<&LabelSelector>, less: Option<&LabelSelector>) -> bool {
    let of = |selector: Option<&LabelSelector>| {
        selector.map_or_else(Vec::new, |selector| selector.requirements.clone())
    };
    let less = of(less);
    of(more).iter().all(|one| less.contains(one))
}

fn cover_accounts(more: &[AccountPattern], less: &[AccountPattern]) -> bool {
    more.is_empty() || (!less.is_empty() && less.iter().all(|one| more.contains(one)))
}

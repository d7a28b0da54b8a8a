//! What can be found, by name.

use std::fmt;

use serde::{Serialize, Serializer};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Severity {
    /// Images are not judged that should be, or are refused that should not.
    Error,
    /// It could not be asked, so that nobody knows.
    Unknown,
    /// It works, and will not go on to in some case, or somebody can change it who perhaps should not.
    Warning,
}

impl Severity {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

macro_rules! codes {
    ($($variant:ident $severity:ident $name:literal $description:literal)*) => {
        /// What was found: a stable name. Names are only added.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum CheckupCode {
            $(#[doc = concat!("`", $name, "`: ", $description)] $variant,)*
        }

        impl CheckupCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// How bad it is.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }

            /// What it means, in a sentence without a full stop.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self { $(Self::$variant => $description,)* }
            }
        }
    };
}

codes! {
    CaBundleInvalid Error "ca-bundle-invalid" "the authorities in a webhook configuration cannot be read"
    CaBundleMismatch Error "ca-bundle-mismatch" "the API server does not believe the certificate that the Service serves"
    CaBundleMissing Error "ca-bundle-missing" "a webhook configuration names no authority"
    CertificateEnded Error "certificate-ended" "a certificate or its authority is not valid now"
    CertificateEndsSoon Warning "certificate-ends-soon" "a certificate or its authority is not valid for long"
    CertificateMissing Error "certificate-missing" "the Secret with the serving certificate is not there or has none"
    ConfigurationDrifted Warning "configuration-drifted" "a webhook configuration is not as planned in a field that leaves no image out"
    DefinitionMissing Error "definition-missing" "the definition of a custom resource is not there"
    DefinitionOutdated Error "definition-outdated" "the definition of a custom resource does not have all fields of this version"
    DeploymentMissing Unknown "deployment-missing" "the Deployment of the webhook was not found, so that its options are not known"
    FailurePolicyIgnore Error "failure-policy-ignore" "the API server admits what the webhook does not answer about"
    MutatingMissing Error "mutating-missing" "no mutating webhook is registered, so that nothing is pinned"
    NamespacesExcluded Error "namespaces-excluded" "namespaces are not judged that are to be"
    NamespacesLeftOut Warning "namespaces-left-out" "namespaces are not judged, as the installation has it"
    NoPolicy Error "no-policy" "there is no policy, so that everything is refused"
    NotAnswered Unknown "not-answered" "what is needed to tell could not be asked"
    NotRegistered Error "not-registered" "no webhook is registered, so that nothing is judged"
    ObjectsExcluded Error "objects-excluded" "objects are not judged, by their labels or by a condition"
    PoliciesMissing Warning "policies-webhook-missing" "policies are not reviewed when they are written"
    PolicyNotAccepted Error "policy-not-accepted" "a policy or exception is not in force as it is written"
    PolicyNotReady Warning "policy-not-ready" "what a policy names cannot be used"
    PolicyNotSynced Error "policy-not-synced" "the webhook has said nothing of a policy or exception as it is now"
    PointsElsewhere Error "points-elsewhere" "a webhook configuration does not lead to the webhook"
    ReplicasOneNode Warning "replicas-one-node" "all replicas run on one node"
    ReplicasSingle Warning "replicas-single" "one replica alone answers"
    RightsConfigurations Warning "rights-configurations" "somebody may change or delete the webhook configurations"
    RightsOpen Error "rights-open" "everybody who can reach the API server may change policies or webhook configurations"
    RightsPolicies Warning "rights-policies" "somebody may write policies in the whole cluster"
    RulesIncomplete Error "rules-incomplete" "kinds or operations are not judged"
    ServiceEndpoints Error "service-without-endpoints" "the Service leads to no replica that is ready"
    ServiceMissing Error "service-missing" "the Service of the webhook is not there"
    ServicePort Error "service-port-mismatch" "the Service does not listen on the port that a configuration names"
    TimeoutTooShort Error "timeout-too-short" "the API server does not wait for the answer of the webhook"
    ValidatingMissing Error "validating-missing" "no validating webhook is registered, so that what others change is not judged"
}

impl fmt::Display for CheckupCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for CheckupCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kebab_case_and_each_of_one_code() {
        let mut names: Vec<&str> = CheckupCode::ALL.iter().map(|code| code.as_str()).collect();
        let count = names.len();
        for name in &names {
            let is_plain = |c: char| c.is_ascii_lowercase() || c == '-';
            assert!(name.chars().all(is_plain), "{name}");
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}

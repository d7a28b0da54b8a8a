//! What the reader of a refusal can do next.
//!
//! A hint says how to learn more or how to supply what is missing. It never says how to trust less: no hint speaks
//! of a mode, of an exception, or of a requirement that could be left out.

use doorward::notary::codes as notary_codes;
use doorward::simple_signing::codes as simple_codes;
use doorward::{Decision, Verdict};
use doorward_core::{Code, Distrust, FetchError, Reference, Rejection};

use crate::site::Site;
use crate::terminal::Terminal;

/// Prints what helps with the refusals among `verdicts`, each hint once.
pub(crate) fn all(verdicts: &[Verdict], site: &Site, terminal: Terminal) {
    let mut said: Vec<String> = Vec::new();
    for verdict in verdicts
        .iter()
        .filter(|verdict| verdict.decision() != Decision::Allow)
    {
        let Some(rejection) = verdict.rejection() else {
            continue;
        };
        if let Some(hint) = hint(verdict.reference(), rejection, site)
            && !said.contains(&hint)
        {
            terminal.hint(&hint);
            said.push(hint);
        }
    }
}

fn hint(reference: Option<&Reference>, rejection: &Rejection, site: &Site) -> Option<String> {
    Some(match rejection.code() {
        Code::POLICY_NO_MATCH | Code::POLICY_NONE => {
            let known = site.policies();
            if known.is_empty() {
                "no policy was read; name files or directories that have one with --filename".to_owned()
            } else {
                format!("these policies were read: {}", known.join(", "))
            }
        }
        Code::CREDENTIAL_PROVIDER_FAILED => {
            "the provider has the environment of this command; the guide to registries of clouds says how to ask it by hand"
                .to_owned()
        }
        Code::SECRET_NOT_FOUND => elsewhere(rejection, site),
        Code::REGISTRY_UNAUTHORIZED => "anonymous access and every known credential were refused; log in with \
             `docker login`, or give the pull Secret with --filename and its ServiceAccount with --service-account"
            .to_owned(),
        Code::REGISTRY_UNAVAILABLE | notary_codes::SERVER_UNAVAILABLE if handshake(rejection).is_some() => {
            return handshake(rejection);
        }
        // The user who said --offline knows why.
        notary_codes::SERVER_UNAVAILABLE | Code::REGISTRY_UNAVAILABLE if rejection.was_not_asked() => {
            return None;
        }
        Code::REGISTRY_UNAVAILABLE | Code::DEADLINE_EXCEEDED => {
            "nothing is known about the image until this can be asked; -v shows every exchange".to_owned()
        }
        simple_codes::STORE_UNAUTHORIZED => "what a store holds ends with its first file that is not there, so it must answer \
             404 for that; a store that wants credentials gets those of the policy's `storeSecret`, never those for a \
             registry"
            .to_owned(),
        simple_codes::NO_SIGNATURE
        | simple_codes::NO_ACCEPTED_SIGNATURE
        | simple_codes::IDENTITY_MISMATCH
        | simple_codes::UNKNOWN_KEY
        | simple_codes::DIGEST_MISMATCH
        | simple_codes::BAD_SIGNATURE => "`doorward inspect` with the same image and files lists the signatures that exist"
            .to_owned(),
        notary_codes::PIN_REQUIRED => {
            let gun = reference
                .map_or_else(String::new, |reference| reference.repository().to_string());
            format!(
                "`doorward trust pin {gun}` prints the pins that the policy lacks; where a Docker client already trusts \
                 the repository, `doorward trust import` takes its root over"
            )
        }
        notary_codes::PIN_MISMATCH => {
            "`doorward inspect` with the same image and files shows which root keys the server has; a publisher who \
             replaced theirs can tell you the new key ID"
                .to_owned()
        }
        notary_codes::SERVER_UNAVAILABLE => {
            "nothing is known about the image until the trust server can be asked; -v shows every exchange".to_owned()
        }
        notary_codes::SERVER_UNAUTHORIZED => "anonymous access and every known credential were refused; a trust server \
             on another host than the registry needs an entry of its own, by host and port, in the pull Secret or the \
             Docker configuration"
            .to_owned(),
        notary_codes::DELEGATION_MISSING
        | notary_codes::DIGEST_MISMATCH
        | notary_codes::NOT_RELEASED
        | notary_codes::ROLE_EXPIRED
        | notary_codes::SIGNER_KEY_MISMATCH
        | notary_codes::SIGNER_MISMATCH
        | notary_codes::SIGNER_MISSING
        | notary_codes::THRESHOLD => {
            "`doorward inspect` with the same image and files shows the roles, until when they are valid, and what they \
             signed"
                .to_owned()
        }
        _ => return None,
    })
}

/// What helps where a Secret or a `ConfigMap` is missing.
fn elsewhere(rejection: &Rejection, site: &Site) -> String {
    let (kind, known) = match (rejection.config_map(), rejection.secret()) {
        (Some((_, name)), _) => ("ConfigMap", site.config_maps_named(name)),
        (None, Some((_, name))) => ("Secret", site.secrets_named(name)),
        (None, None) => ("Secret", Vec::new()),
    };
    if known.is_empty() {
        return format!("add the {kind} to the files that --filename names");
    }
    format!(
        "a {kind} of that name exists elsewhere: {}; what a cluster policy names is read from the namespace that it \
         says, else from --home-namespace",
        known.join(", ")
    )
}

/// What helps where TLS is not what it should be: by the facts of the failure, not by its words.
fn handshake(rejection: &Rejection) -> Option<String> {
    let Some(FetchError::Handshake(handshake)) = rejection.fetch_error() else {
        return None;
    };
    let host = &handshake.host;
    Some(match &handshake.distrust {
        Distrust::NotTls if is_this_machine(host) => {
            format!("--plain-http {host} if that is meant")
        }
        // Somebody in between can answer so, and must not be helped.
        Distrust::NotTls => format!(
            "look at the port; where {host} speaks TLS, something between here and there answers in its place"
        ),
        Distrust::UnknownIssuer(_) => {
            format!(
                "if {host} has an authority of its own, --ca-file PEM names the file with its certificate"
            )
        }
        Distrust::Expired | Distrust::NotYetValid => {
            format!("{host} has to renew its certificate; or the clock here is wrong")
        }
        Distrust::NameMismatch(_) => {
            format!("use a name that the certificate is for, or have one made for {host}")
        }
        _ => return None,
    })
}

/// Whether a host with or without its port is this machine.
fn is_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost"
        || bare
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use doorward_core::{Fact, FetchError, Resource, Selector};

    use super::*;
    use doorward_simple_signing::store_rejection;

    const SECRETS: &str = "\
apiVersion: doorward.dev/v1
kind: ClusterImagePolicy
metadata: {name: p}
spec:
  repositories:
  - name: \"*\"
    policy:
      simple: {requirements: [{type: reject}]}
---
apiVersion: v1
kind: Secret
metadata: {name: found, namespace: trust}
stringData: {key: x}
---
apiVersion: v1
kind: Secret
metadata: {name: not, namespace: docker.io}
stringData: {key: x}
---
apiVersion: v1
kind: Secret
metadata: {name: missing, namespace: docker.io}
stringData: {key: x}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: roots, namespace: shop}
data: {root.crt: x}
";

    fn said(rejection: &Rejection) -> Option<String> {
        let site = Site::parse(SECRETS).expect("readable");
        hint(None, rejection, &site)
    }

    #[test]
    fn a_secret_called_found_is_not_pointed_at_where_another_one_was_not_found() {
        let detail = "secret doorward/absent: not found";
        let absent = Rejection::new(Code::SECRET_NOT_FOUND, detail)
            .with_fact(Fact::secret("doorward", "absent"));
        let hint = said(&absent).expect("a hint");
        assert_eq!(hint, "add the Secret to the files that --filename names");
    }

    #[test]
    fn a_config_map_that_is_missing_is_called_one_and_a_secret_of_its_name_is_none() {
        let absent = |name: &str| {
            let detail = format!("ConfigMap doorward/{name}: not found");
            Rejection::new(Code::SECRET_NOT_FOUND, detail)
                .with_fact(Fact::config_map("doorward", name))
        };
        for name in ["absent", "found"] {
            let hint = said(&absent(name)).expect("a hint");
            assert_eq!(hint, "add the ConfigMap to the files that --filename names");
        }
        let hint = said(&absent("roots")).expect("a hint");
        assert!(
            hint.starts_with("a ConfigMap of that name exists elsewhere: shop/roots;"),
            "{hint}"
        );
    }

    #[test]
    fn a_namespace_called_like_a_registry_is_no_secret() {
        let absent = Rejection::new(
            Code::SECRET_NOT_FOUND,
            "secret docker.io/missing: not found, for docker.io/library/not:found",
        )
        .with_fact(Fact::secret("doorward", "missing"));
        let hint = said(&absent).expect("a hint");
        assert!(
            hint.contains("a Secret of that name exists elsewhere: docker.io/missing;"),
            "{hint}"
        );
    }

    #[test]
    fn an_image_called_like_the_option_for_no_network_gets_the_hint_of_every_image() {
        let resource = Resource::Manifest {
            repository: "registry.example/x--offline".parse().expect("a repository"),
            selector: Selector::Tag("1".parse().expect("a tag")),
        };
        let refused = FetchError::Unavailable {
            detail: "connection refused".to_owned(),
        };
        let hint = said(&Rejection::from_fetch(&resource, &refused)).expect("a hint");
        assert!(hint.contains("-v shows every exchange"), "{hint}");
        let offline = FetchError::NotAsked {
            detail: "no network".to_owned(),
        };
        assert_eq!(said(&Rejection::from_fetch(&resource, &offline)), None);
    }

    #[test]
    fn nobody_is_sent_to_log_in_to_a_registry_because_a_store_refused() {
        let refused = FetchError::Unauthorized {
            detail: "it answered 403".to_owned(),
        };
        let store = Resource::Lookaside {
            url: "https://sigs.example/app@sha256=00/signature-1".to_owned(),
            access: None,
        };
        let hint = said(&store_rejection(&store, &refused)).expect("a hint");
        assert!(hint.contains("storeSecret"), "{hint}");
        assert!(!hint.contains("docker login"), "{hint}");
    }

    #[test]
    fn only_a_name_of_this_machine_is_advised_to_do_without_tls() {
        let here = "localhost localhost:5000 127.0.0.1 127.8.9.1:5000 [::1] [::1]:5000";
        for host in here.split(' ') {
            assert!(is_this_machine(host), "{host}");
        }
        let elsewhere = ":5000 r.example localhost.r.example:5000 127.0.0.1.r.example 10.0.0.1:5000 [::2]:5000 0.0.0.0";
        for host in elsewhere.split(' ') {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}

//! Options about the serving certificate, and about the API server asking this webhook.

use std::path::PathBuf;

use clap::Args;

/// Where the serving certificate comes from, and whether this program has the API server ask it.
#[derive(Clone, Debug, Args)]
pub struct ServingArgs {
    /// PEM file of the serving certificate and its chain. Read again when it or the key changes
    #[arg(
        long,
        value_name = "PEM",
        env = "DOORWARD_TLS_CERT",
        requires = "tls_key",
        required_unless_present = "tls_secret"
    )]
    pub tls_cert: Option<PathBuf>,

    /// PEM file of the serving key
    #[arg(
        long,
        value_name = "PEM",
        env = "DOORWARD_TLS_KEY",
        requires = "tls_cert"
    )]
    pub tls_key: Option<PathBuf>,

    /// Make the serving certificate and keep it in this Secret of the home namespace, which all replicas read. It is renewed
    /// before it ends, and no restart is needed
    #[arg(
        long,
        value_name = "NAME",
        env = "DOORWARD_TLS_SECRET",
        requires = "from_cluster",
        conflicts_with_all = ["tls_cert", "tls_key"]
    )]
    pub tls_secret: Option<String>,

    /// The Service in the home namespace that leads here, and its port: what the certificate of --tls-secret is for, and
    /// where --arm sends the API server
    #[arg(long, value_name = "NAME[:PORT]", env = "DOORWARD_SERVICE", default_value = "doorward", value_parser = service)]
    pub service: Service,

    /// Have the API server ask this webhook as soon as one replica can answer, and keep it so: one of the replicas writes the
    /// webhook configurations and puts right what others change in them
    #[arg(long, env = "DOORWARD_ARM", requires = "from_cluster")]
    pub arm: bool,

    /// The ClusterRole that owns the webhook configurations: they are deleted with it
    #[arg(
        long,
        value_name = "NAME",
        env = "DOORWARD_ARM_OWNER",
        default_value = "doorward"
    )]
    pub arm_owner: String,

    /// PEM file of the authorities that the API server is to trust for --tls-cert. Needed with --arm, and read again when it changes
    #[arg(
        long,
        value_name = "PEM",
        env = "DOORWARD_CA_BUNDLE",
        requires = "arm",
        conflicts_with = "tls_secret"
    )]
    pub ca_bundle: Option<PathBuf>,

    /// With --arm, have nothing judged in this namespace, and with --rescan-every, nothing that runs there judged again. Can be
    /// repeated. Anyone who may create Pods there runs any image
    #[arg(
        long = "exclude-namespace",
        value_name = "NAMESPACE",
        env = "DOORWARD_EXCLUDE_NAMESPACE",
        value_delimiter = ',',
        requires = "leaves_out"
    )]
    pub exclude_namespaces: Vec<String>,
}

/// A Service by its name, and the port that it listens on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Its port; 443 if nothing else is said.
    pub port: u16,
}

/// `NAME` or `NAME:PORT`. The name is a DNS label (RFC 1035), as the API server wants it.
fn service(text: &str) -> Result<Service, String> {
    let (name, port) = match text.split_once(':') {
        None => (text, 443),
        Some((name, port)) => match port.parse() {
            Ok(0) | Err(_) => return Err("expected a port from 1 to 65535".to_owned()),
            Ok(port) => (name, port),
        },
    };
    let is_label = (1..=63).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && !name.ends_with('-')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !is_label {
        return Err("expected the name of a Service".to_owned());
    }
    Ok(Service {
        name: name.to_owned(),
        port,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Args as All;
    use clap::Parser as _;

    fn parse(options: &str) -> Result<ServingArgs, clap::Error> {
        let words = options.split_whitespace();
        let all = ["doorward-webhook", "--from-cluster"].into_iter();
        All::try_parse_from(all.chain(words)).map(|args| args.serving)
    }

    #[test]
    fn a_certificate_comes_from_files_or_from_a_secret_and_not_from_both_or_neither() {
        let files = parse("--tls-cert c --tls-key k").unwrap();
        assert!(files.tls_secret.is_none() && !files.arm);
        let secret = parse("--tls-secret s").unwrap();
        assert_eq!(secret.tls_secret.as_deref(), Some("s"));
        assert!(secret.tls_cert.is_none());
        for bad in [
            "",
            "--tls-cert c",
            "--tls-key k",
            "--tls-secret s --tls-cert c --tls-key k",
            "--tls-secret s --tls-key k",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_writes_into_the_cluster_needs_the_cluster() {
        let without = |options: &str| {
            let all = ["doorward-webhook", "-f", "p"].into_iter();
            All::try_parse_from(all.chain(options.split_whitespace()))
        };
        assert!(without("--tls-cert c --tls-key k").is_ok());
        assert!(without("--tls-secret s").is_err());
        assert!(without("--tls-cert c --tls-key k --arm --ca-bundle b").is_err());
    }

    #[test]
    fn a_bundle_and_namespaces_that_are_left_out_go_with_arming_alone() {
        let files = "--tls-cert c --tls-key k";
        let armed = parse(&format!(
            "{files} --arm --ca-bundle b --exclude-namespace x --exclude-namespace y,z"
        ));
        assert_eq!(armed.unwrap().exclude_namespaces, ["x", "y", "z"]);
        for bad in [
            format!("{files} --ca-bundle b"),
            format!("{files} --exclude-namespace x"),
            "--tls-secret s --arm --ca-bundle b".to_owned(),
        ] {
            assert!(parse(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_service_is_a_name_and_perhaps_a_port() {
        let of = |name: &str, port| {
            Ok(Service {
                name: name.to_owned(),
                port,
            })
        };
        assert_eq!(service("doorward"), of("doorward", 443));
        assert_eq!(service("a-1:8443"), of("a-1", 8443));
        for bad in [
            "", ":443", "a:", "a:0", "a:65536", "a:x", "A", "1a", "a-", "a.b", "a/b", "a:1:2",
        ] {
            assert!(service(bad).is_err(), "{bad}");
        }
        assert!(service(&"a".repeat(64)).is_err());
    }
}

//! What can be wrong with settings.

/// Why a client cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// One server without TLS is named twice: with port 80, and without a port, which means 80 there. References with
    /// the two names would be different for policy and reach the same server.
    #[error(
        "{text} is named without TLS with its port and without; only one of the two names can be used"
    )]
    AmbiguousPlainHttp {
        /// The name with the port.
        text: String,
    },
    /// The HTTP or TLS library refuses its configuration.
    #[error("the HTTP client cannot be set up: {detail}")]
    Client {
        /// Its reason.
        detail: String,
    },
    /// What may be asked although it is on this machine or its link is given neither as an address, nor as a network,
    /// nor as a host.
    #[error(
        "{text:?} is neither an address, nor a network such as 10.0.0.0/8, nor host or host:port"
    )]
    InvalidAddress {
        /// What was given.
        text: String,
    },
    /// A certificate authority is not given as PEM certificates.
    #[error("the certificate authority cannot be read: {detail}")]
    InvalidCertificate {
        /// What is wrong with it.
        detail: String,
    },
    /// A client certificate is not given as PEM certificates with their key.
    #[error("the client certificate cannot be used: {detail}")]
    InvalidClientCertificate {
        /// What is wrong with it, without the key.
        detail: String,
    },
    /// A variable of the environment is set and names no proxy. Without one, servers would be asked directly.
    #[error("{variable} is set and is not the address of a proxy")]
    InvalidProxy {
        /// The variable. Its value may hold a password.
        variable: String,
    },
    /// The address of a service to which credentials are shown is none on `https`, or has user information, a query or a
    /// fragment. On `http` it is one if it is on this machine or was named as a server without TLS.
    #[error(
        "the address of the {service} is not an https URL, or has user information, a query or a fragment"
    )]
    InvalidService {
        /// Which service. Its address may hold a password.
        service: &'static str,
    },
    /// A registry is not given as `host` or `host:port`.
    #[error("{text:?} is not a registry: expected host or host:port")]
    InvalidHost {
        /// What was given.
        text: String,
    },
    /// A prefix or location of a rewrite is not `host[:port][/path]`.
    #[error("{text:?} is not a registry or a path on one: expected host[:port][/path]")]
    InvalidMirror {
        /// What was given.
        text: String,
    },
}

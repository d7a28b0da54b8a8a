//! Hosts with stars.

/// Whether a star in the host half of a pattern also stands for hosts of other domains.
///
/// It does not if the text behind the last star is a dot and a domain of at least two labels: whatever the star
/// stands for, the host then belongs to that domain. A star for the port is harmless.
pub(super) fn spills(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        // The colons of a bracketed address do not begin a port.
        Some((name, port)) if !port.contains(']') => name,
        _ => host,
    };
    let Some((_, behind)) = name.rsplit_once('*') else {
        return false;
    };
    let domain = behind.strip_prefix('.').unwrap_or_default();
    let labels = domain.split('.').filter(|label| !label.is_empty()).count();
    labels < 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_behind_a_whole_domain_spills() {
        for host in [
            "r.example*",
            "*r.example",
            "r*.example",
            "*.example",
            "r.*",
            "*.r.example*",
            "r.example*:5000",
        ] {
            assert!(spills(host), "{host}");
        }
    }

    #[test]
    fn a_star_for_sub_domains_or_ports_does_not() {
        for host in [
            "r.example",
            "*.r.example",
            "registry*.example.com",
            "r.example:*",
            "*.icr.io:443",
            "[::1]:*",
        ] {
            assert!(!spills(host), "{host}");
        }
    }
}

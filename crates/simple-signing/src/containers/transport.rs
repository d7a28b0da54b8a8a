//! Scopes of the transports whose images never reach this crate. A policy file with one that its transport does not
//! have is refused as a whole by the programs that share the file, so it is here.

/// Why `scope` is not one of `transport`, as a lowercase fragment. The empty scope is the transport's default
/// everywhere. Transports that are not known may have any.
pub(super) fn problem(transport: &str, scope: &str) -> Option<String> {
    if scope.is_empty() {
        return None;
    }
    match transport {
        "dir" | "oci" | "oci-archive" | "sif" => path(scope),
        "docker-archive" | "tarball" => {
            Some(format!("{transport} has no scopes but the empty one"))
        }
        "docker-daemon" => scope
            .parse::<doorward_core::Digest>()
            .is_ok()
            .then(|| "a digest is no scope of docker-daemon".to_owned()),
        "atomic" => (!is_openshift(scope))
            .then(|| "expected host[:port][/namespace[/stream[:tag]]]".to_owned()),
        "containers-storage" => (!is_storage(scope)).then(|| {
            "expected [driver@/graph/root] or [/graph/root], and perhaps an image".to_owned()
        }),
        _ => None,
    }
}

/// An absolute path in its shortest form, and not the root, which would be the default.
fn path(scope: &str) -> Option<String> {
    let Some(rest) = scope.strip_prefix('/') else {
        return Some("expected an absolute path".to_owned());
    };
    let odd = |part: &str| part.is_empty() || part == "." || part == "..";
    rest.split('/')
        .any(odd)
        .then(|| "expected an absolute path below / in its shortest form".to_owned())
}

fn is_openshift(scope: &str) -> bool {
    let parts: Vec<&str> = scope.split('/').collect();
    match parts.as_slice() {
        [_host] => true,
        [_host, namespace] => !namespace.contains(':'),
        [_host, namespace, stream] => !namespace.contains(':') && stream.matches(':').count() <= 1,
        _ => false,
    }
}

fn is_storage(scope: &str) -> bool {
    let Some((store, image)) = scope
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    else {
        return false;
    };
    let root = match store.split_once('@') {
        Some(("", _)) => return false,
        Some((_, root)) => root,
        None => store,
    };
    let is_digest = |text: &str| text.parse::<doorward_core::Digest>().is_ok();
    let is_id = |text: &str| {
        text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let mut parts = image.splitn(3, '@').skip(1);
    root.starts_with('/')
        && match (parts.next(), parts.next()) {
            (None, _) => true,
            (Some(one), None) => is_id(one) || is_digest(one),
            (Some(digest), Some(id)) => is_digest(digest) && is_id(id),
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn scopes_that_a_transport_has_are_taken() {
        let digest = format!("[overlay@/var/lib]app:1@sha256:{ID}@{ID}");
        let id = format!("[/var/lib]app@{ID}");
        for (transport, scope) in [
            ("dir", ""),
            ("dir", "/srv/images"),
            ("oci", "/srv"),
            ("oci-archive", "/srv/a.tar"),
            ("sif", "/a.sif"),
            ("docker-archive", ""),
            ("docker-daemon", "r.example/a"),
            ("atomic", "r.example:5000"),
            ("atomic", "r.example/ns/stream:1"),
            ("containers-storage", "[/var/lib/containers]"),
            ("containers-storage", digest.as_str()),
            ("containers-storage", id.as_str()),
            ("docker", "anything at all/"),
            ("somebody-elses", "x"),
            ("ostree", "x"),
        ] {
            assert_eq!(problem(transport, scope), None, "{transport} {scope}");
        }
    }

    #[test]
    fn scopes_that_a_transport_does_not_have_are_refused() {
        let digest = format!("sha256:{ID}");
        for (transport, scope) in [
            ("dir", "srv"),
            ("dir", "/"),
            ("dir", "/srv/"),
            ("dir", "/srv/../etc"),
            ("oci", "/srv//a"),
            ("oci", "./a"),
            ("oci-archive", "a.tar"),
            ("docker-archive", "/srv/a.tar"),
            ("sif", "a.sif"),
            ("sif", "/"),
            ("tarball", "/a.tar"),
            ("docker-daemon", digest.as_str()),
            ("atomic", "r.example/ns:1"),
            ("atomic", "r.example/ns/stream:1:2"),
            ("atomic", "r.example/ns/stream/more"),
            ("containers-storage", "/var/lib"),
            ("containers-storage", "[var/lib]"),
            ("containers-storage", "[@/var/lib]"),
            ("containers-storage", "[overlay@]"),
            ("containers-storage", "[/var/lib"),
            ("containers-storage", "[/var/lib]a@b"),
        ] {
            assert!(problem(transport, scope).is_some(), "{transport} {scope}");
        }
    }
}

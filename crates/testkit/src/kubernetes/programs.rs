//! The programs, and which of them are not there.

/// The store.
pub(crate) const ETCD: &str = "etcd";
/// The server.
pub(crate) const API_SERVER: &str = "kube-apiserver";
/// What acts on Deployments, Jobs, namespaces that go, and owners that are gone.
pub(crate) const CONTROLLER_MANAGER: &str = "kube-controller-manager";
/// Has the kernel end a program with the thread that started it.
pub(crate) const SETPRIV: &str = "setpriv";
/// Removes the folder after everything else.
pub(crate) const SHELL: &str = "sh";

const ALL: [&str; 6] = [
    ETCD,
    API_SERVER,
    CONTROLLER_MANAGER,
    "kubectl",
    SETPRIV,
    SHELL,
];

/// Which of them are not in the `PATH`.
pub(crate) fn missing() -> Vec<&'static str> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there =
        |program: &&str| std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    ALL.into_iter()
        .filter(|program| !is_there(program))
        .collect()
}

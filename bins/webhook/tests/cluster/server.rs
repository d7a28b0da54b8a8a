//! The API server of all tests.

use std::sync::OnceLock;
use std::time::Duration;

use doorward_testkit::ApiServer;

/// The API server, started by the first test that needs it. `None` if a program is missing, which is said.
///
/// # Panics
/// If a program is missing and `DOORWARD_REQUIRE_TOOLS=1` forbids to skip tests.
pub(crate) fn server() -> Option<&'static ApiServer> {
    static SERVER: OnceLock<ApiServer> = OnceLock::new();
    let missing = ApiServer::missing();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        assert!(
            std::env::var_os("DOORWARD_REQUIRE_TOOLS").is_none_or(|value| value != "1"),
            "not installed: {missing}"
        );
        eprintln!("skipped: not installed: {missing}");
        return None;
    }
    Some(SERVER.get_or_init(|| ApiServer::builder().controller_manager().start_blocking()))
}

/// Asks again until there is an answer.
///
/// # Panics
/// If there is none within a minute.
pub(crate) async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..600 {
        if let Some(answer) = ask().await {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("within a minute it did not come to be that {what}");
}

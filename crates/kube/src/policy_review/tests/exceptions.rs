use doorward_core::Timestamp;
use serde_json::{Value, json};

use super::{answered, review};

const NOW: i64 = 1_800_000_000;
const HOUR: i64 = 3600;

fn exception(code: &str, until: i64) -> Value {
    json!({
        "apiVersion": "doorward.dev/v1", "kind": "ImageException",
        "metadata": {"name": "x", "namespace": "shop"},
        "spec": {
            "images": ["r.example/app"], "codes": [code],
            "until": Timestamp::from_unix(until).to_string(), "reason": "why",
        },
    })
}

fn message(object: Value) -> String {
    let response = answered(&review("CREATE", object, Value::Null));
    assert!(!response.is_allowed(), "{response:?}");
    response.message().unwrap_or_default().to_owned()
}

#[test]
fn an_exception_without_a_mistake_may_be_written_and_is_warned_of_if_it_is_by_pattern() {
    let object = exception("simple-no-signature", NOW + 100 * HOUR);
    let response = answered(&review("CREATE", object, Value::Null));
    assert!(response.is_allowed(), "{response:?}");
    assert!(
        response.warnings()[0].contains("(exception-by-pattern)"),
        "{response:?}"
    );
}

#[test]
fn an_exception_that_names_what_is_never_excepted_or_lasts_too_long_is_refused() {
    let never = message(exception("simple-bad-signature", NOW + HOUR));
    assert!(
        never.starts_with("the exception has a mistake, and would count for nothing"),
        "{never}"
    );
    assert!(never.contains("(never-excepted)"), "{never}");
    let long = message(exception("simple-no-signature", NOW + 336 * HOUR + 1));
    assert!(long.contains("(exception-too-long)"), "{long}");
    let longest = exception("simple-no-signature", NOW + 336 * HOUR);
    assert!(answered(&review("CREATE", longest, Value::Null)).is_allowed());
}

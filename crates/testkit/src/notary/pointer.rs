//! Reaching into JSON values by pointers (RFC 6901).

use serde_json::Value;

/// The last step of a JSON pointer and what is before it.
fn parent<'v>(value: &'v mut Value, pointer: &str) -> (&'v mut Value, String) {
    let (above, last) = pointer
        .rsplit_once('/')
        .expect("a JSON pointer begins with a slash");
    let above = value
        .pointer_mut(above)
        .unwrap_or_else(|| panic!("{pointer} leads through what is there"));
    (above, last.replace("~1", "/").replace("~0", "~"))
}

/// Sets a member, which may be new in what is around it.
pub(super) fn set(value: &mut Value, pointer: &str, new: Value) {
    if let Some(old) = value.pointer_mut(pointer) {
        *old = new;
        return;
    }
    let (above, last) = parent(value, pointer);
    above[&last] = new;
}

/// Takes away a member that is there.
pub(super) fn remove(value: &mut Value, pointer: &str) {
    let (above, last) = parent(value, pointer);
    let removed = above
        .as_object_mut()
        .and_then(|members| members.remove(&last));
    assert!(removed.is_some(), "{pointer} is there to be removed");
}

/// A list that is there.
pub(super) fn list<'v>(value: &'v mut Value, pointer: &str) -> &'v mut Vec<Value> {
    value
        .pointer_mut(pointer)
        .and_then(Value::as_array_mut)
        .unwrap_or_else(|| panic!("{pointer} is a list"))
}

/// A name as a step of a JSON pointer.
pub(super) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

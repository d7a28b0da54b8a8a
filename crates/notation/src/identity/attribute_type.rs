//! Types of attributes: dotted numbers, and the short names that people write.

/// The attributes that the reference knows: their types, short names, and whether a second value replaces the first
/// instead of making the subject one that it cannot compare.
pub(super) const KNOWN: [(&str, &str, bool); 9] = [
    ("2.5.4.3", "CN", true),
    ("2.5.4.5", "SERIALNUMBER", true),
    ("2.5.4.6", "C", false),
    ("2.5.4.7", "L", false),
    ("2.5.4.8", "ST", false),
    ("2.5.4.9", "STREET", false),
    ("2.5.4.10", "O", false),
    ("2.5.4.11", "OU", false),
    ("2.5.4.17", "POSTALCODE", false),
];

/// More short names, of which policies with wider matching can make use (RFC 4514, section 3; RFC 4519; RFC 2985).
const MORE: [(&str, &str); 6] = [
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "EMAIL"),
    ("1.2.840.113549.1.9.1", "EMAILADDRESS"),
    ("2.5.4.8", "S"),
    ("2.5.4.12", "TITLE"),
];

/// The dotted number of a type that is given by a short name, in any case, or by itself. Returns `None` if it is
/// neither.
pub(super) fn type_of(name: &str) -> Option<String> {
    let known = KNOWN.iter().map(|(oid, short, _)| (*oid, *short));
    let short = known
        .chain(MORE)
        .find(|(_, short)| short.eq_ignore_ascii_case(name));
    if let Some((oid, _)) = short {
        return Some(oid.to_owned());
    }
    let is_number = |part: &str| {
        let canonical = part == "0" || !part.starts_with('0');
        canonical && !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit())
    };
    let is_dotted = name.contains('.') && name.split('.').all(is_number);
    is_dotted.then(|| name.to_owned())
}

//! Identifiers of vulnerabilities.

/// The identifier at the beginning of `text`: `CVE-2021-44228` of `CVE-2021-44228-log4j-core`. `None` if it begins with
/// none of a scheme whose length is known.
pub(super) fn leading(text: &str) -> Option<&str> {
    let length = cve(text).or_else(|| ghsa(text))?;
    let (id, rest) = text.split_at_checked(length)?;
    (rest.is_empty() || rest.starts_with('-')).then_some(id)
}

/// `CVE-` year `-` four digits or more (CVE record format, "CVE ID syntax").
fn cve(text: &str) -> Option<usize> {
    let prefix = text
        .get(..4)
        .filter(|prefix| prefix.eq_ignore_ascii_case("CVE-"))?;
    let rest = text.get(prefix.len()..)?;
    let (year, number) = rest.split_once('-')?;
    let digits = number.bytes().take_while(u8::is_ascii_digit).count();
    (year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()) && digits >= 4)
        .then_some(4 + 5 + digits)
}

/// `GHSA-` and three groups of four letters or digits.
fn ghsa(text: &str) -> Option<usize> {
    const LENGTH: usize = 19;
    let id = text.get(..LENGTH)?;
    let mut groups = id.split('-');
    let named = groups.next()?.eq_ignore_ascii_case("GHSA");
    let mut count = 0;
    for group in groups {
        if group.len() != 4 || !group.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return None;
        }
        count += 1;
    }
    (named && count == 3).then_some(LENGTH)
}

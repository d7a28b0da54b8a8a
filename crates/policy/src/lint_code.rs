use std::fmt;

use crate::Severity;

macro_rules! lint_codes {
    ($($variant:ident = $name:literal, $severity:ident, $text:literal;)*) => {
        /// The stable name of something that is wrong or risky in a policy document.
        ///
        /// Names are append-only: one is never renamed, reused or removed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum LintCode {
            $(#[doc = concat!("`", $name, "`: ", $text, ".")] $variant,)*
        }

        impl LintCode {
            /// Every code, in alphabetical order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The text of the code.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// How grave a finding of this code is.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }

            /// What the code means, as a lowercase fragment.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

lint_codes! {
    AnyChild = "any-child", Warning, "a signature for one platform of an image admits all that its index lists";
    AnyHost = "any-host", Warning, "the host part of a pattern is only a star, so the entry governs every registry";
    AnyIdentity = "any-identity", Error, "an expression over identities matches everybody";
    AnyOrigin = "any-origin", Warning, "a pattern for builders, sources or resources also means those of others";
    AnyResource = "any-resource", Warning, "a verification summary counts whatever use of the image it was made for";
    BuilderByKey = "builder-by-key", Warning, "the name of a builder or verifier is believed because of a key, and anybody who has the key can write any name";
    CrossedSigners = "crossed-signers", Warning, "several signers and several builders or verifiers are named together, so each signer may speak for each of them";
    DeferredEntry = "deferred-entry", Warning, "a failure of an entry does not keep an image from running until a date";
    DeferredOutranks = "deferred-outranks", Warning, "until a date, an entry takes images from another that refuses what fails";
    DeprecatedCheck = "deprecated-check", Warning, "a check asks a service that its maker has discontinued";
    DisabledCheck = "disabled-check", Warning, "a check is present but does not demand anything";
    DuplicateKey = "duplicate-key", Error, "a mapping has the same key twice";
    DuplicatePattern = "duplicate-pattern", Warning, "two entries that apply together have the same pattern, and only the first is ever chosen";
    EmptyPattern = "empty-pattern", Warning, "an entry with an empty name matches no image";
    ExactIdentity = "exact-identity", Warning, "an image that is pinned to its digest no longer has the exact name that its signature must carry";
    ExceptionByPattern = "exception-by-pattern", Warning, "an exception is for all images under a pattern, and not for one that was looked at";
    ExceptionEnded = "exception-ended", Warning, "an exception is over and overrides nothing";
    ExceptionEnding = "exception-ending", Warning, "an exception is over within three days";
    ExceptionTooLong = "exception-too-long", Error, "an exception lasts longer than one may, so it overrides nothing";
    ExceptionWithoutEntry = "exception-without-entry", Warning, "no entry that allows the exception governs images that it is for, so it overrides nothing";
    ExceptionsAllowed = "exceptions-allowed", Warning, "exceptions may let images run that an entry refuses";
    FloorLast = "floor-last", Warning, "a floor says that it is one behind its entries, so a file that breaks off between them is no floor";
    ForeignKind = "foreign-kind", Warning, "an object of the same kind belongs to another project, and nothing here reads it";
    HeldPolicy = "held-policy", Warning, "another object holds policies, which nobody reads there";
    HostGlobSpills = "host-glob-spills", Warning, "a star in the host part of a pattern also matches hosts of other domains";
    HttpStore = "http-store", Warning, "a signature store or trust server is on http: it is refused unless its host is named, or is this machine and is shown no credential";
    IgnoreExpired = "ignore-expired", Warning, "a vulnerability was to be ignored until a time that has passed";
    InsecureAcceptAnything = "insecure-accept-anything", Warning, "a requirement accepts every image, signed or not";
    InvalidValue = "invalid-value", Error, "a value does not have the form that its field requires";
    KeyNamespace = "key-namespace", Warning, "a cluster policy names a key without the namespace it is read from";
    LatestTag = "latest-tag", Warning, "a pattern names the tag latest, whose content changes";
    LevelOutOfReach = "level-out-of-reach", Warning, "no builder is trusted to the level that is demanded, so no image can pass";
    LimitExceeded = "limit-exceeded", Error, "a document is larger or deeper than is read, or a list or text in it is longer";
    MisplacedField = "misplaced-field", Error, "a field stands where it has no meaning";
    MissingField = "missing-field", Error, "a field that is required is absent";
    MissingNamespace = "missing-namespace", Warning, "an image policy does not say which namespace it belongs to";
    NeverExcepted = "never-excepted", Error, "an exception names a reason code that none ever overrides";
    NoDocument = "no-document", Error, "a text has no document, although a policy may have stood there";
    NoEntries = "no-entries", Warning, "a policy without entries matches nothing, so its scope admits nothing on its account";
    NotEnforcing = "not-enforcing", Warning, "a failed check does not keep the image from running";
    NotUtf8 = "not-utf8", Error, "a document is not UTF-8 text";
    ObjectSelector = "object-selector", Warning, "a policy selects objects by their own labels, which their authors choose";
    PathGlobSpills = "path-glob-spills", Warning, "a star in the path part of a pattern also matches sibling names";
    PatternNeverMatches = "pattern-never-matches", Warning, "no valid image reference can match the pattern";
    PatternWithoutSlash = "pattern-without-slash", Warning, "a pattern without a slash is compared with the whole reference, host included";
    RepeatedSigner = "repeated-signer", Warning, "several authorities accept the same signer, who then counts as more than one";
    SelectorLast = "selector-last", Warning, "a policy says whom it is for behind its entries, so a file that breaks off between them is for everybody";
    SelectorRelaxesNothing = "selector-relaxes-nothing", Warning, "an entry of a policy that selects objects by their own labels refuses nothing, and such a policy never stands in for another";
    SpellingConflict = "spelling-conflict", Warning, "two spellings of one image select different entries, so both entries apply to it";
    StarInName = "star-in-name", Warning, "a name that is compared as it is has a star in it, as if it were a pattern";
    Syntax = "syntax", Error, "a document is neither YAML nor JSON";
    TagEntry = "tag-entry", Warning, "an entry names a tag, so it does not govern the digest that it pins an image to";
    TagIgnored = "tag-ignored", Warning, "a tag or digest stands where only a repository counts";
    TrustOnFirstUse = "trust-on-first-use", Warning, "the first root of trust that a server offers is believed";
    TrustServerPath = "trust-server-path", Warning, "the address of a trust server ends in the path that clients add themselves";
    TrustWithoutPin = "trust-without-pin", Warning, "the verified digest is not written into the workload, so the tag may move after the check";
    UncheckedEntry = "unchecked-entry", Warning, "an entry demands nothing, so every image it matches is admitted unchecked";
    UncheckedFirst = "unchecked-first", Warning, "an entry that demands nothing stands before others that do, so a file that breaks off between them admits more than the whole";
    Unfinished = "unfinished", Error, "the text ends right behind an unquoted value, so it may have broken off there";
    UnknownField = "unknown-field", Error, "a field does not exist";
    UnknownKind = "unknown-kind", Error, "the kind or version does not exist in a policy group";
    UnknownValue = "unknown-value", Error, "a value is not one of those that its field allows";
    UnpinnedKey = "unpinned-key", Warning, "a key of a key management service is named without its fingerprint, so who may change it there chooses whose signatures count";
    UnpinnedRoot = "unpinned-root", Warning, "no root of trust is pinned, so only collections that were imported are trusted";
    UnreachableEntry = "unreachable-entry", Warning, "another entry always wins against this one";
    Unreadable = "unreadable", Error, "a file cannot be read, although a policy may stand in it";
    WholeExpression = "whole-expression", Warning, "a regular expression without ends is compared with the whole name";
    WildcardHostOutranks = "wildcard-host-outranks", Warning, "an entry with a star in its host wins against an entry for one host";
    WrongType = "wrong-type", Error, "a value is of another type than its field";
}

impl fmt::Display for LintCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for LintCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_kebab_case_unique_and_in_order() {
        let names: Vec<_> = LintCode::ALL.iter().map(|code| code.as_str()).collect();
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
        let kebab = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        assert!(names.iter().all(|name| name.bytes().all(kebab)));
    }

    #[test]
    fn descriptions_are_fragments() {
        for code in LintCode::ALL {
            let text = code.description();
            assert!(!text.ends_with('.') && !text.starts_with(char::is_uppercase));
        }
    }
}

//! The kinds of text that fields hold.

use doorward_core::PluginName;
use doorward_documents::{Condition, bounds};

use crate::pattern::MAX_TEXT;

/// A kind of text.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Text {
    /// What it is, for the field reference, in Markdown.
    pub what: &'static str,
    /// The longest, in bytes.
    pub most: usize,
    /// Whether it may be empty in `doorward.dev`.
    pub may_be_empty: bool,
    /// A regular expression that every such text matches; the reader may refuse more. It means the same in RE2 and in
    /// ECMA 262.
    pub pattern: Option<&'static str>,
    /// One that can be used.
    pub example: &'static str,
}

/// The longest identifier of a vulnerability, in bytes. Those in use stay below 40.
pub(crate) const MAX_ID: usize = 128;
/// The longest text that no other rule bounds, in bytes: a name in a report, a subject, an address.
const MAX_WORDS: usize = 1024;
/// The longest list of addresses, in bytes: a few of the longest that browsers and proxies take.
const MAX_URLS: usize = 8192;

const fn text(what: &'static str, most: usize, example: &'static str) -> Text {
    Text {
        what,
        most,
        may_be_empty: false,
        pattern: None,
        example,
    }
}

impl Text {
    const fn or_empty(mut self) -> Self {
        self.may_be_empty = true;
        self
    }

    const fn like(mut self, pattern: &'static str) -> Self {
        self.pattern = Some(pattern);
        self
    }
}

/// The name of a Kubernetes object or namespace (RFC 1123 subdomain, as Kubernetes applies it).
pub(crate) static NAME: Text = text("name", 253, "release-keys").like("^[a-z0-9.-]+$");
/// What governs images.
pub(crate) static PATTERN: Text = text("text", MAX_TEXT, "registry.example/team/*").or_empty();
/// Free text, which may be empty.
pub(crate) static WORDS: Text = text("text", MAX_WORDS, "some words").or_empty();
/// Free text.
pub(crate) static FILLED: Text = text("text", MAX_WORDS, "some words");
/// The name of an image.
pub(crate) static IMAGE: Text = text("text", MAX_WORDS, "registry.example/team/web:1.2").or_empty();
/// An address of the web.
pub(crate) static URL: Text = text(
    "`https` or `http` URL",
    2048,
    "https://signatures.example/store",
)
.like("^[hH][tT][tT][pP][sS]?://");
/// An address of the web, with transport security.
pub(crate) static HTTPS: Text =
    text("`https` URL", 2048, "https://keys.example/release.pub").like("^https://");
/// The SHA-256 of a file.
pub(crate) static SHA256: Text = text(
    "64 hexadecimal digits",
    64,
    "fb81c9d28159de999eebc8b385feca42fdc26a202aee9c61be1b87c0a278c02e",
)
.like("^[0-9a-f]{64}$");
/// The digest of a key.
pub(crate) static FINGERPRINT: Text = text(
    "`sha256:` and 64 hexadecimal digits",
    71,
    "sha256:fb81c9d28159de999eebc8b385feca42fdc26a202aee9c61be1b87c0a278c02e",
)
.like("^sha256:[0-9a-f]{64}$");
/// The fingerprint of an OpenPGP key, of version 4 or of version 6.
pub(crate) static OPENPGP: Text = text(
    "40 or 64 hexadecimal digits",
    64,
    "5F0A0C3C0F2D5C4B7A1E9D8B6C5A4F3E2D1C0B9A",
)
.like("^([0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})$");
/// A key of a key management service.
pub(crate) static KMS: Text =
    text("`SCHEME://KEY`", 2048, "awskms:///alias/release").like("^[a-z][a-z0-9]{0,31}://[!-~]+$");
/// Several of these.
pub(crate) static URLS: Text = text(
    "`https` URLs with commas between",
    MAX_URLS,
    "https://notary.example,https://notary-standby.example",
)
.like("://");
/// A length of time, as Go writes it.
pub(crate) static DURATION: Text = text("duration such as `30m` or `72h`", 64, "72h")
    .like("^([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$");
/// A day, or a time.
pub(crate) static UNTIL: Text = text("date, or time of RFC 3339", 64, "2036-01-31");
/// What an exception is for.
pub(crate) static EXCEPTED: Text = text(
    "`repository@digest`, or a pattern",
    MAX_TEXT,
    "registry.example/team/web",
);
/// Why there is an exception. A warning of an API server has room for it.
pub(crate) static REASON: Text = text("text", 256, "the fix is released on Friday");
/// Where more is written about an exception.
pub(crate) static TICKET: Text = text("text", 128, "https://tickets.example/1234");
/// The key of a label (Kubernetes, "Labels and Selectors", "Syntax and character set").
pub(crate) static LABEL_KEY: Text = text("key of a label", 317, "env")
    .like("^([a-z0-9.-]+/)?[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$");
/// The value of a label.
pub(crate) static LABEL_VALUE: Text = text("value of a label", 63, "production")
    .or_empty()
    .like("^([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?$");
/// The service account that Pods run as.
pub(crate) static ACCOUNT: Text = text(
    "`namespace/name`, or `name`, with `*` for any characters",
    317,
    "shop/web",
)
.like("^[a-z0-9.*-]+(/[a-z0-9.*-]+)?$");
/// The identifier of a root key.
pub(crate) static KEY_ID: Text = text(
    "64 hexadecimal digits",
    64,
    "fb81c9d28159de999eebc8b385feca42fdc26a202aee9c61be1b87c0a278c02e",
)
.like("^[0-9a-f]{64}$");
/// Whose certificates may sign.
pub(crate) static IDENTITY: Text = text(
    "`*`, or `x509.subject:` and a distinguished name with `C`, `ST` and `O` at least",
    MAX_WORDS,
    "x509.subject: C=US, ST=WA, O=acme-rockets.io",
)
.like(r"^(\*$|x509\.subject:|x509\.san:)");
/// The name of a verification plug-in.
pub(crate) static PLUGIN: Text =
    text("name", PluginName::MAX_BYTES, "example.plugin").like("^[A-Za-z0-9][A-Za-z0-9._-]*$");
/// A media type without parameters (RFC 6838, section 4.2, has 127 for each half).
pub(crate) static MEDIA_TYPE: Text = text(
    "media type without parameters",
    255,
    "application/spdx+json",
)
.like("^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+$");
/// A regular expression over names.
pub(crate) static EXPRESSION: Text = text(
    "[regular expression](https://docs.rs/regex/latest/regex/#syntax)",
    MAX_WORDS,
    "https://github\\.com/acme/web/.+",
);
/// A repository in full.
pub(crate) static REPOSITORY: Text = text(
    "host and path, without a tag or digest",
    MAX_WORDS,
    "registry.example/signatures",
);
/// What a predicate type is.
pub(crate) static URI: Text = text("URI", MAX_WORDS, "https://spdx.dev/Document");
/// Where something comes from.
pub(crate) static ORIGIN: Text = text(
    "URI, with `*` for any characters but `/`, and `**` for any",
    MAX_WORDS,
    "https://github.com/acme/web",
);
/// What somebody verified.
pub(crate) static LEVEL: Text = text("text", MAX_WORDS, "SLSA_BUILD_LEVEL_3");
/// A condition.
pub(crate) static CONDITION: Text = text(
    "[CEL](https://cel.dev)",
    Condition::MAX_BYTES,
    "predicate.name == \"web\"",
);
/// Packages.
pub(crate) static PACKAGE: Text = text(
    "`name`, `name@version`, a package URL, with `*` for any text",
    bounds::PATTERN,
    "log4j-core@2.14.*",
);
/// Licences.
pub(crate) static LICENSE: Text = text(
    "identifier of SPDX, with `*`; `X WITH Y`; `NOASSERTION`",
    bounds::PATTERN,
    "AGPL-*",
);
/// A vulnerability.
pub(crate) static VULNERABILITY_ID: Text =
    text("identifier", MAX_ID, "CVE-2021-44228").like("^[!-~]+$");
/// What an image runs on.
pub(crate) static PLATFORM: Text = text(
    "`arm64`, `linux/arm64` or `linux/arm64/v8`",
    MAX_ID,
    "linux/arm64",
)
.like("^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+){0,2}$");

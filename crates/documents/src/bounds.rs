//! How much of a document is read. Beyond each bound the document is refused, never cut.

/// The most bytes of a document: 8 MiB. An SPDX inventory of a large image (2,000 packages, 40,000 files) has 5 to 7.
pub const BYTES: usize = 8 << 20;

/// The most bytes of a statement: those of a document, and what says what it is about. A name and two digests take some 256
/// bytes, and there are at most 1,024 subjects.
pub const STATEMENT_BYTES: usize = BYTES + (256 << 10);

/// How deep a document may be nested. SARIF and CycloneDX with nested components stay below 20.
pub const DEPTH: usize = 48;

/// The most JSON values of a document. One takes about 60 bytes of memory, so that a document takes at most 60 MiB
/// beside its text. Real documents have one value per 20 to 30 bytes: 8 MiB are 400,000.
pub const VALUES: usize = 1_000_000;

/// The most packages of an inventory. The largest operating system images have about 5,000.
pub const PACKAGES: usize = 100_000;

/// The most findings of a scan report, suppressed ones included.
pub const FINDINGS: usize = 100_000;

/// The most statements of a VEX document.
pub const STATEMENTS: usize = 50_000;

/// The most bytes of a name, version, identifier or package URL. Package URLs stay below 300.
pub const NAME: usize = 2_048;

/// The most bytes of the text of a licence: 64 KiB. Some tools write the whole licence where its name should be, and the GPL
/// has 35 KiB.
pub const LICENSE: usize = 64 << 10;

/// The most parts, between slashes, of the identifier of a SARIF result that are tried as the identifier of its rule.
pub const RULE_PARTS: usize = 16;

/// The steps that reading may take, whatever the size of the document: a member looked up, or 16 bytes of text looked at.
pub const STEPS: usize = 10_000;

/// The steps that reading may take for each byte beside those. The shortest entry that is read takes one a byte.
pub const STEPS_PER_BYTE: usize = 4;

/// The bytes of memory that what is read may hold beside the document itself, whatever its size: 4 MiB.
pub const HELD: usize = 4 << 20;

/// The bytes of memory that what is read may hold for each byte of the document. The shortest entries that are read (a finding
/// of eleven bytes, a package URL of 18) take this.
pub const HELD_PER_BYTE: usize = 16;

/// The most identifiers (names and aliases) of one vulnerability. Vendor bulletins list up to 20.
pub const ALIASES: usize = 100;

/// How many parentheses a licence expression may be nested in.
pub const LICENSE_DEPTH: usize = 16;

/// The most licences of one expression: all that the SPDX list has are about 700.
pub const LICENSE_TERMS: usize = 1_000;

/// The most bytes of a pattern for packages or licences.
pub const PATTERN: usize = 256;

/// The most patterns of one rule. Each is held against each package.
pub const PATTERNS: usize = 256;

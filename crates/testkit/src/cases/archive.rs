//! The form of an archive.
//!
//! After the first line, one entry follows another:
//!
//! ```text
//! text LENGTH PATH        LENGTH bytes of content and a line feed follow
//! base64 LENGTH PATH      LENGTH bytes of base64 in lines and a line feed follow
//! same OTHER PATH         has the content of OTHER, which is above
//! ```

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

const FIRST_LINE: &str = "doorward cases, version 1";
/// How long lines of base64 are.
const WIDTH: usize = 100;

pub(super) fn write(files: &BTreeMap<String, Bytes>) -> String {
    let mut archive = format!("{FIRST_LINE}\n");
    let mut written: HashMap<&Bytes, &str> = HashMap::new();
    for (path, content) in files {
        assert!(is_plain(path), "{path:?} cannot be the path of an entry");
        if let Some(other) = written.get(content) {
            entry(&mut archive, format_args!("same {other} {path}\n"));
            continue;
        }
        written.insert(content, path);
        let text = std::str::from_utf8(content).ok();
        match text.filter(|text| text.chars().all(is_shown)) {
            Some(text) => entry(
                &mut archive,
                format_args!("text {} {path}\n{text}\n", text.len()),
            ),
            None => {
                let mut encoded = STANDARD.encode(content);
                let lines = encoded.len().saturating_sub(1) / WIDTH;
                for line in (1..=lines).rev() {
                    encoded.insert(line * WIDTH, '\n');
                }
                entry(
                    &mut archive,
                    format_args!("base64 {} {path}\n{encoded}\n", encoded.len()),
                );
            }
        }
    }
    archive
}

fn entry(archive: &mut String, text: std::fmt::Arguments<'_>) {
    archive.write_fmt(text).expect("a string takes any text");
}

/// Whether a path has neither blanks, which end it, nor steps out of the folder.
fn is_plain(path: &str) -> bool {
    path.split('/').all(|part| !matches!(part, "" | "." | ".."))
        && !path.contains(|c: char| c.is_whitespace() || c == '\\')
}

/// Whether editors and version control leave a character alone: a carriage return or a byte order mark they may not.
const fn is_shown(c: char) -> bool {
    matches!(c, '\n' | ' '..='~')
}

pub(super) fn read(archive: &[u8]) -> Result<BTreeMap<String, Bytes>, String> {
    let text = std::str::from_utf8(archive).map_err(|error| error.to_string())?;
    let mut rest = text
        .strip_prefix(FIRST_LINE)
        .and_then(|rest| rest.strip_prefix('\n'))
        .ok_or("this is no archive of cases")?;
    let mut files: BTreeMap<String, Bytes> = BTreeMap::new();
    while !rest.is_empty() {
        let (line, following) = rest.split_once('\n').ok_or("the last line has no end")?;
        rest = following;
        let malformed = || format!("malformed: {line}");
        let fields: Vec<&str> = line.split(' ').collect();
        let &[kind, argument, path] = fields.as_slice() else {
            return Err(malformed());
        };
        let content = if kind == "same" {
            files.get(argument).ok_or_else(malformed)?.clone()
        } else {
            let length: usize = argument.parse().map_err(|_| malformed())?;
            let (content, following) = rest.split_at_checked(length).ok_or_else(malformed)?;
            rest = following.strip_prefix('\n').ok_or_else(malformed)?;
            match kind {
                "text" => Bytes::copy_from_slice(content.as_bytes()),
                "base64" => {
                    let decoded = STANDARD.decode(content.replace('\n', ""));
                    decoded.map_err(|error| format!("{path}: {error}"))?.into()
                }
                _ => return Err(malformed()),
            }
        };
        if !is_plain(path) || files.insert(path.to_owned(), content).is_some() {
            return Err(malformed());
        }
    }
    Ok(files)
}

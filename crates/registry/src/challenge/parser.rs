//! The grammar of RFC 9110, sections 5.6 and 11.6.1, with one liberty: an unquoted value may hold any visible
//! character up to the next comma, because registries write bare URLs there.

use std::collections::BTreeMap;

use super::{Challenge, ChallengeError, MAX_CHALLENGES, MAX_HEADER, MAX_PARAMETERS};

pub(super) fn parse(header: &[u8]) -> Result<Vec<Challenge>, ChallengeError> {
    if header.len() > MAX_HEADER {
        return Err(ChallengeError::TooLong);
    }
    let text =
        std::str::from_utf8(header).map_err(|error| ChallengeError::UnexpectedCharacter {
            offset: error.valid_up_to(),
        })?;
    let mut cursor = Cursor { text, offset: 0 };
    let mut challenges = Vec::new();
    loop {
        cursor.skip(|c| is_space(c) || c == ',');
        if cursor.at_end() {
            break;
        }
        challenges.push(cursor.challenge()?);
        if challenges.len() > MAX_CHALLENGES {
            return Err(ChallengeError::TooMany);
        }
    }
    if challenges.is_empty() {
        return Err(ChallengeError::NoScheme);
    }
    Ok(challenges)
}

/// The challenges that can be read, whatever else stands between them. Of one that asks for a password the scheme is
/// enough: nothing of what follows it is needed to answer.
pub(super) fn readable(header: &[u8]) -> Vec<Challenge> {
    if header.len() > MAX_HEADER {
        tracing::debug!(bytes = header.len(), "a WWW-Authenticate header is ignored");
        return Vec::new();
    }
    let text = String::from_utf8_lossy(header);
    let mut cursor = Cursor {
        text: &text,
        offset: 0,
    };
    let mut challenges = Vec::new();
    // Each try may read the header to its end, so there are only so many.
    for _ in 0..MAX_CHALLENGES {
        cursor.skip(|c| is_space(c) || c == ',');
        if cursor.at_end() {
            break;
        }
        let start = cursor.offset;
        match cursor.challenge() {
            Ok(challenge) => challenges.push(challenge),
            Err(error) => {
                tracing::debug!(%error, "a challenge of a WWW-Authenticate header is not understood");
                cursor.offset = start;
                let scheme = cursor.take(is_token).to_ascii_lowercase();
                if scheme == "basic" && cursor.peek().is_none_or(is_space) {
                    challenges.push(Challenge {
                        scheme,
                        parameters: BTreeMap::new(),
                    });
                }
                cursor.skip(|c| c != ',');
            }
        }
    }
    challenges
}

struct Cursor<'a> {
    text: &'a str,
    offset: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.offset..).unwrap_or_default()
    }

    fn at_end(&self) -> bool {
        self.rest().is_empty()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.offset += end;
        rest.get(..end).unwrap_or_default()
    }

    fn skip(&mut self, unwanted: impl Fn(char) -> bool) {
        self.take(unwanted);
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.offset += wanted.len_utf8();
        }
        found
    }

    fn unexpected(&self) -> ChallengeError {
        ChallengeError::UnexpectedCharacter {
            offset: self.offset,
        }
    }

    fn challenge(&mut self) -> Result<Challenge, ChallengeError> {
        let scheme = self.take(is_token);
        if scheme.is_empty() {
            return Err(ChallengeError::NoScheme);
        }
        if self.peek().is_some_and(|c| !is_space(c) && c != ',') {
            return Err(self.unexpected());
        }
        let mut parameters = BTreeMap::new();
        while let Some((name, value)) = self.parameter(parameters.is_empty())? {
            if parameters.contains_key(&name) {
                return Err(ChallengeError::DuplicateParameter { name });
            }
            parameters.insert(name, value);
            if parameters.len() > MAX_PARAMETERS {
                return Err(ChallengeError::TooMany);
            }
        }
        Ok(Challenge {
            scheme: scheme.to_ascii_lowercase(),
            parameters,
        })
    }

    /// The next parameter, or nothing if the challenge ends here. What follows a comma is the next challenge, not a
    /// parameter, if it is a word without `=`; only looking ahead tells.
    fn parameter(&mut self, first: bool) -> Result<Option<(String, String)>, ChallengeError> {
        self.skip(is_space);
        if first && self.peek() == Some(',') {
            return Ok(None);
        }
        if !first && !self.at_end() && self.peek() != Some(',') {
            return Err(self.unexpected());
        }
        self.skip(|c| is_space(c) || c == ',');
        if self.at_end() {
            return Ok(None);
        }
        let start = self.offset;
        let name = self.take(is_token);
        if name.is_empty() {
            return Err(self.unexpected());
        }
        self.skip(is_space);
        if !self.eat('=') {
            if first {
                return Err(ChallengeError::MissingValue);
            }
            self.offset = start;
            return Ok(None);
        }
        self.skip(is_space);
        let value = if self.eat('"') {
            self.quoted()?
        } else {
            self.unquoted()?
        };
        Ok(Some((name.to_ascii_lowercase(), value)))
    }

    fn quoted(&mut self) -> Result<String, ChallengeError> {
        let mut value = String::new();
        let mut escaped = false;
        let mut characters = self.rest().char_indices();
        while let Some((at, c)) = characters.next() {
            if c.is_control() && c != '\t' {
                self.offset += at;
                return Err(self.unexpected());
            }
            match c {
                _ if escaped => {
                    escaped = false;
                    value.push(c);
                }
                '\\' => escaped = true,
                '"' => {
                    self.offset = self.text.len() - characters.as_str().len();
                    return Ok(value);
                }
                _ => value.push(c),
            }
        }
        Err(ChallengeError::UnterminatedString)
    }

    fn unquoted(&mut self) -> Result<String, ChallengeError> {
        let value = self.take(|c| c.is_ascii_graphic() && c != ',' && c != '"');
        if value.is_empty() {
            return Err(ChallengeError::MissingValue);
        }
        Ok(value.to_owned())
    }
}

const fn is_space(c: char) -> bool {
    c == ' ' || c == '\t'
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

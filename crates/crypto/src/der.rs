//! A reader of DER (X.690, section 10) over borrowed bytes: it allocates nothing, and nesting is as deep as its caller
//! asks for.
//!
//! It is for what `x509-parser` does not read (time stamps, OCSP) or reads into much memory (revocation lists).

mod time;

pub(crate) use time::Time;

/// Universal and context tags (X.690, section 8.1.2), constructed where the type is.
pub(crate) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const BIT_STRING: u8 = 0x03;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const NULL: u8 = 0x05;
    pub(crate) const OID: u8 = 0x06;
    pub(crate) const ENUMERATED: u8 = 0x0a;
    pub(crate) const UTF8_STRING: u8 = 0x0c;
    pub(crate) const NUMERIC_STRING: u8 = 0x12;
    pub(crate) const PRINTABLE_STRING: u8 = 0x13;
    pub(crate) const TELETEX_STRING: u8 = 0x14;
    pub(crate) const IA5_STRING: u8 = 0x16;
    pub(crate) const UTC_TIME: u8 = 0x17;
    pub(crate) const GENERALIZED_TIME: u8 = 0x18;
    pub(crate) const BMP_STRING: u8 = 0x1e;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;

    /// `[number]`, primitive. Numbers above 30 have another form, which nothing read here uses.
    pub(crate) const fn context(number: u8) -> u8 {
        0x80 | number
    }

    /// `[number]`, constructed.
    pub(crate) const fn constructed(number: u8) -> u8 {
        0xa0 | number
    }
}

/// The bytes are not what was expected there, or not DER.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// One element: its tag, what is in it, and both with the length between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    pub(crate) raw: &'a [u8],
}

impl Element<'_> {
    /// The time that it is.
    pub(crate) fn time(&self) -> Result<Time, Malformed> {
        Time::read(self.tag, self.content)
    }
}

/// Elements one behind the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The content of one element, which must be all of `bytes`.
    pub(crate) fn whole(bytes: &'a [u8], tag: u8) -> Result<Self, Malformed> {
        let mut outer = Self::new(bytes);
        let content = outer.take(tag)?;
        outer.finish()?;
        Ok(Self::new(content))
    }

    /// The bytes in one element, which must be all of `bytes`.
    pub(crate) fn whole_content(bytes: &'a [u8], tag: u8) -> Result<&'a [u8], Malformed> {
        Ok(Self::whole(bytes, tag)?.rest)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Whether the next element has this tag.
    pub(crate) fn is_next(&self, tag: u8) -> bool {
        self.rest.first() == Some(&tag)
    }

    /// Nothing may be left.
    pub(crate) const fn finish(self) -> Result<(), Malformed> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Malformed)
        }
    }

    /// The next element, whatever it is.
    pub(crate) fn element(&mut self) -> Result<Element<'a>, Malformed> {
        let (&tag, rest) = self.rest.split_first().ok_or(Malformed)?;
        // X.690, section 8.1.2.4: tags of several bytes. Nothing read here has one.
        if tag & 0x1f == 0x1f {
            return Err(Malformed);
        }
        let (length, header) = length(rest)?;
        let end = header.checked_add(length).ok_or(Malformed)?;
        let content = rest.get(header..end).ok_or(Malformed)?;
        let (raw, rest) = self.rest.split_at_checked(end + 1).ok_or(Malformed)?;
        self.rest = rest;
        Ok(Element { tag, content, raw })
    }

    /// The next element, which must have this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Result<Element<'a>, Malformed> {
        if !self.is_next(tag) {
            return Err(Malformed);
        }
        self.element()
    }

    /// The content of the next element, which must have this tag.
    pub(crate) fn take(&mut self, tag: u8) -> Result<&'a [u8], Malformed> {
        Ok(self.expect(tag)?.content)
    }

    /// The content of the next element if it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, Malformed> {
        if self.is_next(tag) {
            self.take(tag).map(Some)
        } else {
            Ok(None)
        }
    }

    pub(crate) fn sequence(&mut self) -> Result<Self, Malformed> {
        self.take(tag::SEQUENCE).map(Self::new)
    }

    pub(crate) fn set(&mut self) -> Result<Self, Malformed> {
        self.take(tag::SET).map(Self::new)
    }

    /// The content of an object identifier.
    pub(crate) fn oid(&mut self) -> Result<&'a [u8], Malformed> {
        self.take(tag::OID)
    }

    /// The content of an `INTEGER` of any size, without needless bytes in front (X.690, section 8.3.2).
    pub(crate) fn integer(&mut self) -> Result<&'a [u8], Malformed> {
        let content = self.take(tag::INTEGER)?;
        minimal(content).then_some(content).ok_or(Malformed)
    }

    /// A number that is not negative and fits 32 bits.
    pub(crate) fn small(&mut self) -> Result<u32, Malformed> {
        small(self.integer()?)
    }

    /// A `BOOLEAN` that is `TRUE` or `FALSE` in DER (X.690, section 11.1), or `FALSE` if it is left out. That `FALSE`
    /// is spelled out where it is the default is not refused, because some issuers do (X.690, section 11.5).
    pub(crate) fn boolean_or_false(&mut self) -> Result<bool, Malformed> {
        match self.optional(tag::BOOLEAN)? {
            None | Some([0]) => Ok(false),
            Some([0xff]) => Ok(true),
            Some(_) => Err(Malformed),
        }
    }

    /// The bytes of a `BIT STRING` that is made of whole bytes.
    pub(crate) fn bytes_of_bit_string(&mut self) -> Result<&'a [u8], Malformed> {
        match self.take(tag::BIT_STRING)? {
            [0, bytes @ ..] => Ok(bytes),
            _ => Err(Malformed),
        }
    }

    /// A `UTCTime` or `GeneralizedTime`.
    pub(crate) fn time(&mut self) -> Result<Time, Malformed> {
        self.element()?.time()
    }
}

/// An element of which the content is made of parts.
pub(crate) fn write(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(length + 6);
    out.push(tag);
    let digits = length.to_be_bytes();
    let zeros = digits.iter().take_while(|digit| **digit == 0).count();
    match (length, digits.get(zeros..).unwrap_or_default()) {
        (0..0x80, digits) => out.push(digits.last().copied().unwrap_or(0)),
        (_, digits) => {
            // A length has eight digits at most.
            out.push(0x80 | u8::try_from(digits.len()).unwrap_or(8));
            out.extend_from_slice(digits);
        }
    }
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

/// The length that stands at the start of `bytes`, in the shortest form (X.690, section 10.1), and how many bytes say
/// so.
fn length(bytes: &[u8]) -> Result<(usize, usize), Malformed> {
    let (&first, rest) = bytes.split_first().ok_or(Malformed)?;
    if first < 0x80 {
        return Ok((usize::from(first), 1));
    }
    let digits = usize::from(first & 0x7f);
    // Four bytes are 4 GiB, more than anything that is read. None at all is the indefinite form of BER.
    if !(1..=4).contains(&digits) {
        return Err(Malformed);
    }
    let digits = rest.get(..digits).ok_or(Malformed)?;
    let length = digits
        .iter()
        .fold(0_u64, |length, digit| (length << 8) | u64::from(*digit));
    if length < 0x80 || digits.first() == Some(&0) {
        return Err(Malformed);
    }
    let length = usize::try_from(length).map_err(|_| Malformed)?;
    Ok((length, 1 + digits.len()))
}

/// Whether an integer has no needless bytes in front.
fn minimal(content: &[u8]) -> bool {
    match content {
        [] => false,
        [0, second, ..] => second & 0x80 != 0,
        [0xff, second, ..] => second & 0x80 == 0,
        _ => true,
    }
}

/// The value of an integer that is not negative and fits 32 bits.
pub(crate) fn small(content: &[u8]) -> Result<u32, Malformed> {
    if content.is_empty() || content.len() > 5 || content.first().is_some_and(|b| b & 0x80 != 0) {
        return Err(Malformed);
    }
    let value = content
        .iter()
        .fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
    u32::try_from(value).map_err(|_| Malformed)
}

#[cfg(test)]
mod tests;

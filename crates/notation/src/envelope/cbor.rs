//! What CBOR is taken at all (RFC 8949), before it is read.

use crate::limits;

/// What is wrong with some CBOR, as a fragment.
pub(super) type Problem = &'static str;

/// Checks that `bytes` are one data item, well-formed (RFC 8949, section 5.3.1), with all lengths definite, as the
/// reference demands, and within the bounds on depth and number of items. What is read after that cannot be large.
pub(super) fn check(bytes: &[u8]) -> Result<(), Problem> {
    let mut scan = Scan {
        rest: bytes,
        items: 0,
    };
    scan.item(0)?;
    if scan.rest.is_empty() {
        Ok(())
    } else {
        Err("there is something behind it")
    }
}

struct Scan<'a> {
    rest: &'a [u8],
    items: usize,
}

impl Scan<'_> {
    fn item(&mut self, depth: usize) -> Result<(), Problem> {
        self.items += 1;
        if self.items > limits::CBOR_ITEMS {
            return Err("it has too many items");
        }
        if depth > limits::DEPTH {
            return Err("it is nested too deep");
        }
        let (major, argument) = self.head()?;
        match major {
            0 | 1 => Ok(()),
            2 | 3 => {
                let length = usize::try_from(argument).map_err(|_| ENDS)?;
                self.skip(length)
            }
            4 => self.items(argument, depth),
            5 => self.items(argument.checked_mul(2).ok_or(ENDS)?, depth),
            6 => self.item(depth + 1),
            // Simple values and floating-point numbers end with their head.
            _ => Ok(()),
        }
    }

    fn items(&mut self, count: u64, depth: usize) -> Result<(), Problem> {
        // Each item has a byte at least, so the loop ends with the bytes.
        for _ in 0..count {
            self.item(depth + 1)?;
        }
        Ok(())
    }

    /// Major type and argument (RFC 8949, section 3).
    fn head(&mut self) -> Result<(u8, u64), Problem> {
        let (&first, rest) = self.rest.split_first().ok_or(ENDS)?;
        self.rest = rest;
        let (major, info) = (first >> 5, first & 0x1f);
        let length = match info {
            0..=23 => return Ok((major, u64::from(info))),
            24..=27 => 1_usize << (info - 24),
            31 => return Err("a length is indefinite"),
            _ => return Err("the head of an item is reserved"),
        };
        let (argument, rest) = self.rest.split_at_checked(length).ok_or(ENDS)?;
        self.rest = rest;
        let argument = argument
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        // RFC 8949, section 3.3: a simple value of one byte is not one that fits the head.
        if major == 7 && info == 24 && argument < 32 {
            return Err("a simple value is malformed");
        }
        Ok((major, argument))
    }

    fn skip(&mut self, length: usize) -> Result<(), Problem> {
        let (_, rest) = self.rest.split_at_checked(length).ok_or(ENDS)?;
        self.rest = rest;
        Ok(())
    }
}

const ENDS: Problem = "it ends too early";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_formed_items_pass() {
        for bytes in [
            &[0x00][..],
            &[0x18, 0x05],
            &[0x43, 1, 2, 3],
            &[0x82, 0x01, 0x61, b'a'],
            &[0xa1, 0x01, 0xf6],
            &[0xd2, 0x84, 0x40, 0xa0, 0xf6, 0x40],
            &[0xfb, 0, 0, 0, 0, 0, 0, 0, 0],
        ] {
            assert_eq!(check(bytes), Ok(()), "{bytes:x?}");
        }
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for (bytes, problem) in [
            (&[][..], ENDS),
            (&[0x18], ENDS),
            (&[0x43, 1, 2], ENDS),
            (&[0x82, 0x01], ENDS),
            (&[0xa1, 0x01], ENDS),
            (&[0xc1], ENDS),
            (
                &[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                ENDS,
            ),
            (
                &[0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                ENDS,
            ),
            (&[0x00, 0x00], "there is something behind it"),
            (&[0x5f, 0x41, 0, 0xff], "a length is indefinite"),
            (&[0x9f, 0xff], "a length is indefinite"),
            (&[0xbf, 0xff], "a length is indefinite"),
            (&[0xff], "a length is indefinite"),
            (&[0x1c], "the head of an item is reserved"),
            (&[0xf8, 0x10], "a simple value is malformed"),
        ] {
            assert_eq!(check(bytes), Err(problem), "{bytes:x?}");
        }
    }

    #[test]
    fn depth_and_number_are_bounded() {
        let nested = |depth: usize| [vec![0x81; depth], vec![0]].concat();
        assert_eq!(check(&nested(limits::DEPTH)), Ok(()));
        assert!(check(&nested(limits::DEPTH + 1)).is_err());
        let tagged = [vec![0xc1; 100_000], vec![0]].concat();
        assert!(check(&tagged).is_err());
        let mut wide = vec![0x9a, 0, 1, 0, 0];
        wide.resize(5 + 0x1_0000, 0);
        assert_eq!(check(&wide), Err("it has too many items"));
    }
}

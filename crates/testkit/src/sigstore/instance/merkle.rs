//! The tree of a log (RFC 6962, section 2.1).

use ring::digest::{SHA256, digest};

pub(super) type Hash = [u8; 32];

fn sha256(bytes: &[u8]) -> Hash {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

/// The hash of an entry.
pub(super) fn leaf(entry: &[u8]) -> Hash {
    sha256(&[&[0], entry].concat())
}

fn node(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[1], &left[..], right].concat())
}

/// The largest power of two that is smaller than a number of leaves, which is more than one.
fn split(leaves: usize) -> usize {
    leaves.next_power_of_two() / 2
}

/// The root of the tree with these leaves; there is at least one.
pub(super) fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [only] => *only,
        more => {
            let (left, right) = more.split_at(split(more.len()));
            node(&root(left), &root(right))
        }
    }
}

/// The audit path of a leaf, the hash next to it first (section 2.1.1).
pub(super) fn path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut hashes, beside) = match index.checked_sub(left.len()) {
        None => (path(index, left), root(right)),
        Some(index) => (path(index, right), root(left)),
    };
    hashes.push(beside);
    hashes
}

#[cfg(test)]
mod tests {
    use super::{Hash, leaf, node, path, root, split};

    /// What a client calculates (RFC 9162, section 2.1.3.2), in the order of the bits of the index.
    fn climbed(mut index: usize, mut size: usize, first: Hash, path: &[Hash]) -> Hash {
        let mut hash = first;
        let mut path = path.iter();
        while size > 1 {
            if index % 2 == 1 {
                hash = node(path.next().unwrap(), &hash);
            } else if index + 1 < size {
                hash = node(&hash, path.next().unwrap());
            }
            index /= 2;
            size = size.div_ceil(2);
        }
        assert!(
            path.next().is_none(),
            "the path is longer than the tree is high"
        );
        hash
    }

    #[test]
    fn every_path_of_every_small_tree_leads_to_its_root() {
        for size in 1..20 {
            let leaves: Vec<Hash> = (0..size).map(|one: u8| leaf(&[one])).collect();
            for (index, first) in leaves.iter().enumerate() {
                let path = path(index, &leaves);
                assert_eq!(climbed(index, leaves.len(), *first, &path), root(&leaves));
            }
        }
    }

    #[test]
    fn the_left_half_is_the_largest_power_of_two_below() {
        let halves: Vec<_> = (2..10).map(split).collect();
        assert_eq!(halves, [1, 2, 2, 4, 4, 4, 4, 8]);
    }
}

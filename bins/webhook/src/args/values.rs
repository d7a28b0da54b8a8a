//! What the values of options may be.

use std::time::Duration;

pub(crate) use doorward_kube::checkup::option_duration as duration;

/// A [`duration`] that is more than nothing.
pub(crate) fn pause(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("expected more than nothing".to_owned()),
        pause => Ok(pause),
    }
}

/// The API server takes 1 to 30 seconds, and one of them is kept for the way back.
pub(crate) fn timeout(text: &str) -> Result<Duration, String> {
    let timeout = duration(text)?;
    if (Duration::from_secs(2)..=Duration::from_secs(30)).contains(&timeout) {
        Ok(timeout)
    } else {
        Err("expected 2 to 30 seconds".to_owned())
    }
}

pub(crate) fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("expected a number from 0 to 1".to_owned()),
    }
}

pub(crate) fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("expected a number of at least 1".to_owned()),
        Ok(number) => Ok(number),
    }
}

pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((prefix, location)) if !prefix.is_empty() && !location.is_empty() => {
            Ok((prefix.to_owned(), location.to_owned()))
        }
        _ => Err("expected PREFIX=LOCATION".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_has_both_halves() {
        assert_eq!(
            pair("docker.io=m.example/hub"),
            Ok(("docker.io".to_owned(), "m.example/hub".to_owned()))
        );
        for bad in ["docker.io", "=m.example", "docker.io=", ""] {
            assert!(pair(bad).is_err(), "{bad}");
        }
    }
}

//! Answers: of the server that was asked, or of another one that it led to.

use bytes::Bytes;
use doorward_core::{FetchError, MediaType, OutageCause, ServerTrouble};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::body;
use crate::challenge::Challenges;
use crate::origin::Origin;

/// What came, no matter who it came from.
pub(crate) struct Content {
    /// The server that it came from, `host` or `host:port`.
    pub(crate) host: String,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// All of the body if the status is 200, else as much of it as explains the status.
    pub(crate) body: Bytes,
    /// Whether it came from an address of this machine or its link.
    pub(crate) is_local: bool,
}

/// The answer of the very origin that was asked. Only such an answer can ask for a credential.
pub(crate) struct Direct {
    pub(crate) origin: Origin,
    pub(crate) content: Content,
}

/// The answer of another origin, which the one that was asked led to. It says what it has, and can ask for nothing.
pub(crate) struct Led {
    /// The server that led there.
    pub(crate) from: String,
    pub(crate) content: Content,
}

/// One answer.
pub(crate) enum Reply {
    Direct(Direct),
    Led(Led),
}

impl Direct {
    /// What the server asks for. An answer to it is for this origin alone.
    pub(crate) fn challenges(&self) -> Challenges {
        let content = &self.content;
        Challenges::of(self.origin.clone(), content.is_local, &content.headers)
    }
}

impl Reply {
    pub(crate) const fn content(&self) -> &Content {
        match self {
            Self::Direct(direct) => &direct.content,
            Self::Led(led) => &led.content,
        }
    }

    pub(crate) fn into_body(self) -> Bytes {
        match self {
            Self::Direct(direct) => direct.content.body,
            Self::Led(led) => led.content.body,
        }
    }

    pub(crate) const fn status(&self) -> StatusCode {
        self.content().status
    }

    pub(crate) fn is_ok(&self) -> bool {
        self.status() == StatusCode::OK
    }

    /// The media type that the server claims.
    pub(crate) fn media_type(&self) -> Option<MediaType> {
        let text = self.content().headers.get(CONTENT_TYPE)?.to_str().ok()?;
        Some(MediaType::new(text))
    }

    /// Which server answered, and how it came to be asked.
    fn who(&self) -> String {
        match self {
            Self::Direct(direct) => direct.content.host.clone(),
            Self::Led(led) => format!("{} leads to {}, which", led.from, led.content.host),
        }
    }

    /// The server and its status: `r.example answered 403 DENIED`.
    pub(crate) fn told(&self) -> String {
        format!("{} answered {}", self.who(), self.summary())
    }

    /// What a status other than 200 means for a fetch (RFC 9110, section 15). Never an outage: whether it is evidence
    /// of one is judged elsewhere.
    pub(crate) fn failure(&self) -> FetchError {
        let detail = self.told();
        match self.status().as_u16() {
            401 | 403 => FetchError::Unauthorized { detail },
            404 => FetchError::NotFound,
            // These two are about the resource: there in no type that was asked for, or there no longer (RFC 9110,
            // sections 15.5.7 and 15.5.11). Anyone who may push or delete can bring them about.
            406 | 410 => FetchError::Malformed { detail },
            // Whatever else it is, it says nothing about the resource.
            _ => FetchError::Unavailable {
                detail: match self
                    .content()
                    .headers
                    .get(RETRY_AFTER)
                    .map(HeaderValue::to_str)
                {
                    Some(Ok(when)) if when.len() <= 40 => format!("{detail}, retry after {when}"),
                    _ => detail,
                },
            },
        }
    }

    /// That the server which was asked is in trouble itself. What another one says that it led to is not about it.
    pub(crate) fn outage_cause(&self) -> Option<OutageCause> {
        match self {
            Self::Direct(_) => ServerTrouble::of(self.status().as_u16()).map(OutageCause::Trouble),
            Self::Led(_) => None,
        }
    }

    /// Whether the server is in trouble, or was asked too slowly, too early or too often: another time it may answer
    /// the same request otherwise.
    pub(crate) fn is_trouble(&self) -> bool {
        is_trouble(self.status())
    }

    /// The status and, if the body names one, the error code of the distribution specification.
    pub(crate) fn summary(&self) -> String {
        match body::error_code(&self.content().body) {
            Some(code) => format!("{} {code}", self.status().as_u16()),
            None => self.status().as_u16().to_string(),
        }
    }

    /// Whether the body is an error as registries and trust servers write them. Other web servers do not.
    pub(crate) fn has_service_error(&self) -> bool {
        body::error_code(&self.content().body).is_some()
    }

    /// That the answer is no web page to which the server led, such as one to log in at.
    pub(crate) fn not_a_page(self) -> Result<Self, FetchError> {
        let is_page = self.media_type().is_some_and(|media_type| {
            let text = media_type.as_str();
            let essence = text.split(';').next().unwrap_or_default().trim();
            ["text/html", "application/xhtml+xml"]
                .iter()
                .any(|page| essence.eq_ignore_ascii_case(page))
        });
        match &self {
            Self::Led(_) if is_page => Err(FetchError::Malformed {
                detail: format!("{} answered with a web page", self.who()),
            }),
            _ => Ok(self),
        }
    }
}

/// See [`Reply::is_trouble`].
pub(super) fn is_trouble(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 425 | 429 | 500..=599)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(status: u16) -> Content {
        Content {
            host: "r.example".to_owned(),
            status: StatusCode::from_u16(status).expect("a status"),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            is_local: false,
        }
    }

    fn direct(status: u16) -> Reply {
        let url = "https://r.example".parse().expect("an URL");
        Reply::Direct(Direct {
            origin: Origin::of(&url).expect("an origin"),
            content: content(status),
        })
    }

    fn led(status: u16) -> Reply {
        Reply::Led(Led {
            from: "a.example".to_owned(),
            content: content(status),
        })
    }

    #[test]
    fn a_status_that_says_nothing_about_the_resource_is_no_verdict_on_it() {
        for status in 201..=999 {
            for reply in [direct(status), led(status)] {
                let failure = reply.failure();
                let is_right = match status {
                    401 | 403 => matches!(failure, FetchError::Unauthorized { .. }),
                    404 => failure == FetchError::NotFound,
                    406 | 410 => matches!(failure, FetchError::Malformed { .. }),
                    _ => matches!(failure, FetchError::Unavailable { .. }),
                };
                assert!(is_right, "{status}: {failure:?}");
            }
        }
    }

    #[test]
    fn only_the_server_itself_can_say_that_it_is_in_trouble_and_429_is_about_who_asks() {
        for status in 100..=999 {
            let is_server = (500..600).contains(&status);
            assert_eq!(
                direct(status).outage_cause().is_some(),
                is_server,
                "{status}"
            );
            assert_eq!(led(status).outage_cause(), None, "{status}");
        }
    }
}

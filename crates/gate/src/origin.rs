//! From which web page a WebSocket is asked for (RFC 6455 §10.2, RFC 6454 §7). A page has its visitors' browsers
//! connect from their addresses, allowed ones and this machine's own among them, so only pages from the host that
//! is asked, and those that the operator names, may. A program has no origin, and may. Pure.

use std::{fmt, net::IpAddr, str::FromStr};

use tungstenite::{
    handshake::server::Request,
    http::{HeaderMap, HeaderName, header},
};

/// A page that may ask, as the operator names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebOrigin {
    /// Every page.
    Any,
    /// Those of this host, by whatever scheme and port.
    Host(String),
    /// This origin: `https://chat.example.org:8443`, or `null`.
    Origin(String),
}

/// The text names no origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnOrigin;

impl fmt::Display for NotAnOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "it is no origin: write chat.example.org, https://chat.example.org:8443, or * for all",
        )
    }
}

impl std::error::Error for NotAnOrigin {}

impl FromStr for WebOrigin {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        let origin = text.trim_end_matches('/').to_ascii_lowercase();
        let fits = |part: &str| {
            let odd = |byte: u8| !byte.is_ascii_graphic() || b"/?#@,*\"".contains(&byte);
            !part.is_empty() && !part.bytes().any(odd)
        };
        match origin.split_once("://") {
            _ if origin == "*" => Ok(Self::Any),
            _ if origin == "null" => Ok(Self::Origin(origin)),
            Some((scheme, place)) if fits(scheme) && fits(place) => Ok(Self::Origin(origin)),
            None if fits(&origin) && host_of(&origin) == origin => Ok(Self::Host(origin)),
            Some(_) | None => Err(NotAnOrigin),
        }
    }
}

impl WebOrigin {
    fn is(&self, origin: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Host(host) => host_of_origin(origin).is_some_and(|of| of == host),
            Self::Origin(this) => this == origin,
        }
    }
}

/// The origin of the page that asks, in lower case, where it is another host's than the one that is asked.
pub(crate) fn foreign(request: &Request) -> Option<String> {
    let headers = request.headers();
    let origin = one(headers, &header::ORIGIN)?.to_ascii_lowercase();
    let asked = one(headers, &header::HOST).unwrap_or_default();
    let asked = asked.to_ascii_lowercase();
    let own =
        host_of_origin(&origin).is_some_and(|host| !host.is_empty() && host == host_of(&asked));
    (!own).then_some(origin)
}

/// The origin of a page whose host has a name. Whoever owns the name can have it mean any address, a visitor's own
/// machine too, so that the page asks there as at home (DNS rebinding). TLS keeps that out, for no certificate fits;
/// without it no name is to be believed but this machine's own.
pub(crate) fn named(request: &Request) -> Option<String> {
    let origin = one(request.headers(), &header::ORIGIN)?.to_ascii_lowercase();
    let host = host_of_origin(&origin).unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let known = host == "localhost" || address.parse::<IpAddr>().is_ok();
    (!known).then_some(origin)
}

/// Is this page among those that may ask?
pub(crate) fn is_among(origin: &str, those: &[WebOrigin]) -> bool {
    those.iter().any(|that| that.is(origin))
}

/// The text of a header; of one that is there twice, or is no text, nothing that equals anything.
fn one(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let mut values = headers.get_all(name).into_iter();
    let first = values.next()?;
    let only = values.next().is_none();
    let text = first.to_str().ok().filter(|_| only);
    Some(text.unwrap_or("?").trim().to_owned())
}

fn host_of_origin(origin: &str) -> Option<&str> {
    origin.split_once("://").map(|(_, place)| host_of(place))
}

/// The host without its port. An address of IPv6 stands in brackets.
fn host_of(place: &str) -> &str {
    let host = match place.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => place,
    };
    host.strip_suffix('.').unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(host: &str, origin: &[&str]) -> Request {
        let mut request = tungstenite::http::Request::builder();
        if !host.is_empty() {
            request = request.header("Host", host);
        }
        for origin in origin {
            request = request.header("Origin", *origin);
        }
        request.body(()).unwrap()
    }

    #[test]
    fn a_page_of_the_host_that_is_asked_and_a_program_are_at_home_and_other_pages_are_foreign() {
        for (host, origin, at_home) in [
            ("chat.example.org:7667", &[][..], true),
            ("chat.example.org:7667", &["https://chat.example.org"], true),
            (
                "Chat.Example.org.",
                &["HTTPS://chat.example.org:8443"],
                true,
            ),
            ("[2001:db8::7]:7667", &["http://[2001:db8::7]:80"], true),
            ("chat.example.org", &["https://evil.example"], false),
            (
                "chat.example.org",
                &["https://chat.example.org.evil.example"],
                false,
            ),
            ("chat.example.org", &["https://example.org"], false),
            ("127.0.0.1:7667", &["https://evil.example"], false),
            ("chat.example.org", &["null"], false),
            ("chat.example.org", &[""], false),
            ("", &["https://evil.example"], false),
            ("", &["https://"], false),
            ("[2001:db8::7]:7667", &["http://[2001:db8::8]:80"], false),
            (
                "chat.example.org",
                &["https://chat.example.org", "https://evil.example"],
                false,
            ),
        ] {
            let foreign = foreign(&request(host, origin));
            assert_eq!(foreign.is_none(), at_home, "{origin:?} to {host}");
        }
    }

    #[test]
    fn a_host_that_has_a_name_is_told_from_addresses_and_this_machine() {
        for (origin, has_name) in [
            (&[][..], false),
            (&["http://127.0.0.1:6667"], false),
            (&["http://[::1]:6667"], false),
            (&["http://LOCALHOST"], false),
            (&["http://evil.example:6667"], true),
            (&["http://localhost.evil.example"], true),
            (&["null"], true),
        ] {
            assert_eq!(
                named(&request("x", origin)).is_some(),
                has_name,
                "{origin:?}"
            );
        }
    }

    #[test]
    fn the_operator_names_hosts_origins_or_all() {
        let named = |texts: &[&str]| -> Vec<WebOrigin> {
            texts.iter().map(|text| text.parse().unwrap()).collect()
        };
        let some = named(&["Chat.example.org", "https://irc.example.org:8443/", "null"]);
        for (origin, may) in [
            ("https://chat.example.org", true),
            ("http://chat.example.org:3000", true),
            ("https://irc.example.org:8443", true),
            ("https://irc.example.org", false),
            ("https://evil.example", false),
            ("null", true),
            ("?", false),
        ] {
            assert_eq!(is_among(origin, &some), may, "{origin}");
            assert!(is_among(origin, &named(&["*"])));
            assert!(!is_among(origin, &[]));
        }
        for text in [
            "",
            "a b",
            "https://",
            "://x",
            "example.org/path",
            "example.org:80",
            "*.org",
        ] {
            assert!(text.parse::<WebOrigin>().is_err(), "{text}");
        }
    }
}

//! What a proxy says of whom it connects for: bytes from whoever reaches it.

use snug_rules::{MAX_PROXY_BYTES, PROXY_HEAD_BYTES, ProxyHead, forwarded_for};

/// Nothing panics; a header asks for a bounded rest, and what it names is no IPv4 address in IPv6's form.
pub fn check(data: &[u8]) {
    if let Some((head, rest)) = data.split_first_chunk::<PROXY_HEAD_BYTES>()
        && let Ok(head) = ProxyHead::parse(head)
    {
        assert!(head.rest <= MAX_PROXY_BYTES);
        let whole = rest.get(..head.rest);
        if let Some(source) = head.source(whole.unwrap_or(rest)) {
            assert_eq!(source.ip(), source.ip().to_canonical());
        }
    }
    if let Some(source) = forwarded_for(data, |address| address.is_loopback()) {
        // A proxy is named only where nobody else is.
        assert!(!source.is_loopback() || forwarded_for(data, |_| true) == Some(source));
        assert_eq!(source, source.to_canonical());
    }
}

//! What somebody at the address of metrics and health asks for: the head of an HTTP request (RFC 9112). Pure.

/// Longest head that is read.
pub(crate) const MAX_HEAD_BYTES: usize = 4096;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) page: Page,
    /// The page, or only its head (RFC 9110 §9.3.2).
    pub(crate) part: Part,
}

/// What there is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    Metrics,
    Health,
    /// Anything else: there is nothing.
    Unknown,
}

/// How much of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Whole,
    Head,
}

/// What is asked for, once all of the head came that will come or be read. `None`: more is needed.
pub(crate) fn asked(head: &[u8], ended: bool) -> Option<Asked> {
    let head = head.get(..MAX_HEAD_BYTES).unwrap_or(head);
    let end = head.windows(4).position(|end| end == b"\r\n\r\n");
    if end.is_none() && !ended && head.len() < MAX_HEAD_BYTES {
        return None;
    }
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let mut words = line.split(|byte| *byte == b' ');
    let (verb, path) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let page = match (verb, path) {
        (b"GET" | b"HEAD", b"/metrics") => Page::Metrics,
        (b"GET" | b"HEAD", b"/health") => Page::Health,
        _ => Page::Unknown,
    };
    let part = if verb == b"HEAD" {
        Part::Head
    } else {
        Part::Whole
    };
    Some(Asked { page, part })
}

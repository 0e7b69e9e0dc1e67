//! What somebody asks of the address of metrics and health.

use super::asked::{Asked, MAX_HEAD_BYTES, Page, Part, asked};

/// The first byte says by how many the others arrive. Nothing panics; what is asked for is the same however it
/// arrives; no more is waited for than may be; what is not asked for by its name is not told.
pub fn check(data: &[u8]) {
    let Some((size, head)) = data.split_first() else {
        return;
    };
    let whole = asked(head, true).expect("nothing more will come");
    let size = usize::from(*size).max(1);
    let ends = (size..head.len()).step_by(size);
    let told = ends.map(|end| asked(head.get(..end).unwrap_or_default(), false));
    let told = told.chain([asked(head, false)]).find_map(|told| told);
    assert!(told.is_none_or(|told| told == whole), "{told:?}");
    assert!(told.is_some() || head.len() < MAX_HEAD_BYTES);
    let names = |path: &[u8]| {
        head.split(|byte| *byte == b' ')
            .nth(1)
            .is_some_and(|word| word.starts_with(path))
    };
    match whole {
        Asked {
            page: Page::Metrics,
            ..
        } => assert!(names(b"/metrics")),
        Asked {
            page: Page::Health, ..
        } => assert!(names(b"/health")),
        Asked {
            page: Page::Unknown,
            ..
        } => {}
    }
    assert_eq!(
        whole.part == Part::Head,
        head.starts_with(b"HEAD ") || matches!(head.strip_prefix(b"HEAD"), Some([] | [b'\r', ..]))
    );
}

//! What overlays are made of: lines and fields, lists, forms, texts.

pub(crate) mod chooser;
pub(crate) mod field;
pub(crate) mod form;
pub(crate) mod line;
pub(crate) mod opening;
pub(crate) mod pick;
pub(crate) mod shown;

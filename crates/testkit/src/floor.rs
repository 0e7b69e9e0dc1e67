//! What the ground costs: the same work by programs that do nothing else, measured in the same run as
//! the server.

pub mod fanout;
pub mod rows;
pub mod sync;

//! What the live test is made of: texts to try and servers to ask.

pub(crate) mod generate;
pub(crate) mod server;

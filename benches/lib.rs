//! Nothing: a package wants a library, and this one has benches only (`kernels.rs`).

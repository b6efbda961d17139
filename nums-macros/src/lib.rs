//! The `nums!` macro: tokens to IR to Rust. Decides nothing that nums-ir can decide.
//!
//! `lex` flattens tokens, `parse` makes the ast, `lower` resolves names into a parsed `Func`, `nums_ir` infers and fuses, `emit`
//! prints Rust, `error` prints mistakes under the user's tokens; `compile` joins them; `editor` shows rust-analyzer the words of a
//! body. The facade documents the macros.

mod ast;
mod compile;
mod editor;
mod emit;
mod error;
mod lex;
mod lower;
mod parse;

/// Array functions or an array expression, in NumPy's words.
#[proc_macro]
pub fn nums(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    compile::nums(input.into()).into()
}

/// The vocabulary of `nums!` as items, for editors: the facade's `__editor`.
#[doc(hidden)]
#[proc_macro]
pub fn words(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    editor::words().into()
}

/// The text of an expression at a stage: `nums::ir!(Stage::Fused, a @ b + 1)?`.
#[proc_macro]
pub fn ir(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    compile::ir(input.into()).into()
}

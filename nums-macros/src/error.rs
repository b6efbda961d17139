//! `Diag` to `compile_error!`, with the caret under the expression's first to last token, notes and help in the message.

use crate::lex::Tokens;
use nums_ir::diag::Diag;
use proc_macro2::TokenStream;
use quote::quote_spanned;

/// The errors as items or statements; a mistake that is reported twice (of an inlined function) is one.
pub(crate) fn emit(tokens: &Tokens, diags: &[Diag]) -> Vec<TokenStream> {
    let mut seen: Vec<&Diag> = Vec::new();
    for diag in diags {
        if seen.iter().all(|d| d.loc.tokens != diag.loc.tokens || d.message != diag.message) {
            seen.push(diag);
        }
    }
    seen.iter().map(|diag| one(tokens, diag)).collect()
}

fn one(tokens: &Tokens, diag: &Diag) -> TokenStream {
    let text = diag.to_string();
    // rustc underlines from the path's first token to the closing brace: two spans mark a range on stable Rust.
    let (first, last) = tokens.spans(diag.loc);
    let path = quote_spanned!(first=> ::core::compile_error!);
    let message = proc_macro2::Literal::string(&text);
    let body = quote_spanned!(last=> { #message });
    quote_spanned!(last=> #path #body)
}

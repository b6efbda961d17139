//! One `nums!` from tokens to Rust: parse, lower, infer, fuse, emit, or all mistakes found on the way.

use crate::ast::{Content, Function};
use crate::editor;
use crate::emit::{self, Programs};
use crate::lex::{Tok, Tokens};
use crate::parse::Parser;
use crate::{error, lower};
use nums_ir::diag::Diag;
use nums_ir::dtype::DType;
use nums_ir::{infer, pass};
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::quote;

/// `nums! { … }`.
pub(crate) fn nums(input: TokenStream) -> TokenStream {
    let (root, input) = root(input);
    let tokens = read(input);
    let mut parser = Parser::new(&tokens);
    match parser.content() {
        Content::Functions(functions) => {
            // Mistakes stand behind what they are about: an editor that tries out a word finds the same places.
            compile_functions(&root, &tokens, &functions, parser.diags)
        }
        Content::Expression(expression) => {
            let made = match expression.broken {
                true => {
                    let mut diags = parser.diags.clone();
                    if !expression.unread {
                        diags.extend(lower::expression(&tokens, &expression).err().unwrap_or_default());
                    }
                    diags.sort_by_key(|d| d.loc);
                    diags.dedup_by_key(|d| d.loc);
                    broken(&tokens, &diags)
                }
                false => match lower::expression(&tokens, &expression) {
                    Ok((func, captures)) => emit::expression(&root, &tokens, &expression, &func, &captures),
                    Err(diags) => broken(&tokens, &diags),
                },
            };
            if !editor::expands() {
                return made;
            }
            let mirror = editor::expression(&root, &tokens, &expression);
            quote!({ #mirror; #made })
        }
        Content::Broken => broken(&tokens, &parser.diags),
    }
}

/// `nums::ir!(stage, expression)`.
pub(crate) fn ir(input: TokenStream) -> TokenStream {
    let (root, input) = root(input);
    let mut trees = input.into_iter();
    let is_comma = |t: &TokenTree| matches!(t, TokenTree::Punct(p) if p.as_char() == ',');
    let stage: TokenStream = trees.by_ref().take_while(|t| !is_comma(t)).collect();
    let tokens = read(trees.collect());
    let mut parser = Parser::new(&tokens);
    match parser.content() {
        Content::Expression(expression) if expression.broken => broken(&tokens, &parser.diags),
        Content::Expression(expression) => match lower::expression(&tokens, &expression) {
            Ok((func, captures)) => emit::ir_of(&root, &tokens, &stage, &func, &captures),
            Err(diags) => broken(&tokens, &diags),
        },
        Content::Functions(_) => {
            let diag = Diag::new(tokens.loc(0, 0), "`ir!` takes a stage and an expression");
            broken(&tokens, &[diag.help("a function `f` has `f::ir(stage)`")])
        }
        Content::Broken => broken(&tokens, &parser.diags),
    }
}

/// `crate = path;` at the beginning, and what follows it.
fn root(input: TokenStream) -> (TokenStream, TokenStream) {
    let mut trees = input.clone().into_iter();
    let begins = (trees.next(), trees.next());
    if let (Some(TokenTree::Ident(word)), Some(TokenTree::Punct(equals))) = begins
        && word == "crate"
        && equals.as_char() == '='
    {
        let is_end = |t: &TokenTree| matches!(t, TokenTree::Punct(p) if p.as_char() == ';');
        let path = trees.by_ref().take_while(|t| !is_end(t)).collect();
        return (path, trees.collect());
    }
    (quote!(::nums), input)
}

/// The tokens, with the comments that Rust dropped, where the compiler gives the source.
fn read(input: TokenStream) -> Tokens {
    let here = Span::call_site();
    let mut tokens = Tokens::new(input, here);
    if let Some(text) = here.source_text() {
        tokens.find_comments(&text, here.start());
    }
    tokens
}

/// `diags` are the mistakes of syntax.
fn compile_functions(root: &TokenStream, tokens: &Tokens, functions: &[Function], mut diags: Vec<Diag>) -> TokenStream {
    let mut out = TokenStream::new();
    let mut wide = None;
    for (at, function) in functions.iter().enumerate() {
        let other_version = |f: &Function| match (&f.generic, &function.generic) {
            (Some(a), Some(b)) => a.dtype != b.dtype && f.token == function.token,
            _ => false,
        };
        if functions[..at].iter().any(|f| f.name == function.name && !other_version(f)) {
            let place = tokens.loc(function.token, function.token);
            diags.push(Diag::new(place, format!("two functions are called `{}`", function.name)));
            continue;
        }
        let programs = match function.unread {
            true => Err(Vec::new()),
            false => compile(tokens, functions, at),
        };
        let programs = programs.map_err(|mistakes| diags.extend(mistakes)).ok();
        let mirror = if editor::expands() { editor::function(root, tokens, functions, function) } else { TokenStream::new() };
        match &function.generic {
            None => out.extend(emit::function(root, tokens, function, programs.as_ref(), &mirror)),
            // Both versions become one function of Rust, behind the second.
            Some(generic) if generic.dtype == DType::F64 => wide = programs,
            Some(_) => out.extend(emit::generic(root, tokens, function, (wide.take().as_ref(), programs.as_ref()), &mirror)),
        }
    }
    diags.sort_by_key(|d| d.loc);
    // What is wrong in both versions of a generic function is said once.
    let mut told = Vec::new();
    diags.retain(|d| {
        !told.contains(&d.loc) && {
            told.push(d.loc);
            true
        }
    });
    out.extend(error::emit(tokens, &diags));
    out
}

fn compile(tokens: &Tokens, functions: &[Function], at: usize) -> Result<Programs, Vec<Diag>> {
    let parsed = lower::function(tokens, functions, at)?;
    let typed = infer::infer(&parsed)?;
    // A function of any rank is fused when a call gives the ranks.
    let fused = typed.is_ranked().then(|| pass::run(typed));
    Ok(Programs { parsed, fused })
}

/// Mistakes where a value is expected. An import or a Python function stands between items, so it is reported as one.
fn broken(tokens: &Tokens, diags: &[Diag]) -> TokenStream {
    let errors = error::emit(tokens, diags);
    match errors.as_slice() {
        [one] => one.clone(),
        all => match &tokens.get(0).tok {
            Tok::Ident(word) if ["def", "import", "from", "class"].contains(&word.as_str()) => quote!(#(#all)*),
            // The last stands as the value, so that no type is missing on top of what is wrong.
            _ => {
                let (last, others) = all.split_last().map_or((None, all), |(last, others)| (Some(last), others));
                quote!({ #(#others;)* #last })
            }
        },
    }
}

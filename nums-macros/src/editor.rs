//! What an editor sees of a body: Rust that mentions each word of the user where it stands, and is never compiled.
//!
//! rust-analyzer maps hover, definitions, references, rename and completion through the expansion of a macro, by spans. The
//! compiled expansion holds text and has no place for a local name. So where rust-analyzer expands, and nowhere else, the
//! expansion begins with a mirror of the body: `y = X.T @ w;` is `let y = matmul((X.T, w));`, whose words are those of
//! `__editor` in the facade. Every value has one type there, so that nothing is judged; mistakes stand behind the mirror, so that
//! places in it do not depend on them. `words` writes that vocabulary from nums-ir's tables.

use crate::ast::{Argument, Assign, Body, Expr, Expression, Function, Item, Kind, Written};
use crate::emit::ident;
use crate::lex::{Tok, Tokens};
use nums_ir::builtin::{self, Word};
use nums_ir::dtype::DType;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use std::sync::OnceLock;

/// Whether an editor expands the macro, and no compiler.
pub(crate) fn expands() -> bool {
    static EDITOR: OnceLock<bool> = OnceLock::new();
    *EDITOR.get_or_init(|| {
        let name = std::env::current_exe().ok().and_then(|exe| exe.file_name().map(|n| n.to_string_lossy().into_owned()));
        name.is_some_and(|n| n.starts_with("rust-analyzer"))
    })
}

struct Mirror<'a> {
    tokens: &'a Tokens,
    /// Functions that the block defines.
    functions: &'a [Function],
    /// Names that a `let` of the mirror binds.
    bound: Vec<String>,
    /// Other names are variables of Rust.
    captures: bool,
}

/// The mirror of a function's body, as statements.
pub(crate) fn function(root: &TokenStream, tokens: &Tokens, functions: &[Function], f: &Function) -> TokenStream {
    let mut mirror = Mirror { tokens, functions, bound: Vec::new(), captures: false };
    let mut out = TokenStream::new();
    for param in &f.params {
        out.extend(mirror.bind(&param.name, param.token));
    }
    for written in f.params.iter().map(|p| &p.written).chain(&f.results) {
        out.extend(mirror.symbols(written));
    }
    out.extend(mirror.body(&f.body));
    block(root, &out)
}

/// The mirror of an expression, as statements.
pub(crate) fn expression(root: &TokenStream, tokens: &Tokens, e: &Expression) -> TokenStream {
    let mut mirror = Mirror { tokens, functions: &[], bound: Vec::new(), captures: true };
    let out = mirror.body(&e.body);
    block(root, &out)
}

/// Statements with the vocabulary in scope. Only an editor's own checks see the attributes.
fn block(root: &TokenStream, statements: &TokenStream) -> TokenStream {
    quote! {
        #[allow(non_snake_case, unused_variables, unused_imports)]
        {
            use #root::__editor::*;
            #statements
        }
    }
}

impl Mirror<'_> {
    fn span(&self, token: usize) -> Span {
        self.tokens.get(token).span
    }

    fn bind(&mut self, name: &str, token: usize) -> TokenStream {
        let known = self.bound.iter().any(|b| b == name);
        let name_here = ident(name, self.span(token));
        // A new version is no new name: a rename reaches all. Nothing but the name may stand in the pattern, or its place is lost.
        if known {
            return quote!(of(#name_here););
        }
        self.bound.push(name.to_owned());
        quote!(let #name_here = value();)
    }

    /// The symbols of a type: the first place of each binds it.
    fn symbols(&mut self, written: &Written) -> TokenStream {
        let mut out = TokenStream::new();
        for at in written.first..=written.last {
            let Tok::Ident(name) = &self.tokens.get(at).tok else { continue };
            if DType::from_name(name).is_some() || at == written.first {
                continue;
            }
            out.extend(match self.bound.iter().any(|b| b == name) {
                true => {
                    let name = ident(name, self.span(at));
                    quote!(of(#name);)
                }
                false => self.bind(name, at),
            });
        }
        out
    }

    fn body(&mut self, body: &Body) -> TokenStream {
        let mut out = TokenStream::new();
        for assign in &body.assigns {
            out.extend(self.assign(assign));
        }
        if let Some(result) = &body.result {
            let result = self.expr(result);
            out.extend(quote!(of(#result);));
        }
        out
    }

    fn assign(&mut self, assign: &Assign) -> TokenStream {
        let mut out = TokenStream::new();
        let value = self.expr(&assign.value);
        out.extend(quote!(of(#value);));
        let updates = assign.items.is_some() || assign.op.is_some();
        if let Some(items) = &assign.items {
            let items = self.items(items);
            out.extend(quote!(of(#items);));
        }
        for (name, token) in assign.targets.iter().filter(|(name, _)| name != "_") {
            out.extend(match updates && !self.bound.contains(name) {
                true => {
                    let name = self.name(name, *token);
                    quote!(of(#name);)
                }
                false => self.bind(name, *token),
            });
        }
        out
    }

    fn name(&self, name: &str, token: usize) -> TokenStream {
        let here = ident(name, self.span(token));
        let is_word = builtin::name(name).is_some() || !self.captures;
        if self.bound.iter().any(|b| b == name) || is_word { quote!(#here) } else { quote!(of(&#here)) }
    }

    fn expr(&self, e: &Expr) -> TokenStream {
        match &e.kind {
            Kind::Number(_) | Kind::Str(_) | Kind::None | Kind::Ellipsis | Kind::Splice(_) | Kind::Broken => quote!(value()),
            Kind::Name(name, token) => self.name(name, *token),
            Kind::Attribute(base, name, token) => {
                let (base, name) = (self.expr(base), ident(name, self.span(*token)));
                quote!(#base.#name)
            }
            Kind::Call(callee, args) => self.call(callee, args),
            Kind::Index(base, items) => {
                let (base, items) = (self.expr(base), self.items(items));
                quote!(of((#base, #items)))
            }
            Kind::Unary(_, a) => {
                let a = self.expr(a);
                quote!(of(#a))
            }
            Kind::Binary(op, a, b) => self.operator(op, self.expr(a), b),
            Kind::Chain(first, rest) => rest.iter().fold(self.expr(first), |left, (op, right)| self.operator(op, left, right)),
            Kind::If(c, a, b) => {
                let (c, a, b) = (self.expr(c), self.expr(a), self.expr(b));
                quote!(of((#c, #a, #b)))
            }
            Kind::Tuple(parts) => {
                let parts = parts.iter().map(|p| self.expr(p));
                quote!(of((#(#parts,)*)))
            }
        }
    }

    /// An operator is NumPy's function of it, at the operator.
    fn operator(&self, op: &str, left: TokenStream, right: &Expr) -> TokenStream {
        let operands = {
            let right = self.expr(right);
            quote!((#left, #right))
        };
        match (builtin::operator_name(op, 2), right.first.checked_sub(1)) {
            (Some(name), Some(at)) => {
                let name = ident(name, self.span(at));
                quote!(#name(#operands))
            }
            _ => quote!(of(#operands)),
        }
    }

    fn call(&self, callee: &Expr, args: &[Argument]) -> TokenStream {
        let values = args.iter().map(|a| self.expr(&a.value));
        let args = quote!((#(#values,)*));
        match &callee.kind {
            Kind::Name(name, token) => {
                let here = ident(name, self.span(*token));
                let own = self.functions.iter().any(|f| f.name == *name) || self.bound.iter().any(|b| b == name);
                if own { quote!(of((#here, #args))) } else { quote!(#here(#args)) }
            }
            Kind::Attribute(base, name, token) => {
                let (base, name) = (self.expr(base), ident(name, self.span(*token)));
                quote!(#base.#name(#args))
            }
            _ => {
                let callee = self.expr(callee);
                quote!(of((#callee, #args)))
            }
        }
    }

    fn items(&self, items: &[Item]) -> TokenStream {
        let one = |e: &Option<Expr>| e.as_ref().map(|e| self.expr(e));
        let parts = items.iter().flat_map(|item| match item {
            Item::Expr(e) => vec![self.expr(e)],
            Item::Slice { start, stop, step } => [one(start), one(stop), one(step)].into_iter().flatten().collect(),
        });
        quote!((#(#parts,)*))
    }
}

// ---- the vocabulary

/// The items of `__editor`.
pub(crate) fn words() -> TokenStream {
    let all: Vec<Word> = builtin::words().collect();
    let below = |module: &'static str| all.iter().filter(move |w| w.function && w.path.starts_with(module));
    let methods = all.iter().filter(|w| w.method && !w.path.contains('.')).map(|w| method(w, w.path, &value_type()));
    let functions = all.iter().filter(|w| w.function && !w.path.contains('.')).map(|w| free(w, w.path));
    let of_module = all.iter().filter(|w| w.function && !w.path.contains('.')).map(|w| method(w, w.path, &value_type()));
    let linalg = below("linalg.").map(|w| method(w, &w.path["linalg.".len()..], &value_type()));
    let (seeds, draws): (Vec<&Word>, Vec<&Word>) = below("random.").partition(|w| w.path == "random.default_rng");
    let seeds = seeds.into_iter().map(|w| method(w, &w.path["random.".len()..], &quote!(&'static Generator)));
    let draws = draws.into_iter().map(|w| method(w, &w.path["random.".len()..], &value_type()));
    let fields = builtin::attributes().iter().map(|name| Ident::new(name, Span::call_site()));
    let constants = builtin::constants().map(|name| Ident::new(name, Span::call_site()));
    let dtypes = DType::ALL.map(|d| Ident::new(d.name(), Span::call_site()));
    quote! {
        /// Any value inside `nums!`.
        #[derive(Clone, Copy)]
        pub struct Value { #(/** An attribute of arrays. */ pub #fields: &'static Value,)* }
        impl Value { #(#methods)* }
        /// NumPy.
        #[derive(Clone, Copy)]
        pub struct Numpy {
            /// Linear algebra.
            pub linalg: &'static Linalg,
            /// Generators of random numbers.
            pub random: &'static Random,
            #(/** A constant. */ pub #constants: &'static Value,)*
        }
        impl Numpy { #(#of_module)* }
        /// Linear algebra.
        #[derive(Clone, Copy)]
        pub struct Linalg {}
        impl Linalg { #(#linalg)* }
        /// Generators of random numbers.
        #[derive(Clone, Copy)]
        pub struct Random {}
        impl Random { #(#seeds)* }
        /// A generator of random numbers.
        #[derive(Clone, Copy)]
        pub struct Generator {}
        impl Generator { #(#draws)* }
        /// NumPy.
        pub static np: &'static Numpy = &loop {};
        /// NumPy.
        pub static numpy: &'static Numpy = &loop {};
        /// Linear algebra.
        pub static linalg: &'static Linalg = &loop {};
        #(/** A dtype. */ pub static #dtypes: &'static Value = &loop {};)*
        /// A value.
        #[doc(hidden)]
        pub fn value() -> &'static Value { loop {} }
        /// A value made of others.
        #[doc(hidden)]
        pub fn of<A>(_: A) -> &'static Value { loop {} }
        #(#functions)*
    }
}

fn value_type() -> TokenStream {
    quote!(&'static Value)
}

fn documented(word: &Word) -> String {
    format!(" `{}({})`: {}", word.path, word.signature, word.doc)
}

fn method(word: &Word, name: &str, gives: &TokenStream) -> TokenStream {
    let Ok(_) = syn::parse_str::<Ident>(name).or_else(|_| syn::parse_str::<Ident>(&format!("r#{name}"))) else {
        return TokenStream::new();
    };
    let (name, doc) = (ident(name, Span::call_site()), documented(word));
    quote!(#[doc = #doc] pub fn #name<A>(&self, _: A) -> #gives { loop {} })
}

fn free(word: &Word, name: &str) -> TokenStream {
    let (name, doc) = (ident(name, Span::call_site()), documented(word));
    quote!(#[doc = #doc] pub fn #name<A>(_: A) -> &'static Value { loop {} })
}

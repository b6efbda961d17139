//! Programs to Rust: a function and its module, or a block expression, that hand text IR and arguments to the runtime.
//!
//! All names are `<root>::__emitted::…` (`::nums` by default). Tokens that are not the user's, and names that a lint could dislike,
//! carry the macro's own spans at the user's place: errors point there, and lints see a foreign macro, so the output needs no
//! `allow` that a crate might forbid. Captured variables keep the user's spans.

use crate::ast::{Expression, Function, RustType, Written, ours};
use crate::editor;
use crate::lex::Tokens;
use crate::lower::Capture;
use nums_ir::func::{Func, Op, Scalar};
use nums_ir::group::{Group, Step, StepOp};
use nums_ir::text::print_with_locs;
use proc_macro2::{Ident, Literal, Span, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};

/// What a function compiles to.
pub(crate) struct Programs {
    pub(crate) parsed: Func,
    /// `None` where a rank is known only in a call.
    pub(crate) fused: Option<Func>,
}

/// `fn f` and `mod f`; without programs (after a mistake) stubs of the same types, so that nothing else complains.
/// `mirror` is what an editor sees of the body.
pub(crate) fn function(
    root: &TokenStream,
    tokens: &Tokens,
    f: &Function,
    programs: Option<&Programs>,
    mirror: &TokenStream,
) -> TokenStream {
    let span = ours(tokens.get(f.token).span);
    let (name, Signature { params, args, result }) = (ident(&f.name, span), signature(root, tokens, f));
    let (visibility, attributes) = (&f.visibility, f.attributes.iter().map(|(_, tokens)| tokens));
    let cfg = f.attributes.iter().filter(|(name, _)| name == "cfg").map(|(_, tokens)| tokens);
    let module = module(root, f, programs, span);
    let module_doc = format!(" Looks inside `{}`: its program at every stage, and plans of calls.", f.name);
    quote_spanned! {span=>
        #(#attributes)*
        #visibility fn #name(#(#params),*) -> #root::__emitted::Result<#result> {
            #mirror
            #root::__emitted::call(&#name::PROGRAM, &[#(#args),*])
        }
        #(#cfg)*
        #[doc = #module_doc]
        #visibility mod #name {
            #module
        }
    }
}

/// A generic function, its two versions as modules `f::f64` and `f::f32`. `f` is one of them: they differ in dtypes only.
pub(crate) fn generic(
    root: &TokenStream,
    tokens: &Tokens,
    f: &Function,
    (wide, narrow): (Option<&Programs>, Option<&Programs>),
    mirror: &TokenStream,
) -> TokenStream {
    let span = ours(tokens.get(f.token).span);
    let (name, Signature { params, args, result }) = (ident(&f.name, span), signature(root, tokens, f));
    let (visibility, attributes) = (&f.visibility, f.attributes.iter().map(|(_, tokens)| tokens));
    let cfg = f.attributes.iter().filter(|(name, _)| name == "cfg").map(|(_, tokens)| tokens);
    let (wide, narrow) = (module(root, f, wide, span), module(root, f, narrow, span));
    let module_doc = format!(" Looks inside `{}`: its program at every stage, and plans of calls.", f.name);
    let t = type_parameter(tokens, f);
    quote_spanned! {span=>
        #(#attributes)*
        #visibility fn #name<#t: #root::__emitted::Float>(#(#params),*) -> #root::__emitted::Result<#result> {
            #mirror
            let program = if #root::__emitted::is_single::<#t>() { &#name::f32::PROGRAM } else { &#name::f64::PROGRAM };
            #root::__emitted::call(program, &[#(#args),*])
        }
        #(#cfg)*
        #[doc = #module_doc]
        #visibility mod #name {
            /// The version of `f64`.
            pub mod f64 {
                #wide
            }

            /// The version of `f32`.
            pub mod f32 {
                #narrow
            }

            /// The text of the version of a dtype at a stage; `f64`'s for any but `f32`.
            #[must_use]
            pub fn ir(dtype: #root::__emitted::DType, stage: #root::__emitted::Stage) -> ::std::string::String {
                if dtype == #root::__emitted::DType::F32 { self::f32::ir(stage) } else { self::f64::ir(stage) }
            }

            /// The plan of a call of the version of a dtype; `f64`'s for any but `f32`.
            ///
            /// # Errors
            /// The shapes do not fit the program.
            pub fn plan(
                dtype: #root::__emitted::DType,
                spec: &#root::__emitted::ClusterSpec,
                shapes: &[&[::core::primitive::usize]],
            ) -> #root::__emitted::Result<#root::__emitted::Plan> {
                self::plan_with(dtype, spec, shapes, &[], &[])
            }

            /// As `plan`, with the block shapes of the array parameters and the values of the integer parameters; where a
        /// boolean chooses a branch, of the integer and boolean ones in order, `True` as 1.
            ///
            /// # Errors
            /// The shapes, blocks or integers do not fit the program.
            pub fn plan_with(
                dtype: #root::__emitted::DType,
                spec: &#root::__emitted::ClusterSpec,
                shapes: &[&[::core::primitive::usize]],
                blocks: &[&[::core::primitive::usize]],
                ints: &[::core::primitive::i64],
            ) -> #root::__emitted::Result<#root::__emitted::Plan> {
                if dtype == #root::__emitted::DType::F32 {
                    self::f32::plan_with(spec, shapes, blocks, ints)
                } else {
                    self::f64::plan_with(spec, shapes, blocks, ints)
                }
            }
        }
    }
}

/// Parameters, arguments of the call, and result of a function of Rust.
struct Signature {
    params: Vec<TokenStream>,
    args: Vec<TokenStream>,
    result: TokenStream,
}

fn signature(root: &TokenStream, tokens: &Tokens, f: &Function) -> Signature {
    let span = ours(tokens.get(f.token).span);
    let written = |rust: &RustType, at: usize| match rust {
        RustType::GenericArray => {
            let t = type_parameter(tokens, f);
            quote_spanned!(span=> #root::__emitted::Array<#t>)
        }
        RustType::GenericScalar => {
            let t = type_parameter(tokens, f);
            quote_spanned!(span=> #t)
        }
        RustType::Array(_) | RustType::Dyn | RustType::Scalar(_) => rust_type(root, rust, ours(tokens.get(at).span)),
    };
    // Where an editor looks, a parameter's place is that of its mirror.
    let place = |token: usize| if editor::expands() { Span::mixed_site() } else { ours(tokens.get(token).span) };
    let params = f.params.iter().map(|p| {
        let name = ident(&p.name, place(p.token));
        let ty = written(&p.written.rust, p.written.first);
        match p.written.rust {
            RustType::Scalar(_) | RustType::GenericScalar => quote_spanned!(span=> #name: #ty),
            RustType::Array(_) | RustType::Dyn | RustType::GenericArray => quote_spanned!(span=> #name: &#ty),
        }
    });
    let args = f.params.iter().map(|p| {
        let name = ident(&p.name, place(p.token));
        match p.written.rust {
            RustType::Scalar(_) => quote_spanned!(span=> &#name),
            RustType::GenericScalar => quote_spanned!(span=> &#root::__emitted::plain(#name)),
            RustType::Array(_) | RustType::Dyn | RustType::GenericArray => quote_spanned!(span=> #name),
        }
    });
    let results: Vec<_> = f.results.iter().map(|w| written(&w.rust, w.first)).collect();
    let result = match results.as_slice() {
        [one] if !f.tuple => one.clone(),
        types => quote!((#(#types,)*)),
    };
    Signature { params: params.collect(), args: args.collect(), result }
}

/// The name of a generic function's type parameter.
fn type_parameter(tokens: &Tokens, f: &Function) -> Option<Ident> {
    f.generic.as_ref().map(|g| ident(&g.name, ours(tokens.get(g.token).span)))
}

/// The items of `mod f`.
fn module(root: &TokenStream, f: &Function, programs: Option<&Programs>, span: Span) -> TokenStream {
    let program = match programs {
        Some(p) => {
            let parsed = bytes(&p.parsed);
            let fused = match p.fused.as_ref().map(bytes) {
                Some(fused) => quote_spanned!(span=> ::core::option::Option::Some(#fused)),
                None => quote_spanned!(span=> ::core::option::Option::None),
            };
            program(root, &f.name, &quote_spanned!(span=> #parsed), &fused, span)
        }
        None => program(root, &f.name, &quote_spanned!(span=> b""), &quote_spanned!(span=> ::core::option::Option::None), span),
    };
    let kernels = programs.and_then(|p| p.fused.as_ref()).map(|fused| kernels(root, fused, span));
    quote_spanned! {span=>
        #[doc(hidden)]
        pub static PROGRAM: #root::__emitted::Program = #program;

        /// The program's text at a stage.
        #[must_use]
        pub fn ir(stage: #root::__emitted::Stage) -> ::std::string::String {
            #root::__emitted::ir(&PROGRAM, stage)
        }

        /// The plan of a call with array parameters of these shapes, in order.
        ///
        /// # Errors
        /// The shapes do not fit the program.
        pub fn plan(
            spec: &#root::__emitted::ClusterSpec,
            shapes: &[&[::core::primitive::usize]],
        ) -> #root::__emitted::Result<#root::__emitted::Plan> {
            #root::__emitted::plan(&PROGRAM, spec, shapes)
        }

        /// As `plan`, with the block shapes of the array parameters and the values of the integer parameters; where a
        /// boolean chooses a branch, of the integer and boolean ones in order, `True` as 1.
        ///
        /// # Errors
        /// The shapes, blocks or integers do not fit the program.
        pub fn plan_with(
            spec: &#root::__emitted::ClusterSpec,
            shapes: &[&[::core::primitive::usize]],
            blocks: &[&[::core::primitive::usize]],
            ints: &[::core::primitive::i64],
        ) -> #root::__emitted::Result<#root::__emitted::Plan> {
            #root::__emitted::plan_with(&PROGRAM, spec, shapes, blocks, ints)
        }

        #kernels
    }
}

/// An expression-form `nums!`: a block that calls the runtime with borrowed captures.
pub(crate) fn expression(root: &TokenStream, tokens: &Tokens, e: &Expression, func: &Func, captures: &[Capture]) -> TokenStream {
    let span = Span::mixed_site();
    let name = Ident::new("__NUMS_PROGRAM", span);
    let parsed = bytes(func);
    let program =
        program(root, "expr", &quote_spanned!(span=> #parsed), &quote_spanned!(span=> ::core::option::Option::None), span);
    let args = captures.iter().map(|capture| borrowed(tokens, capture));
    let types = e.results.as_ref().map(|(types, tuple)| {
        let ty = result_type(root, tokens, types, *tuple);
        quote_spanned!(span=> ::<#ty>)
    });
    quote_spanned! {span=>
        {
            static #name: #root::__emitted::Program = #program;
            #root::__emitted::call #types (&#name, &[#(#args),*])
        }
    }
}

/// `nums::ir!(stage, expr)`: the text of an expression, bound to the variables that it captures.
pub(crate) fn ir_of(root: &TokenStream, tokens: &Tokens, stage: &TokenStream, func: &Func, captures: &[Capture]) -> TokenStream {
    let span = Span::mixed_site();
    let name = Ident::new("__NUMS_PROGRAM", span);
    let parsed = bytes(func);
    let program =
        program(root, "expr", &quote_spanned!(span=> #parsed), &quote_spanned!(span=> ::core::option::Option::None), span);
    let args = captures.iter().map(|capture| borrowed(tokens, capture));
    quote_spanned! {span=>
        {
            static #name: #root::__emitted::Program = #program;
            #root::__emitted::ir_of(&#name, #stage, &[#(#args),*])
        }
    }
}

/// A capture as an argument: the user's tokens, borrowed, outside any closure.
fn borrowed(tokens: &Tokens, capture: &Capture) -> TokenStream {
    match capture {
        Capture::Name(name, token) => {
            let user = tokens.get(*token).span;
            let name = ident(name, user);
            quote_spanned!(user=> &#name)
        }
        Capture::Splice(stream, token) => {
            let span = ours(tokens.get(*token).span);
            let statements = stream.clone().into_iter().any(|t| matches!(&t, TokenTree::Punct(p) if p.as_char() == ';'));
            if statements { quote_spanned!(span=> &{ #stream }) } else { quote_spanned!(span=> &(#stream)) }
        }
    }
}

fn program(root: &TokenStream, name: &str, parsed: &TokenStream, fused: &TokenStream, span: Span) -> TokenStream {
    let new = Ident::new(if is_unoptimised(std::env::args()) { "unoptimised" } else { "new" }, span);
    quote_spanned!(span=> #root::__emitted::Program::#new(#name, #parsed, #fused, ::core::file!()))
}

/// Whether the arguments of the compiler leave the user's crate, and the kernels in it, at `opt-level = 0`. Cargo says nothing at
/// 0; a host that is no rustc (an editor) says nothing of the kind at all.
fn is_unoptimised(args: impl Iterator<Item = String>) -> bool {
    let (mut rustc, mut level, mut is_codegen) = (false, None, false);
    for arg in args {
        rustc |= arg == "--crate-name";
        let option =
            if is_codegen { Some(arg.as_str()) } else { arg.strip_prefix("-C").or_else(|| arg.strip_prefix("--codegen=")) };
        if let Some(l) = option.and_then(|o| o.strip_prefix("opt-level=")) {
            level = Some(l != "0");
        }
        if arg == "-O" {
            level = Some(true);
        }
        is_codegen = arg == "-C" || arg == "--codegen";
    }
    rustc && !level.unwrap_or(false)
}

fn bytes(func: &Func) -> Literal {
    Literal::byte_string(print_with_locs(func).as_bytes())
}

/// A name of the user, raw where Rust has a keyword of it.
pub(crate) fn ident(name: &str, span: Span) -> Ident {
    match syn::parse_str::<Ident>(name) {
        Ok(_) => Ident::new(name, span),
        Err(_) => Ident::new_raw(name, span),
    }
}

fn result_type(root: &TokenStream, tokens: &Tokens, results: &[Written], tuple: bool) -> TokenStream {
    let types: Vec<_> = results.iter().map(|w| rust_type(root, &w.rust, ours(tokens.get(w.first).span))).collect();
    match types.as_slice() {
        [one] if !tuple => one.clone(),
        types => quote!((#(#types,)*)),
    }
}

fn rust_type(root: &TokenStream, ty: &RustType, span: Span) -> TokenStream {
    match ty {
        RustType::Array(dtype) => {
            let element = scalar_type(root, dtype, span);
            quote_spanned!(span=> #root::__emitted::Array<#element>)
        }
        RustType::Dyn => quote_spanned!(span=> #root::__emitted::DynArray),
        RustType::Scalar(name) => scalar_type(root, name, span),
        RustType::GenericArray | RustType::GenericScalar => TokenStream::new(),
    }
}

fn scalar_type(root: &TokenStream, name: &str, span: Span) -> TokenStream {
    let name_ident = Ident::new(name, span);
    match name {
        "c64" | "c128" => quote_spanned!(span=> #root::__emitted::#name_ident),
        _ => quote_spanned!(span=> ::core::primitive::#name_ident),
    }
}

// ---- native kernels

/// One native loop for each element-wise group of the fused program.
fn kernels(root: &TokenStream, fused: &Func, span: Span) -> TokenStream {
    let bodies = fused.insts.iter().flat_map(|i| match &i.op {
        // A panel holds kernels.
        Op::Kernel(panel) if !panel.rows.is_empty() => panel.insts.iter().collect(),
        _ => vec![i],
    });
    let bodies = bodies.filter_map(|i| if let Op::Kernel(body) = &i.op { Some(body) } else { None });
    let mut ids = Vec::new();
    let mut out = TokenStream::new();
    for group in bodies.filter_map(|body| Group::of(body)) {
        let id = group.id();
        if !ids.contains(&id) {
            ids.push(id);
            out.extend(native(root, &group, id, span));
        }
    }
    out
}

fn native(root: &TokenStream, group: &Group, id: u128, span: Span) -> TokenStream {
    let id = Literal::u128_suffixed(id);
    let slot = |i: usize| format_ident!("v{i}", span = span);
    let ty = |i: usize| Ident::new(group.dtype(i).name(), span);
    let kind = |i: usize| Ident::new(if group.is_splat(i) { "splat" } else { "full" }, span);
    let inputs = (0..group.inputs.len()).map(|i| {
        let (slot, kind, ty) = (slot(i), kind(i), ty(i));
        quote_spanned!(span=> (#slot: #kind #ty))
    });
    let step = |(i, step): (usize, &Step)| {
        let (at, ty) = (slot(group.inputs.len() + i), Ident::new(step.dtype.name(), span));
        let args = step.args.iter().map(|a| slot(*a));
        let what = match step.op {
            StepOp::Map(op) => {
                let op = Ident::new(op.rust_name(), span);
                quote_spanned!(span=> #op(#(#args),*))
            }
            StepOp::Cast => quote_spanned!(span=> cast(#(#args),*)),
            StepOp::Const(scalar) => constant(scalar, span),
        };
        quote_spanned!(span=> [#at: #ty = #what])
    };
    let once = group.steps.iter().enumerate().filter(|(_, s)| s.splat).map(step);
    let each = group.steps.iter().enumerate().filter(|(_, s)| !s.splat).map(step);
    let outputs = group.outputs.iter().map(|o| {
        let (kind, slot, ty) = (kind(*o), slot(*o), ty(*o));
        quote_spanned!(span=> (#kind #slot: #ty))
    });
    let how = Ident::new(if group.has_unusual() { "chunked" } else { "each" }, span);
    quote_spanned! {span=>
        #root::__emitted::native_group! {
            id #id;
            in #(#inputs)*;
            once #(#once)*;
            #how #(#each)*;
            out #(#outputs)*;
        }
    }
}

/// A constant by its bits, which survive where a decimal might not.
fn constant(scalar: Scalar, span: Span) -> TokenStream {
    match scalar {
        Scalar::Bool(b) => quote_spanned!(span=> Bool(#b)),
        Scalar::Int(i) => {
            let i = Literal::i128_unsuffixed(i.abs());
            let minus = matches!(scalar, Scalar::Int(i) if i < 0).then(|| quote_spanned!(span=> -));
            quote_spanned!(span=> Int(#minus #i))
        }
        Scalar::Float(x) => {
            let bits = Literal::u64_suffixed(x.to_bits());
            quote_spanned!(span=> Float(#bits))
        }
        Scalar::Complex(re, im) => {
            let (re, im) = (Literal::u64_suffixed(re.to_bits()), Literal::u64_suffixed(im.to_bits()));
            quote_spanned!(span=> Complex(#re, #im))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_unoptimised;

    #[test]
    fn the_compiler_s_arguments_say_how_kernels_are_compiled() {
        let level = |args: &str| is_unoptimised(args.split(' ').map(str::to_owned));
        assert!(level("rustc --crate-name a src/main.rs -C debuginfo=2"));
        assert!(level("rustc --crate-name a -C opt-level=0 src/main.rs"));
        assert!(!level("rustc --crate-name a src/main.rs -C opt-level=2"));
        assert!(!level("rustc --crate-name a src/main.rs -Copt-level=s --codegen=debuginfo=1"));
        assert!(!level("rustc --crate-name a -O"));
        assert!(!level("rust-analyzer-proc-macro-srv"));
    }
}

//! Prints and parses attributes of calls and data operators: `axis=0, shape=[(n), 3], spec="ij->i"`.

use super::lex::{Lexer, ParseError, Token};
use super::parse::dim;
use crate::attr::Attr;
use crate::dtype::DType;
use crate::func::{Size, Value};

/// How deep lists may nest.
const NESTED: usize = 8;

/// The text of an attribute; `name` is how a value is printed.
pub(super) fn shown(attr: &Attr, name: &dyn Fn(Value) -> String) -> String {
    match attr {
        Attr::None => "none".to_owned(),
        Attr::Bool(b) => b.to_string(),
        Attr::Int(i) => i.to_string(),
        Attr::Float(x) => crate::func::Scalar::Float(*x).to_string(),
        Attr::Str(s) => format!("\"{s}\""),
        Attr::DType(d) => d.to_string(),
        Attr::Size(Size::Dim(d)) => format!("({d})"),
        Attr::Size(Size::Value(v)) => format!("(%{})", name(*v)),
        Attr::Arg(i) => format!("@{i}"),
        Attr::List(parts) => format!("[{}]", parts.iter().map(|p| shown(p, name)).collect::<Vec<_>>().join(", ")),
    }
}

/// An attribute's value; `value` resolves a name.
pub(super) fn value<'a>(
    lexer: &mut Lexer<'a>,
    resolve: &dyn Fn(&mut Lexer<'a>) -> Result<Value, ParseError>,
    depth: usize,
) -> Result<Attr, ParseError> {
    Ok(match lexer.peek() {
        Token::Punct('[') if depth < NESTED => Attr::List(lexer.list('[', ']', |l| value(l, resolve, depth + 1))?),
        Token::Punct('(') => {
            lexer.next();
            let size = match lexer.peek() {
                Token::Value(_) => Size::Value(resolve(lexer)?),
                _ => Size::Dim(dim(lexer)?),
            };
            lexer.want(')')?;
            Attr::Size(size)
        }
        Token::Punct('@') => {
            lexer.next();
            Attr::Arg(lexer.integer("an operand")?)
        }
        Token::Str(s) => {
            lexer.next();
            Attr::Str(s.to_owned())
        }
        Token::Word(word @ ("none" | "true" | "false")) => {
            lexer.next();
            match word {
                "none" => Attr::None,
                word => Attr::Bool(word == "true"),
            }
        }
        Token::Word(word) if DType::ALL.iter().any(|d| d.name() == word) => {
            lexer.next();
            DType::from_name(word).map_or(Attr::None, Attr::DType)
        }
        Token::Punct('-') | Token::Number(_) | Token::Word(_) => match super::parse::scalar(lexer)? {
            crate::func::Scalar::Int(i) => Attr::Int(i64::try_from(i).map_err(|_| lexer.error("an attribute is out of range"))?),
            crate::func::Scalar::Float(x) => Attr::Float(x),
            crate::func::Scalar::Bool(_) | crate::func::Scalar::Complex(..) => return Err(lexer.expected("an attribute")),
        },
        Token::Punct(_) | Token::Value(_) | Token::Comment(_) | Token::End => return Err(lexer.expected("an attribute")),
    })
}

/// `name=value, name=value`; `more` says that a comma has been read.
pub(super) fn list<'a>(
    lexer: &mut Lexer<'a>,
    resolve: &dyn Fn(&mut Lexer<'a>) -> Result<Value, ParseError>,
    mut more: bool,
) -> Result<Vec<(String, Attr)>, ParseError> {
    let mut found = Vec::new();
    loop {
        if !more && !lexer.eat(',') {
            return Ok(found);
        }
        let named = |l: &Lexer<'a>| {
            let mut probe = l.fork();
            matches!(probe.next(), Token::Word(_)) && probe.peek() == Token::Punct('=')
        };
        if more && !named(lexer) {
            return Ok(found);
        }
        more = false;
        let name = lexer.word("an attribute")?.to_owned();
        lexer.want('=')?;
        found.push((name, value(lexer, resolve, 0)?));
    }
}

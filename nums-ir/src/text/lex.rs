//! Tokens of the textual IR, with their places, and the one parse error.

use std::fmt;

/// A text that is no IR: where, and what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "nums-ir text, {}:{}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for ParseError {}

/// A token; names and numbers borrow from the text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token<'a> {
    /// `%name`, without the `%`.
    Value(&'a str),
    /// A word: operator, attribute, dtype, symbol.
    Word(&'a str),
    /// A number as written, without sign.
    Number(&'a str),
    /// A string, without the quotes.
    Str(&'a str),
    /// One punctuation character.
    Punct(char),
    /// A comment, without the `;`.
    Comment(&'a str),
    /// The end of the text.
    End,
}

impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Token::Value(v) => write!(f, "`%{v}`"),
            Token::Word(w) | Token::Number(w) => write!(f, "`{w}`"),
            Token::Str(s) => write!(f, "`\"{s}\"`"),
            Token::Punct(c) => write!(f, "`{c}`"),
            Token::Comment(_) => f.write_str("a comment"),
            Token::End => f.write_str("the end of the text"),
        }
    }
}

/// Walks a text token by token; comments are skipped but remembered.
#[derive(Clone)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// The token that `peek` shows, its place, and where the text goes on behind it.
    ahead: (Token<'a>, usize, usize),
    /// The last comment that was skipped.
    pub(super) comment: Option<&'a str>,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Lexer<'a> {
        let mut lexer = Lexer { text, at: 0, ahead: (Token::End, 0, 0), comment: None };
        lexer.advance();
        lexer
    }

    pub(super) fn peek(&self) -> Token<'a> {
        self.ahead.0
    }

    /// Whether the next token is the first of its line.
    pub(super) fn at_line_start(&self) -> bool {
        let before = &self.text[..self.ahead.1];
        before[before.trim_end().len()..].contains('\n')
    }

    /// The same place in the text, to look further ahead.
    pub(super) fn fork(&self) -> Lexer<'a> {
        Lexer { comment: None, ..self.clone() }
    }

    /// The token, and moves on.
    pub(super) fn next(&mut self) -> Token<'a> {
        let token = self.ahead.0;
        self.advance();
        token
    }

    fn advance(&mut self) {
        loop {
            let (token, start, end) = self.scan();
            self.at = end;
            if let Token::Comment(c) = token {
                self.comment = Some(c);
                continue;
            }
            self.ahead = (token, start, end);
            return;
        }
    }

    fn scan(&self) -> (Token<'a>, usize, usize) {
        let rest = &self.text[self.at..];
        let start = self.at + (rest.len() - rest.trim_start().len());
        let rest = &self.text[start..];
        let run = |skip: usize, keep: &dyn Fn(char) -> bool| {
            let body = &rest[skip..];
            skip + body.find(|c| !keep(c)).unwrap_or(body.len())
        };
        let name = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let Some(first) = rest.chars().next() else { return (Token::End, start, start) };
        let (token, len) = match first {
            ';' => {
                let len = rest.find('\n').unwrap_or(rest.len());
                (Token::Comment(rest[1..len].trim()), len)
            }
            '"' if rest[1..].contains('"') => {
                let len = run(1, &|c| c != '"');
                (Token::Str(&rest[1..len]), len + 1)
            }
            '%' => {
                let len = run(1, &name);
                (Token::Value(&rest[1..len]), len)
            }
            '0'..='9' => {
                let len = number_length(rest);
                (Token::Number(&rest[..len]), len)
            }
            c if c.is_alphabetic() || c == '_' => {
                let len = run(0, &word);
                (Token::Word(&rest[..len]), len)
            }
            c => (Token::Punct(c), c.len_utf8()),
        };
        (token, start, start + len)
    }

    /// An error at the token that `peek` shows.
    pub(super) fn error(&self, message: impl Into<String>) -> ParseError {
        let before = &self.text[..self.ahead.1];
        let line = 1 + before.matches('\n').count();
        let column = 1 + before.chars().rev().take_while(|c| *c != '\n').count();
        ParseError { line: line as u32, column: column as u32, message: message.into() }
    }

    /// An error that says what stands here instead of `expected`.
    pub(super) fn expected(&self, expected: &str) -> ParseError {
        self.error(format!("expected {expected}, found {}", self.peek()))
    }

    pub(super) fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Token::Punct(c);
        if found {
            self.advance();
        }
        found
    }

    pub(super) fn want(&mut self, c: char) -> Result<(), ParseError> {
        if self.eat(c) { Ok(()) } else { Err(self.expected(&format!("`{c}`"))) }
    }

    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let found = self.peek() == Token::Word(word);
        if found {
            self.advance();
        }
        found
    }

    pub(super) fn want_word(&mut self, word: &str) -> Result<(), ParseError> {
        if self.eat_word(word) { Ok(()) } else { Err(self.expected(&format!("`{word}`"))) }
    }

    pub(super) fn word(&mut self, what: &str) -> Result<&'a str, ParseError> {
        match self.peek() {
            Token::Word(w) => {
                self.advance();
                Ok(w)
            }
            _ => Err(self.expected(what)),
        }
    }

    /// An integer with an optional minus.
    pub(super) fn integer<T: TryFrom<i128>>(&mut self, what: &str) -> Result<T, ParseError> {
        let minus = self.eat('-');
        let Token::Number(n) = self.peek() else { return Err(self.expected(what)) };
        let value: i128 = n.parse().map_err(|_| self.expected(what))?;
        let value = T::try_from(if minus { -value } else { value }).map_err(|_| self.error(format!("{what} is out of range")))?;
        self.advance();
        Ok(value)
    }

    /// `open item, item, … close`; a trailing comma is not allowed.
    pub(super) fn list<T>(
        &mut self,
        open: char,
        close: char,
        mut item: impl FnMut(&mut Self) -> Result<T, ParseError>,
    ) -> Result<Vec<T>, ParseError> {
        self.want(open)?;
        let mut items = Vec::new();
        if self.eat(close) {
            return Ok(items);
        }
        loop {
            items.push(item(self)?);
            if self.eat(close) {
                return Ok(items);
            }
            self.want(',')?;
        }
    }
}

/// Length of a number: digits, a fraction if a digit follows the dot, an exponent.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |mut i: usize| {
        while bytes.get(i).is_some_and(u8::is_ascii_digit) {
            i += 1;
        }
        i
    };
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent > end + 1 + sign {
            end = exponent;
        }
    }
    end
}

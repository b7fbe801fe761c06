//! The words of a text, prepared for the parser.

use sea_orm::DbBackend;
use sqlparser::dialect::Dialect;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, Whitespace};

/// A longer text is not read.
const LONGEST: usize = 1 << 20;

/// The parser calls itself for parentheses, up to a limit of its own; but what it
/// makes of `a OR a OR …` is as deep as that is long, and takes as many calls to
/// drop.
const LONGEST_CHAIN: usize = 2_000;

/// The tokens of a text, or `None` if it is not to be parsed.
pub(super) fn of(
    sql: &str,
    dialect: &dyn Dialect,
    backend: DbBackend,
) -> Option<Vec<TokenWithSpan>> {
    if sql.len() > LONGEST {
        return None;
    }
    let mut tokens = Tokenizer::new(dialect, sql).tokenize_with_location().ok()?;
    if longest_chain(&tokens) > LONGEST_CHAIN || tokens.iter().any(is_executed_comment) {
        return None;
    }
    number_placeholders(&mut tokens);
    drop_modifiers(&mut tokens, backend);
    Some(tokens)
}

/// Whether a comment is one that `MariaDB` executes; the parser knows those of
/// `MySQL`.
fn is_executed_comment(token: &TokenWithSpan) -> bool {
    match &token.token {
        Token::Whitespace(Whitespace::MultiLineComment(text)) => text.starts_with("M!"),
        _ => false,
    }
}

/// The most tokens that stand in one element of a list, at any depth.
fn longest_chain(tokens: &[TokenWithSpan]) -> usize {
    let mut longest = 0;
    // Of each list that is open.
    let mut chains = vec![0];
    for token in tokens {
        match token.token {
            Token::Whitespace(_) => continue,
            Token::LParen | Token::LBracket | Token::LBrace => chains.push(0),
            Token::RParen | Token::RBracket | Token::RBrace if chains.len() > 1 => {
                chains.pop();
            }
            Token::Comma | Token::SemiColon => {
                chains.pop();
                chains.push(0);
            }
            _ => {}
        }
        if let Some(chain) = chains.last_mut() {
            *chain += 1;
            longest = longest.max(*chain);
        }
    }
    longest
}

/// Gives each `?` the number of its value, which its place in the tree does not
/// tell.
fn number_placeholders(tokens: &mut [TokenWithSpan]) {
    let mut number = 0;
    for token in tokens {
        if let Token::Placeholder(name) = &mut token.token
            && name == "?"
        {
            number += 1;
            *name = format!("${number}");
        }
    }
}

/// Takes out the words before the name of a table that the parser would take for
/// the name.
fn drop_modifiers(tokens: &mut Vec<TokenWithSpan>, backend: DbBackend) {
    let (after, modifiers): (&[&str], &[&str]) = match backend {
        DbBackend::Postgres => (
            &[
                "FROM", "INTO", "JOIN", "TABLE", "TRUNCATE", "UPDATE", "USING",
            ],
            &["ONLY"],
        ),
        DbBackend::MySql => (
            &["DELETE", "INSERT", "REPLACE", "UPDATE"],
            &[
                "DELAYED",
                "HIGH_PRIORITY",
                "IGNORE",
                "LOW_PRIORITY",
                "QUICK",
            ],
        ),
        _ => return,
    };
    let mut is_after = false;
    tokens.retain(|token| {
        let word = match &token.token {
            Token::Whitespace(_) => return true,
            Token::Word(word) if word.quote_style.is_none() => word.value.as_str(),
            _ => "",
        };
        let is_among = |words: &[&str]| words.iter().any(|it| it.eq_ignore_ascii_case(word));
        let is_modifier = is_after && is_among(modifiers);
        is_after = is_modifier || is_among(after);
        !is_modifier
    });
}

#[cfg(test)]
mod tests {
    use sea_orm::DatabaseBackend::{MySql, Postgres, Sqlite};

    use crate::observe::parse::effects;
    use crate::observe::statement::Effects;

    #[test]
    fn a_text_of_any_depth_and_length_is_read() {
        for link in [
            " OR a = 1",
            " + 1",
            " UNION SELECT 1",
            " AND f(1, 2)",
            "::int",
            " IS NULL",
        ] {
            let sql = format!(
                "DELETE FROM f WHERE id IN (SELECT 1{})",
                link.repeat(50_000)
            );
            for backend in [MySql, Postgres, Sqlite] {
                assert_eq!(effects(&sql, backend), Effects::Anything);
            }
            let sql = format!("DELETE FROM f WHERE id = 1{}", link.repeat(300));
            effects(&sql, Postgres);
        }
        let nested = format!(
            "DELETE FROM f WHERE {}1{}",
            "(".repeat(9_000),
            ")".repeat(9_000)
        );
        assert_eq!(effects(&nested, Postgres), Effects::Anything);
        let rows = format!(
            "INSERT INTO f (a, b) VALUES {}(?, ?)",
            "(?, ?), ".repeat(20_000)
        );
        assert!(matches!(effects(&rows, Sqlite), Effects::Tables(_)));
        let long = format!("DELETE FROM f WHERE a = '{}'", "a".repeat(2 << 20));
        assert_eq!(effects(&long, Sqlite), Effects::Anything);
    }
}

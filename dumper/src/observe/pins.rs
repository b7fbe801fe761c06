//! Which rows a statement writes, where its text tells.

use sea_orm::sea_query::Value;
use sqlparser::ast::{BinaryOperator, Expr, Insert, ObjectName, SetExpr, Value as Literal};

use super::statement::{Operand, Pin, Pins};
use super::table::folded;

/// The rows of an `INSERT … VALUES`; `None` for those of a query.
pub(super) fn inserted(insert: &Insert) -> Option<Pins> {
    let columns: Option<Vec<String>> = insert.columns.iter().map(last).collect();
    let Some(query) = &insert.source else {
        // `DEFAULT VALUES` is a row, `SET a = 1` too.
        let rows = vec![Vec::new()];
        return Some(Pins::Inserted(Pin {
            columns: Vec::new(),
            rows,
        }));
    };
    let SetExpr::Values(values) = &*query.body else {
        return None;
    };
    let rows = values.rows.iter().map(|row| operands(&row.content));
    Some(Pins::Inserted(Pin {
        columns: columns?,
        rows: rows.collect(),
    }))
}

/// What the rows that a condition finds have for sure.
pub(super) fn found(condition: &Expr) -> Pins {
    let mut pins = Vec::new();
    if !has_xor(condition) {
        add(condition, &mut pins);
    }
    Pins::Found(pins)
}

/// Whether an `XOR` stands beside an `AND`: the parser binds it tighter, and MySQL
/// does not.
fn has_xor(condition: &Expr) -> bool {
    match condition {
        Expr::Nested(condition) => has_xor(condition),
        Expr::BinaryOp { left, op, right } => {
            *op == BinaryOperator::Xor || has_xor(left) || has_xor(right)
        }
        _ => false,
    }
}

/// The column that an expression is, whatever table it is said to be of.
pub(super) fn column(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(ident) => Some(folded(&ident.value)),
        Expr::CompoundIdentifier(idents) => idents.last().map(|ident| folded(&ident.value)),
        Expr::Nested(expr) => column(expr),
        _ => None,
    }
}

fn add(condition: &Expr, pins: &mut Vec<Pin>) {
    match condition {
        Expr::Nested(condition) => add(condition, pins),
        Expr::BinaryOp {
            left,
            op: BinaryOperator::And,
            right,
        } => {
            add(left, pins);
            add(right, pins);
        }
        Expr::BinaryOp {
            left,
            op: BinaryOperator::Eq,
            right,
        } => {
            let (columns, row) = match (columns(left), columns(right)) {
                (Some(columns), None) => (columns, tuple(right)),
                (None, Some(columns)) => (columns, tuple(left)),
                _ => return,
            };
            push(columns, vec![row], pins);
        }
        Expr::InList {
            expr,
            list,
            negated: false,
        } => {
            if let Some(columns) = columns(expr) {
                push(columns, list.iter().map(tuple).collect(), pins);
            }
        }
        Expr::InSubquery {
            expr,
            subquery,
            negated: false,
        } => {
            let columns = columns(expr);
            if let (Some(columns), SetExpr::Values(values)) = (columns, &*subquery.body) {
                let rows = values.rows.iter().map(|row| operands(&row.content));
                push(columns, rows.collect(), pins);
            }
        }
        _ => {}
    }
}

fn push(columns: Vec<String>, rows: Vec<Vec<Operand>>, pins: &mut Vec<Pin>) {
    if rows.iter().all(|row| row.len() == columns.len()) {
        pins.push(Pin { columns, rows });
    }
}

fn columns(expr: &Expr) -> Option<Vec<String>> {
    match expr {
        Expr::Tuple(columns) => columns.iter().map(column).collect(),
        _ => Some(vec![column(expr)?]),
    }
}

fn tuple(expr: &Expr) -> Vec<Operand> {
    match expr {
        Expr::Tuple(exprs) => operands(exprs),
        _ => vec![operand(expr)],
    }
}

fn operands(exprs: &[Expr]) -> Vec<Operand> {
    exprs.iter().map(operand).collect()
}

fn operand(expr: &Expr) -> Operand {
    let known = match expr {
        Expr::Value(value) => literal(&value.value),
        // SeaORM casts values of some types.
        Expr::Cast { expr, .. } | Expr::Nested(expr) => Some(operand(expr)),
        _ => None,
    };
    known.unwrap_or(Operand::Unknown)
}

fn literal(value: &Literal) -> Option<Operand> {
    Some(match value {
        Literal::Placeholder(name) => {
            let number: usize = name.strip_prefix('$')?.parse().ok()?;
            Operand::Placeholder(number.checked_sub(1)?)
        }
        Literal::Number(digits, _) => Operand::Literal(Value::BigInt(Some(digits.parse().ok()?))),
        Literal::SingleQuotedString(text) => Operand::Literal(Value::from(text.clone())),
        _ => return None,
    })
}

fn last(name: &ObjectName) -> Option<String> {
    let ident = name.0.last()?.as_ident()?;
    Some(folded(&ident.value))
}

#[cfg(test)]
mod tests {
    use sea_orm::DatabaseBackend::{self as DbBackend, MySql, Postgres, Sqlite};
    use sea_orm::sea_query::Values;

    use super::*;
    use crate::observe::parse::effects;
    use crate::observe::statement::Effects;

    /// The keys of the rows of the one write, as texts.
    fn keys(
        sql: &str,
        backend: DbBackend,
        columns: &[&str],
        values: &[i32],
    ) -> Option<Vec<String>> {
        let Effects::Tables(writes) = effects(sql, backend) else {
            panic!("{sql}");
        };
        let columns: Vec<String> = columns.iter().map(|&column| column.to_owned()).collect();
        let values = Values(values.iter().map(|&value| Value::from(value)).collect());
        let keys = writes[0].rows.as_ref()?.keys(&columns, Some(&values))?;
        let text = |key: &Option<Vec<Value>>| match key {
            Some(key) => key
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(","),
            None => "?".to_owned(),
        };
        Some(keys.iter().map(text).collect())
    }

    #[test]
    fn rows_are_known_by_their_primary_key() {
        let one = |sql, values: &[i32]| keys(sql, Sqlite, &["id"], values);
        let known =
            |keys: &[&str]| Some(keys.iter().map(|&key| key.to_owned()).collect::<Vec<_>>());
        assert_eq!(
            one(r#"UPDATE "f" SET "a" = ? WHERE "f"."id" = ?"#, &[7, 1]),
            known(&["1"])
        );
        assert_eq!(
            one(
                "UPDATE f SET a = ?, b = ? WHERE (c = ?) AND (? = ID)",
                &[7, 8, 9, 1]
            ),
            known(&["1"])
        );
        assert_eq!(
            one("DELETE FROM f WHERE id IN (?, ?) AND a = 1", &[1, 2]),
            known(&["1", "2"])
        );
        assert_eq!(one("DELETE FROM f WHERE id = 5", &[]), known(&["5"]));
        assert_eq!(
            one("INSERT INTO f (a, id) VALUES (?, ?), (?, ?)", &[7, 1, 8, 2]),
            known(&["1", "2"])
        );
        assert_eq!(
            one("INSERT INTO f (a) VALUES (?), (?)", &[7, 8]),
            known(&["?", "?"])
        );
        assert_eq!(
            one("INSERT INTO f (id, a) VALUES (1 + 1, ?)", &[7]),
            known(&["?"])
        );
        assert_eq!(one("INSERT INTO f SELECT 1", &[]), None);
        for sql in [
            "DELETE FROM f",
            "DELETE FROM f WHERE id = ? OR a = 1",
            "DELETE FROM f WHERE id > ?",
            "DELETE FROM f WHERE id NOT IN (?)",
            "DELETE FROM f WHERE NOT (id = ?)",
            "DELETE FROM f WHERE id = a",
            "DELETE FROM f WHERE id = ? + 1",
            "DELETE FROM f WHERE id IN (?, a)",
            "DELETE FROM f WHERE a = ?",
            "UPDATE f SET a = ? FROM g WHERE f.id = ?",
        ] {
            assert_eq!(one(sql, &[1, 1]), None, "{sql}");
        }
        assert_eq!(
            keys(
                "DELETE FROM f WHERE id = CAST($2 AS int) AND a = $1",
                Postgres,
                &["id"],
                &[7, 1]
            ),
            known(&["1"])
        );
    }

    #[test]
    fn rows_are_known_by_all_columns_of_their_primary_key() {
        let two = |sql| keys(sql, MySql, &["a", "b"], &[1, 2, 3, 4]);
        let known =
            |keys: &[&str]| Some(keys.iter().map(|&key| key.to_owned()).collect::<Vec<_>>());
        assert_eq!(two("DELETE FROM f WHERE b = ? AND a = ?"), known(&["2,1"]));
        assert_eq!(
            two("DELETE FROM f WHERE (a, b) IN ((?, ?), (?, ?))"),
            known(&["1,2", "3,4"])
        );
        assert_eq!(two("DELETE FROM f WHERE (b, a) = (?, ?)"), known(&["2,1"]));
        assert_eq!(two("INSERT INTO f (b, a) VALUES (?, ?)"), known(&["2,1"]));
        assert_eq!(two("DELETE FROM f WHERE a = ?"), None);
        assert_eq!(two("DELETE FROM f WHERE a IN (?, ?) AND b IN (?, ?)"), None);
        assert_eq!(
            keys(
                "DELETE FROM f WHERE (a, b) IN (VALUES (?, ?), (?, ?))",
                Sqlite,
                &["a", "b"],
                &[1, 2, 3, 4]
            ),
            known(&["1,2", "3,4"])
        );
    }
}

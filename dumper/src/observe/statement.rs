//! What a statement writes, as far as its text tells.

use sea_orm::sea_query::{Value, Values};

use super::table::TableName;

/// All that a text writes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Effects {
    /// Writes to these tables, or to none.
    Tables(Vec<Write>),
    /// Nobody knows what: a procedure, or a text that was not understood.
    Anything,
}

/// A write to one table.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Write {
    pub(super) table: TableName,
    pub(super) change: Change,
    /// Which rows; `None` if the text does not tell.
    pub(super) rows: Option<Pins>,
}

impl Write {
    pub(super) fn of_any_rows(table: TableName, change: Change) -> Self {
        Self {
            table,
            change,
            rows: None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Change {
    Insert,
    /// Of these columns.
    Update(Vec<String>),
    Delete,
    /// Takes all tables along that refer to this one.
    TruncateCascade,
    /// Of the table as a whole.
    Alter,
}

impl Change {
    pub(super) fn verb(&self) -> &'static str {
        match self {
            Self::Insert => "inserted into",
            Self::Update(_) => "updated",
            Self::Delete => "deleted from",
            Self::TruncateCascade => "truncated",
            Self::Alter => "altered",
        }
    }
}

/// Which rows a statement writes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Pins {
    /// The rows inserted.
    Inserted(Pin),
    /// The rows for which all of these hold.
    Found(Vec<Pin>),
}

/// Some columns, and the values they have together in each row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pin {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<Operand>>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    /// The value of a placeholder, counted from 0.
    Placeholder(usize),
    Literal(Value),
    /// An expression, a default.
    Unknown,
}

impl Pins {
    /// The primary key of each row, as far as it is known; `None` if not even
    /// their number is.
    pub(super) fn keys(
        &self,
        columns: &[String],
        values: Option<&Values>,
    ) -> Option<Vec<Option<Vec<Value>>>> {
        match self {
            Self::Inserted(pin) => {
                let rows = pin.rows.iter();
                Some(rows.map(|row| pin.key(row, columns, values)).collect())
            }
            Self::Found(pins) => {
                let whole = pins.iter().find_map(|pin| {
                    let keys = pin.rows.iter().map(|row| pin.key(row, columns, values));
                    keys.collect::<Option<Vec<_>>>()
                });
                let keys = whole.or_else(|| {
                    let single = columns.iter().map(|column| {
                        let mut pins = pins.iter().filter(|pin| pin.rows.len() == 1);
                        pins.find_map(|pin| pin.value(&pin.rows[0], column, values))
                    });
                    Some(vec![single.collect::<Option<Vec<_>>>()?])
                });
                Some(keys?.into_iter().map(Some).collect())
            }
        }
    }
}

impl Pin {
    fn key(
        &self,
        row: &[Operand],
        columns: &[String],
        values: Option<&Values>,
    ) -> Option<Vec<Value>> {
        let key = columns.iter().map(|column| self.value(row, column, values));
        key.collect()
    }

    fn value(&self, row: &[Operand], column: &str, values: Option<&Values>) -> Option<Value> {
        let at = self.columns.iter().position(|it| it == column)?;
        match row.get(at)? {
            Operand::Placeholder(number) => values?.0.get(*number).cloned(),
            Operand::Literal(value) => Some(value.clone()),
            Operand::Unknown => None,
        }
    }
}

//! What an entity is to the database: its table, its key, its foreign keys.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use log::error;
use sea_orm::sea_query::{ForeignKeyAction, TableRef, Value};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ColumnType, EntityTrait, IdenStatic, Identity, Iterable,
    PrimaryKeyToColumn, RelationDef, RelationTrait,
};

use super::cascade::{Action, ForeignKey};
use crate::registry::Entity;
use crate::{Dumped, row};

/// The name of a table, or of a column, as databases compare them: a name that
/// differs in case alone may be the same.
pub(crate) fn folded(name: &str) -> String {
    name.to_lowercase()
}

/// The name of a table, perhaps with that of its schema.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TableName {
    schema: Option<String>,
    name: String,
}

impl TableName {
    pub(crate) fn new(schema: Option<&str>, name: &str) -> Self {
        Self {
            schema: schema.map(folded),
            name: folded(name),
        }
    }

    fn of_ref(table: &TableRef) -> Option<Self> {
        let TableRef::Table(table, _) = table else {
            return None;
        };
        let schema = table.0.as_ref().map(|schema| schema.1.inner());
        Some(Self::new(schema.as_deref(), &table.1.inner()))
    }

    /// Whether both may name one table: a name without a schema is found in any.
    pub(crate) fn may_be(&self, other: &Self) -> bool {
        let schemas = self.schema.as_ref().zip(other.schema.as_ref());
        self.name == other.name && schemas.is_none_or(|(one, other)| one == other)
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}.")?;
        }
        f.write_str(&self.name)
    }
}

/// What the registry keeps of an entity's table.
pub(crate) struct Table {
    pub(super) name: TableName,
    /// The columns of the primary key, in the order of a row's key.
    pub(super) key: Vec<String>,
    pub(super) foreign_keys: Vec<ForeignKey>,
    types: Vec<ColumnType>,
}

impl Table {
    pub(crate) fn of<E: EntityTrait>() -> Self {
        let entity = E::default();
        let columns = E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column);
        let (key, types) = columns
            .map(|column| {
                let name = column.as_str();
                (folded(name), column.def().get_column_type().clone())
            })
            .unzip();
        Self {
            name: TableName::new(entity.schema_name(), entity.table_name()),
            key,
            foreign_keys: foreign_keys::<E>(),
            types,
        }
    }

    /// Whether the database compares the columns of the key as the values they
    /// are, so that the value in a statement is that in the row.
    pub(super) fn has_exact_key(&self) -> bool {
        self.types.iter().all(|column| {
            matches!(
                column,
                ColumnType::TinyInteger
                    | ColumnType::SmallInteger
                    | ColumnType::Integer
                    | ColumnType::BigInteger
                    | ColumnType::TinyUnsigned
                    | ColumnType::SmallUnsigned
                    | ColumnType::Unsigned
                    | ColumnType::BigUnsigned
                    | ColumnType::Uuid
            )
        })
    }
}

/// The paths of the row with a key, or `None` if they depend on more than that.
pub(crate) fn paths_of_key<E: Dumped>(entity: &Entity, key: &[Value]) -> Option<Vec<String>> {
    let mut model = <E::ActiveModel as ActiveModelTrait>::default();
    let columns = E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column);
    for (column, value) in columns.zip(key) {
        if model.try_set(column, value.clone()).is_err() {
            let number = integer(value, column.def().get_column_type())?;
            model.try_set(column, number).ok()?;
        }
    }
    let paths = row::foreseen_paths::<E>(entity, &model).ok()?;
    (paths.len() == entity.templates.len()).then_some(paths)
}

/// A number of the text, in the type of its column.
fn integer(value: &Value, column: &ColumnType) -> Option<Value> {
    let &Value::BigInt(Some(number)) = value else {
        return None;
    };
    Some(match column {
        ColumnType::TinyInteger => i8::try_from(number).ok()?.into(),
        ColumnType::SmallInteger => i16::try_from(number).ok()?.into(),
        ColumnType::Integer => i32::try_from(number).ok()?.into(),
        ColumnType::TinyUnsigned => u8::try_from(number).ok()?.into(),
        ColumnType::SmallUnsigned => u16::try_from(number).ok()?.into(),
        ColumnType::Unsigned => u32::try_from(number).ok()?.into(),
        ColumnType::BigUnsigned => u64::try_from(number).ok()?.into(),
        _ => return None,
    })
}

fn foreign_keys<E: EntityTrait>() -> Vec<ForeignKey> {
    let relations = || {
        let relations = E::Relation::iter().map(|relation| relation.def());
        relations
            .filter_map(|relation| foreign_key(&relation))
            .collect()
    };
    catch_unwind(AssertUnwindSafe(relations)).unwrap_or_else(|_| {
        let name = E::default().table_name().to_owned();
        error!(target: "dumper::registry", "the relations of {name} are not known: they panicked");
        Vec::new()
    })
}

fn foreign_key(relation: &RelationDef) -> Option<ForeignKey> {
    let from = (
        TableName::of_ref(&relation.from_tbl)?,
        columns(&relation.from_col),
    );
    let to = (
        TableName::of_ref(&relation.to_tbl)?,
        columns(&relation.to_col),
    );
    // An "owner" has many, or one.
    let (parent, child) = if relation.is_owner {
        (from, to)
    } else {
        (to, from)
    };
    Some(ForeignKey {
        parent: parent.0,
        parent_columns: parent.1,
        child: child.0,
        child_columns: child.1,
        on_delete: action(relation.on_delete.as_ref()),
        on_update: action(relation.on_update.as_ref()),
    })
}

fn columns(identity: &Identity) -> Vec<String> {
    identity
        .iter()
        .map(|column| folded(&column.inner()))
        .collect()
}

fn action(action: Option<&ForeignKeyAction>) -> Action {
    match action {
        None | Some(ForeignKeyAction::Restrict | ForeignKeyAction::NoAction) => Action::Nothing,
        Some(ForeignKeyAction::SetNull | ForeignKeyAction::SetDefault) => Action::Set,
        // The one that reaches furthest stands for those to come.
        Some(_) => Action::Cascade,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_the_same_in_any_case_and_without_its_schema() {
        let plain = TableName::new(None, "Flavor");
        let public = TableName::new(Some("public"), "flavor");
        let other = TableName::new(Some("other"), "FLAVOR");
        assert!(plain.may_be(&public));
        assert!(public.may_be(&plain));
        assert!(plain.may_be(&other));
        assert!(!public.may_be(&other));
        assert!(!plain.may_be(&TableName::new(None, "flavors")));
    }
}

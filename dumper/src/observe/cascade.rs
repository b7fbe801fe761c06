//! What the database changes by itself, through foreign keys.

use std::collections::{HashSet, VecDeque};

use super::statement::Change;
use super::table::TableName;

/// What a foreign key does to the rows that refer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Nothing,
    Cascade,
    /// Sets their columns to `NULL` or to the default.
    Set,
}

#[derive(Clone, Debug)]
pub(crate) struct ForeignKey {
    pub(super) parent: TableName,
    pub(super) parent_columns: Vec<String>,
    pub(super) child: TableName,
    pub(super) child_columns: Vec<String>,
    pub(super) on_delete: Action,
    pub(super) on_update: Action,
}

impl ForeignKey {
    /// What a change of the parent table changes in the child table.
    fn carries(&self, change: &Change) -> Option<Change> {
        let of_action = |action| match action {
            Action::Nothing => None,
            Action::Cascade => Some(Change::Delete),
            Action::Set => Some(self.columns_of_child()),
        };
        match change {
            Change::Delete => of_action(self.on_delete),
            Change::Update(columns) => {
                let is_written = columns.iter().any(|it| self.parent_columns.contains(it));
                let acts = is_written && self.on_update != Action::Nothing;
                acts.then(|| self.columns_of_child())
            }
            Change::TruncateCascade => Some(Change::TruncateCascade),
            Change::Insert | Change::Alter => None,
        }
    }

    fn columns_of_child(&self) -> Change {
        Change::Update(self.child_columns.clone())
    }
}

/// The tables of which a change to `table` changes rows, however far down.
pub(super) fn cascades(
    foreign_keys: &[&ForeignKey],
    table: &TableName,
    change: &Change,
) -> Vec<TableName> {
    let mut reached = Vec::new();
    let mut seen = HashSet::new();
    let mut queue = VecDeque::from([(table.clone(), change.clone())]);
    while let Some((table, change)) = queue.pop_front() {
        let keys = foreign_keys.iter().filter(|key| key.parent.may_be(&table));
        for key in keys {
            let Some(carried) = key.carries(&change) else {
                continue;
            };
            let child = (key.child.clone(), carried);
            if seen.insert(child.clone()) {
                reached.push(child.0.clone());
                queue.push_back(child);
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str) -> TableName {
        TableName::new(None, name)
    }

    /// `child.parent_id` refers to `parent.id`.
    fn key(child: &str, parent: &str, on_delete: Action, on_update: Action) -> ForeignKey {
        ForeignKey {
            parent: table(parent),
            parent_columns: vec!["id".to_owned()],
            child: table(child),
            child_columns: vec!["parent_id".to_owned()],
            on_delete,
            on_update,
        }
    }

    fn reached(keys: &[ForeignKey], change: &Change) -> Vec<String> {
        let keys: Vec<&ForeignKey> = keys.iter().collect();
        let tables = cascades(&keys, &table("a"), change);
        tables.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_delete_goes_down_through_cascades_and_ends_at_what_is_set() {
        let keys = [
            key("b", "a", Action::Cascade, Action::Nothing),
            key("c", "b", Action::Set, Action::Nothing),
            key("d", "c", Action::Cascade, Action::Cascade),
            key("e", "a", Action::Nothing, Action::Cascade),
        ];
        assert_eq!(reached(&keys, &Change::Delete), ["b", "c"]);
        assert!(reached(&keys, &Change::Insert).is_empty());
    }

    #[test]
    fn an_update_goes_down_where_a_column_is_referred_to() {
        let mut keys = [
            key("b", "a", Action::Nothing, Action::Cascade),
            key("c", "b", Action::Nothing, Action::Set),
        ];
        let update = |column: &str| Change::Update(vec![column.to_owned()]);
        assert_eq!(reached(&keys, &update("id")), ["b"]);
        assert!(reached(&keys, &update("name")).is_empty());
        keys[1].parent_columns = vec!["parent_id".to_owned()];
        assert_eq!(reached(&keys, &update("id")), ["b", "c"]);
    }

    #[test]
    fn tables_that_refer_to_each_other_are_gone_through_once() {
        let keys = [
            key("b", "a", Action::Cascade, Action::Nothing),
            key("a", "b", Action::Cascade, Action::Nothing),
            key("a", "a", Action::Cascade, Action::Nothing),
        ];
        assert_eq!(reached(&keys, &Change::Delete), ["b", "a"]);
    }

    #[test]
    fn a_truncate_with_cascade_empties_whatever_refers() {
        let keys = [
            key("b", "a", Action::Nothing, Action::Nothing),
            key("c", "b", Action::Set, Action::Nothing),
        ];
        assert_eq!(reached(&keys, &Change::TruncateCascade), ["b", "c"]);
    }
}

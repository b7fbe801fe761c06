//! From the text of a statement to what it writes.
//!
//! When in doubt it is more: what is not understood may write anything.

use sea_orm::DbBackend;
use sqlparser::ast::{
    Assignment, AssignmentTarget, CascadeOption, CopySource, Delete, Expr, FromTable, Insert,
    Merge, MergeAction, MergeUpdateKind, ObjectName, ObjectType, OnConflictAction, OnInsert, Query,
    SetExpr, SqliteOnConflict, Statement, TableFactor, TableObject, TableWithJoins, Update,
};
use sqlparser::dialect::{Dialect, GenericDialect, MySqlDialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::parser::Parser;

use super::statement::{Change, Effects, Write};
use super::table::{TableName, folded};
use super::{pins, tokens};

/// What a statement without any of these words cannot do is write.
const WRITES: [&str; 18] = [
    "ALTER", "CALL", "COPY", "DELETE", "DO", "DROP", "EXEC", "EXECUTE", "IMPORT", "INSERT", "LOAD",
    "MERGE", "REFRESH", "RENAME", "REPLACE", "TRUNCATE", "UPDATE", "UPSERT",
];

/// A first look, of which most texts need no other: whether it may write.
pub(super) fn may_write(sql: &str) -> bool {
    let words = sql
        .as_bytes()
        .split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
    let mut words = words.filter(|word| (2..=8).contains(&word.len()));
    words.any(|word| {
        let mut writes = WRITES.iter();
        writes.any(|write| word.eq_ignore_ascii_case(write.as_bytes()))
    })
}

/// What a text writes.
pub(super) fn effects(sql: &str, backend: DbBackend) -> Effects {
    let Some(statements) = statements(sql, backend) else {
        return Effects::Anything;
    };
    let mut writes = Vec::new();
    for statement in &statements {
        if of_statement(statement, &mut writes).is_err() {
            return Effects::Anything;
        }
    }
    Effects::Tables(writes)
}

/// Nobody knows what it writes.
struct Unknown;

type Outcome = Result<(), Unknown>;

fn statements(sql: &str, backend: DbBackend) -> Option<Vec<Statement>> {
    let dialect: &dyn Dialect = match backend {
        DbBackend::Postgres => &PostgreSqlDialect {},
        DbBackend::MySql => &MySqlDialect {},
        DbBackend::Sqlite => &SQLiteDialect {},
        _ => &GenericDialect {},
    };
    let tokens = tokens::of(sql, dialect, backend)?;
    let mut parser = Parser::new(dialect).with_tokens_with_locations(tokens);
    parser.parse_statements().ok()
}

fn of_statement(statement: &Statement, writes: &mut Vec<Write>) -> Outcome {
    match statement {
        Statement::Query(query)
        | Statement::Copy {
            source: CopySource::Query(query),
            ..
        } => of_query(query, writes),
        Statement::Insert(insert) => of_insert(insert, writes),
        Statement::Update(update) => of_update(update, writes),
        Statement::Delete(delete) => of_delete(delete, writes),
        Statement::Merge(merge) => of_merge(merge, writes),
        Statement::Truncate(truncate) => {
            let change = match truncate.cascade {
                Some(CascadeOption::Cascade) => Change::TruncateCascade,
                _ => Change::Delete,
            };
            let names = truncate.table_names.iter().map(|table| &table.name);
            any_rows(names, &change, writes)
        }
        Statement::Copy { to: true, .. } => Ok(()),
        Statement::Copy {
            source: CopySource::Table { table_name, .. },
            ..
        } => any_rows([table_name], &Change::Insert, writes),
        Statement::Drop {
            object_type: ObjectType::Table | ObjectType::View | ObjectType::MaterializedView,
            names,
            ..
        } => any_rows(names, &Change::Delete, writes),
        Statement::Drop {
            object_type: ObjectType::Schema | ObjectType::Database,
            ..
        } => Err(Unknown),
        Statement::AlterTable(alter) => any_rows([&alter.name], &Change::Alter, writes),
        Statement::AlterView { name, .. } => any_rows([name], &Change::Alter, writes),
        Statement::RenameTable(renames) => {
            let names = renames
                .iter()
                .flat_map(|rename| [&rename.old_name, &rename.new_name]);
            any_rows(names, &Change::Alter, writes)
        }
        // A table or a view that takes the place of another; others are new.
        Statement::CreateTable(table) => {
            if table.or_replace {
                any_rows([&table.name], &Change::Alter, writes)?;
            }
            let query = table.query.as_ref();
            query.map_or(Ok(()), |query| of_query(query, writes))
        }
        Statement::CreateView(view) if view.or_replace => {
            any_rows([&view.name], &Change::Alter, writes)
        }
        Statement::Explain {
            analyze, options, ..
        } if !analyze && options.is_none() => Ok(()),
        Statement::Explain { statement, .. } => of_statement(statement, writes),
        Statement::StartTransaction { statements, .. } => {
            let mut statements = statements.iter();
            statements.try_for_each(|statement| of_statement(statement, writes))
        }
        _ if leaves_rows(statement) => Ok(()),
        _ => Err(Unknown),
    }
}

/// Whether a statement that has one of the words in it changes no row.
fn leaves_rows(statement: &Statement) -> bool {
    matches!(
        statement,
        Statement::AlterIndex { .. }
            | Statement::AlterPolicy(_)
            | Statement::AlterRole { .. }
            | Statement::AlterUser(_)
            | Statement::Analyze(_)
            | Statement::Close { .. }
            | Statement::Comment { .. }
            | Statement::Commit { .. }
            | Statement::CreateDatabase { .. }
            | Statement::CreateExtension(_)
            | Statement::CreateFunction(_)
            | Statement::CreateIndex(_)
            | Statement::CreatePolicy(_)
            | Statement::CreateProcedure { .. }
            | Statement::CreateRole(_)
            | Statement::CreateSchema { .. }
            | Statement::CreateSequence { .. }
            | Statement::CreateTrigger(_)
            | Statement::CreateType { .. }
            | Statement::CreateUser(_)
            | Statement::CreateView(_)
            | Statement::CreateVirtualTable { .. }
            | Statement::Deallocate { .. }
            | Statement::Declare { .. }
            | Statement::Drop { .. }
            | Statement::DropFunction(_)
            | Statement::DropPolicy(_)
            | Statement::DropProcedure { .. }
            | Statement::DropTrigger(_)
            | Statement::ExplainTable { .. }
            | Statement::Fetch { .. }
            | Statement::Grant(_)
            | Statement::LISTEN { .. }
            | Statement::Lock(_)
            | Statement::LockTables { .. }
            | Statement::NOTIFY { .. }
            | Statement::Pragma { .. }
            | Statement::Prepare { .. }
            | Statement::ReleaseSavepoint { .. }
            | Statement::Revoke(_)
            | Statement::Rollback { .. }
            | Statement::Savepoint { .. }
            | Statement::Set(_)
            | Statement::ShowColumns { .. }
            | Statement::ShowCreate { .. }
            | Statement::ShowStatus { .. }
            | Statement::ShowTables { .. }
            | Statement::ShowVariable { .. }
            | Statement::ShowVariables { .. }
            | Statement::UnlockTables
            | Statement::UNLISTEN { .. }
            | Statement::Use(_)
            | Statement::Vacuum(_)
    )
}

/// A query writes where PostgreSQL lets a `WITH` write, or as a statement that
/// begins with a `WITH`.
fn of_query(query: &Query, writes: &mut Vec<Write>) -> Outcome {
    if let Some(with) = &query.with {
        let mut tables = with.cte_tables.iter();
        tables.try_for_each(|table| of_query(&table.query, writes))?;
    }
    of_body(&query.body, writes)
}

fn of_body(body: &SetExpr, writes: &mut Vec<Write>) -> Outcome {
    match body {
        SetExpr::Select(_) | SetExpr::Values(_) | SetExpr::Table(_) => Ok(()),
        SetExpr::Query(query) => of_query(query, writes),
        SetExpr::SetOperation { left, right, .. } => {
            of_body(left, writes)?;
            of_body(right, writes)
        }
        SetExpr::Insert(statement)
        | SetExpr::Update(statement)
        | SetExpr::Delete(statement)
        | SetExpr::Merge(statement) => of_statement(statement, writes),
    }
}

fn of_insert(insert: &Insert, writes: &mut Vec<Write>) -> Outcome {
    let TableObject::TableName(name) = &insert.table else {
        return Err(Unknown);
    };
    if !insert.multi_table_into_clauses.is_empty() {
        return Err(Unknown);
    }
    if let Some(query) = &insert.source {
        of_query(query, writes)?;
    }
    let table = table_name(name)?;
    writes.push(Write {
        table: table.clone(),
        change: Change::Insert,
        rows: pins::inserted(insert),
    });
    let updated = match &insert.on {
        None => Vec::new(),
        Some(OnInsert::DuplicateKeyUpdate(assignments)) => written_columns(assignments),
        Some(OnInsert::OnConflict(on)) => match &on.action {
            OnConflictAction::DoNothing => Vec::new(),
            OnConflictAction::DoUpdate(update) => written_columns(&update.assignments),
        },
        Some(_) => return Err(Unknown),
    };
    if !updated.is_empty() {
        // Which row was in the way depends on all unique keys.
        writes.push(Write::of_any_rows(table.clone(), Change::Update(updated)));
    }
    if insert.replace_into || insert.or == Some(SqliteOnConflict::Replace) || insert.overwrite {
        writes.push(Write::of_any_rows(table, Change::Delete));
    }
    Ok(())
}

fn of_update(update: &Update, writes: &mut Vec<Write>) -> Outcome {
    let change = Change::Update(columns(&update.assignments));
    let targets = named_tables([&update.table]);
    if let ([(table, _)], None) = (&targets[..], &update.from) {
        let rows = update.selection.as_ref().map(pins::found);
        writes.push(Write {
            table: table.clone(),
            change,
            rows,
        });
    } else {
        if targets.is_empty() {
            return Err(Unknown);
        }
        let targets = targets.into_iter();
        writes.extend(targets.map(|(table, _)| Write::of_any_rows(table, change.clone())));
    }
    if update.or == Some(SqliteOnConflict::Replace) {
        let target = named_tables([&update.table]).swap_remove(0).0;
        writes.push(Write::of_any_rows(target, Change::Delete));
    }
    Ok(())
}

fn of_delete(delete: &Delete, writes: &mut Vec<Write>) -> Outcome {
    let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
    let listed = named_tables(from);
    let is_single = delete.tables.is_empty() && delete.using.is_none();
    if let ([(table, _)], true) = (&listed[..], is_single) {
        writes.push(Write {
            table: table.clone(),
            change: Change::Delete,
            rows: delete.selection.as_ref().map(pins::found),
        });
        return Ok(());
    }
    // Some databases name what they delete from, others by its alias.
    let using = delete.using.iter().flatten();
    let known: Vec<_> = listed.iter().cloned().chain(named_tables(using)).collect();
    let targets: Vec<TableName> = if delete.tables.is_empty() {
        listed.into_iter().map(|(table, _)| table).collect()
    } else {
        let tables = delete.tables.iter().map(table_name);
        tables.collect::<Result<_, _>>()?
    };
    if targets.is_empty() {
        return Err(Unknown);
    }
    for target in targets {
        let aliased = known
            .iter()
            .find(|(_, alias)| alias.as_deref() == Some(target.name()));
        let table = aliased.map_or(target, |(table, _)| table.clone());
        writes.push(Write::of_any_rows(table, Change::Delete));
    }
    Ok(())
}

fn of_merge(merge: &Merge, writes: &mut Vec<Write>) -> Outcome {
    let mut target = Vec::new();
    add_factor(&merge.table, &mut target);
    let Some((table, _)) = target.pop() else {
        return Err(Unknown);
    };
    for clause in &merge.clauses {
        let change = match &clause.action {
            MergeAction::Insert(_) => Change::Insert,
            MergeAction::Update(update) => {
                let MergeUpdateKind::Set(assignments) = &update.kind else {
                    return Err(Unknown);
                };
                Change::Update(columns(assignments))
            }
            MergeAction::Delete { .. } => Change::Delete,
            MergeAction::DoNothing { .. } => continue,
        };
        writes.push(Write::of_any_rows(table.clone(), change));
    }
    Ok(())
}

fn any_rows<'a>(
    names: impl IntoIterator<Item = &'a ObjectName>,
    change: &Change,
    writes: &mut Vec<Write>,
) -> Outcome {
    for name in names {
        writes.push(Write::of_any_rows(table_name(name)?, change.clone()));
    }
    Ok(())
}

/// The tables named in a list, with the alias that each has.
fn named_tables<'a>(
    tables: impl IntoIterator<Item = &'a TableWithJoins>,
) -> Vec<(TableName, Option<String>)> {
    let mut named = Vec::new();
    for table in tables {
        add_tables(table, &mut named);
    }
    named
}

fn add_tables(table: &TableWithJoins, named: &mut Vec<(TableName, Option<String>)>) {
    add_factor(&table.relation, named);
    for join in &table.joins {
        add_factor(&join.relation, named);
    }
}

fn add_factor(factor: &TableFactor, named: &mut Vec<(TableName, Option<String>)>) {
    match factor {
        TableFactor::Table { name, alias, .. } => {
            if let Ok(table) = table_name(name) {
                named.push((table, alias.as_ref().map(|alias| folded(&alias.name.value))));
            }
        }
        TableFactor::NestedJoin {
            table_with_joins, ..
        } => add_tables(table_with_joins, named),
        _ => {}
    }
}

fn table_name(name: &ObjectName) -> Result<TableName, Unknown> {
    let mut parts = name.0.iter().rev().map(|part| part.as_ident());
    let Some(Some(table)) = parts.next() else {
        return Err(Unknown);
    };
    let schema = parts.next().flatten();
    let schema = schema.map(|schema| schema.value.as_str());
    Ok(TableName::new(schema, &table.value))
}

/// The columns that are written; not `id = id`, which MySQL is told to do nothing
/// by.
fn written_columns(assignments: &[Assignment]) -> Vec<String> {
    let is_written = |assignment: &&Assignment| {
        let AssignmentTarget::ColumnName(target) = &assignment.target else {
            return true;
        };
        let written = target.0.last().and_then(|part| part.as_ident());
        let value = pins::column(&assignment.value);
        written.map(|written| folded(&written.value)) != value
            || !matches!(assignment.value, Expr::Identifier(_))
    };
    let assignments = assignments.iter().filter(is_written);
    assignments.flat_map(targets).collect()
}

fn columns(assignments: &[Assignment]) -> Vec<String> {
    assignments.iter().flat_map(targets).collect()
}

fn targets(assignment: &Assignment) -> Vec<String> {
    let names = match &assignment.target {
        AssignmentTarget::ColumnName(name) => std::slice::from_ref(name),
        AssignmentTarget::Tuple(names) => names,
    };
    let idents = names.iter().filter_map(|name| name.0.last()?.as_ident());
    idents.map(|column| folded(&column.value)).collect()
}

//! A round: the same writes to the one table and to the other, one after the other.

use std::mem::take;
use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Schema};

use crate::flavors::Flavor;
use crate::ratio::median;
use crate::visitors::Visitors;

/// So few that the machine is likely to be as busy for the one as for the other.
const ROWS: usize = 10;

/// The writes in the life of a row, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    Insert,
    /// An update that leaves the columns of the paths alone.
    Update,
    Rename,
    Delete,
}

impl Write {
    pub(crate) const ALL: [Self; 4] = [Self::Insert, Self::Update, Self::Rename, Self::Delete];
}

/// Who writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writer {
    /// A task, outside of any scope.
    Task,
    /// A request, or a job: each write in a scope of its own.
    Scope,
}

/// A table, and the rows of the round.
pub(crate) struct Table<'a, F> {
    db: &'a DatabaseConnection,
    visitors: &'a Visitors,
    writer: Writer,
    rows: Vec<F>,
    slugs: usize,
}

impl<'a, F: Flavor> Table<'a, F> {
    pub(crate) async fn create(
        db: &'a DatabaseConnection,
        visitors: &'a Visitors,
        writer: Writer,
    ) -> Result<Self, DbErr> {
        let schema = Schema::new(db.get_database_backend());
        let mut table = schema.create_table_from_entity(F::Entity::default());
        db.execute(table.if_not_exists()).await?;
        Ok(Self {
            db,
            visitors,
            writer,
            rows: Vec::new(),
            slugs: 0,
        })
    }

    /// Writes every row of the round, and returns what the median of them took.
    pub(crate) async fn write(&mut self, write: Write) -> Result<Duration, DbErr> {
        let rows: Vec<Option<F>> = match write {
            Write::Insert => (0..ROWS).map(|_| None).collect(),
            Write::Update | Write::Rename | Write::Delete => {
                take(&mut self.rows).into_iter().map(Some).collect()
            }
        };
        let mut times = Vec::with_capacity(ROWS);
        for row in rows {
            self.slugs += 1;
            let slug = format!("flavor-{}", self.slugs);
            self.visitors.see_list().await;
            let writing = written(row, write, slug, self.db);
            let start = Instant::now();
            let row = match self.writer {
                Writer::Task => writing.await,
                Writer::Scope => dumper::scope(writing).await,
            };
            times.push(start.elapsed());
            self.rows.extend(row?);
        }
        Ok(median(&mut times))
    }
}

/// Writes a row, and returns it as it is then.
async fn written<F: Flavor>(
    row: Option<F>,
    write: Write,
    text: String,
    db: &DatabaseConnection,
) -> Result<Option<F>, DbErr> {
    match (row, write) {
        (None, _) => F::insert(text, db).await.map(Some),
        (Some(row), Write::Rename) => row.rename(text, db).await.map(Some),
        (Some(row), Write::Delete) => row.delete(db).await.map(|()| None),
        (Some(row), _) => row.describe(text, db).await.map(Some),
    }
}

//! Sundaes, which are saved together with their toppings: transactions that
//! `SeaORM` opens and commits by itself.

use fastrand::Rng;
use sea_orm::{DatabaseConnection, DbErr, IntoActiveModel, Set};

use crate::entity::{sundae, topping};
use crate::history::{Table, Writes};
use crate::page::{SUNDAES, slug};
use crate::statements::{gone, pick_name};
use dumper_tests::row::Change;

/// How many sundaes there are, more or less.
const MANY: usize = 6;

/// Makes a sundae, changes one and its toppings, or eats one.
pub(crate) async fn any(
    db: &DatabaseConnection,
    writes: &mut Writes,
    rng: &mut Rng,
) -> Result<(), DbErr> {
    let sundaes = sundae::Entity::load().with(topping::Entity).all(db).await?;
    let taken = sundaes.iter().map(|sundae| sundae.slug.as_str());
    let name = pick_name(rng, SUNDAES, taken);
    let chosen = rng.choice(&sundaes).cloned();
    match chosen {
        Some(sundae) if rng.usize(..2 * MANY) < sundaes.len() && rng.u8(..3) == 0 => {
            eat(db, writes, sundae).await
        }
        Some(sundae) if sundaes.len() >= MANY || rng.u8(..4) > 0 => {
            change(db, writes, rng, sundae, name).await
        }
        _ => match name {
            Some(name) => make(db, writes, rng, name).await,
            None => Ok(()),
        },
    }
}

async fn make(
    db: &DatabaseConnection,
    writes: &mut Writes,
    rng: &mut Rng,
    name: u64,
) -> Result<(), DbErr> {
    let number = writes.number();
    let mut sundae = sundae::ActiveModel::builder()
        .set_mark(number.cast_signed())
        .set_rev(number.cast_signed())
        .set_slug(slug(Table::Sundae, name));
    let change = Change {
        exists: Some(true),
        name: Some(name),
        parent: None,
        rev: Some(number),
    };
    writes.start(Table::Sundae, number, number, change);
    for _ in 0..rng.u8(1..4) {
        sundae.toppings.push(add_topping(writes, number));
    }
    sundae.save(db).await.map(|_| ())
}

/// Renames a sundae or not, and changes, replaces or adds toppings or not.
async fn change(
    db: &DatabaseConnection,
    writes: &mut Writes,
    rng: &mut Rng,
    sundae: sundae::ModelEx,
    name: Option<u64>,
) -> Result<(), DbErr> {
    let mark = sundae.mark.cast_unsigned();
    let toppings: Vec<u64> = sundae
        .toppings
        .iter()
        .map(|it| it.mark.cast_unsigned())
        .collect();
    let mut model = sundae.into_active_model();
    if rng.u8(..4) > 0 {
        let number = writes.number();
        let mut change = Change {
            rev: Some(number),
            ..Change::default()
        };
        model.rev = Set(number.cast_signed());
        change.name = name.filter(|_| rng.bool());
        if let Some(name) = change.name {
            model.slug = Set(slug(Table::Sundae, name));
        }
        writes.start(Table::Sundae, mark, number, change);
    }
    match rng.u8(..3) {
        0 => {
            for topping in toppings {
                let number = writes.number();
                writes.start(Table::Topping, topping, number, gone());
            }
            model.toppings.replace_all([add_topping(writes, mark)]);
        }
        1 if toppings.len() < 5 => {
            model.toppings.push(add_topping(writes, mark));
        }
        _ => {
            for (model, mark) in model.toppings.as_mut_vec().iter_mut().zip(toppings) {
                let number = writes.number();
                let change = Change {
                    rev: Some(number),
                    ..Change::default()
                };
                model.rev = Set(number.cast_signed());
                writes.start(Table::Topping, mark, number, change);
            }
        }
    }
    model.save(db).await.map(|_| ())
}

/// Deletes a sundae with all its toppings.
async fn eat(
    db: &DatabaseConnection,
    writes: &mut Writes,
    sundae: sundae::ModelEx,
) -> Result<(), DbErr> {
    let number = writes.number();
    writes.start(Table::Sundae, sundae.mark.cast_unsigned(), number, gone());
    for topping in &sundae.toppings {
        let number = writes.number();
        writes.start(Table::Topping, topping.mark.cast_unsigned(), number, gone());
    }
    sundae.delete(db).await.map(|_| ())
}

fn add_topping(writes: &mut Writes, sundae: u64) -> topping::ActiveModelEx {
    let number = writes.number();
    let change = Change {
        exists: Some(true),
        name: None,
        parent: Some(sundae),
        rev: Some(number),
    };
    writes.start(Table::Topping, number, number, change);
    topping::ActiveModel::builder()
        .set_mark(number.cast_signed())
        .set_rev(number.cast_signed())
}

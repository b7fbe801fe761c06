//! The first stock of the parlour.

use sea_orm::{DatabaseConnection, EntityTrait, PaginatorTrait, Set, TransactionTrait};

use crate::{
    entity::{flavor, flavor_size, size},
    error::Error,
    picture,
};

/// A flavor a line: the name, a colon, the description.
const FLAVORS: &str = include_str!("flavors.txt");

const SIZES: [&str; 5] = ["Mini", "Small", "Medium", "Large", "Family"];

/// Fills an empty database.
///
/// `insert_many` runs no hooks, so it drops no pages. That is right here, before
/// the first request, and nowhere else.
///
/// # Errors
///
/// Returns an error if the database fails.
pub(crate) async fn fill(db: &DatabaseConnection) -> Result<(), Error> {
    if flavor::Entity::find().count(db).await? > 0 || size::Entity::find().count(db).await? > 0 {
        return Ok(());
    }
    let txn = db.begin().await?;
    let flavors = FLAVORS
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, description)| {
            Ok(flavor::ActiveModel {
                slug: Set(slug(name)),
                name: Set(name.to_owned()),
                description: Set(description.to_owned()),
                picture: Set(picture::draw(name)?),
                ..Default::default()
            })
        })
        .collect::<Result<Vec<_>, askama::Error>>()?;
    flavor::Entity::insert_many(flavors).exec(&txn).await?;

    let sizes = SIZES.map(|name| size::ActiveModel {
        slug: Set(slug(name)),
        name: Set(name.to_owned()),
        ..Default::default()
    });
    size::Entity::insert_many(sizes).exec(&txn).await?;

    let flavors = flavor::Entity::find().order_by_id_asc().all(&txn).await?;
    let sizes = size::Entity::find().order_by_id_asc().all(&txn).await?;
    let offers = flavors.iter().enumerate().flat_map(|(row, flavor)| {
        // Two in three, so that the pages differ.
        let offered = move |column: usize| !(row + column).is_multiple_of(3);
        sizes
            .iter()
            .enumerate()
            .filter(move |(column, _)| offered(*column))
            .map(|(_, size)| flavor_size::ActiveModel {
                flavor_id: Set(flavor.id),
                size_id: Set(size.id),
            })
    });
    flavor_size::Entity::insert_many(offers).exec(&txn).await?;
    txn.commit().await?;
    Ok(())
}

fn slug(name: &str) -> String {
    name.to_lowercase().replace(' ', "-")
}

//! The writes, each a statement on whatever connection.

use fastrand::Rng;
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, ModelTrait, Set,
};

use crate::entity::{flavor, flavor_size, note, size, topping, vendor};
use crate::history::{Table, Writes, link};
use crate::page::{BOARDS, FLAVORS, SIZES, VENDORS, name, slug};
use dumper_tests::row::Change;

/// How many rows there are, more or less.
const MANY_FLAVORS: usize = 24;
const MANY_LINKS: usize = 40;
const MANY_NOTES: usize = 24;

/// Writes something, if there is something to write.
pub(crate) async fn any<C: ConnectionTrait>(
    db: &C,
    writes: &mut Writes,
    rng: &mut Rng,
) -> Result<(), DbErr> {
    match rng.u8(..100) {
        0..36 => change_flavor(db, writes, rng).await,
        36..46 => add_or_delete_flavor(db, writes, rng).await,
        46..58 => change_vendor(db, writes, rng).await,
        58..66 => change_size(db, writes, rng).await,
        66..80 => link_or_unlink(db, writes, rng).await,
        80..92 => write_note(db, writes, rng).await,
        _ => change_topping(db, writes, rng).await,
    }
}

/// Renames a flavor, moves it to another vendor, both, or neither.
pub(crate) async fn change_flavor<C: ConnectionTrait>(
    db: &C,
    writes: &mut Writes,
    rng: &mut Rng,
) -> Result<(), DbErr> {
    let flavors = flavor::Entity::find().all(db).await?;
    let Some(flavor) = rng.choice(&flavors) else {
        return Ok(());
    };
    let number = writes.number();
    let mut change = Change {
        rev: Some(number),
        ..Change::default()
    };
    let mut model = if rng.u8(..5) == 0 {
        // Nobody says what it was.
        flavor::ActiveModel {
            id: Set(flavor.id),
            ..Default::default()
        }
    } else {
        flavor.clone().into_active_model()
    };
    model.rev = Set(number.cast_signed());
    if rng.u8(..3) == 0 {
        let taken = flavors.iter().map(|flavor| flavor.slug.as_str());
        change.name = pick_name(rng, FLAVORS, taken);
    }
    if let Some(name) = change.name {
        model.slug = Set(slug(Table::Flavor, name));
    }
    if rng.u8(..3) == 0 {
        let vendors = vendor::Entity::find().all(db).await?;
        if let Some(vendor) = rng.choice(&vendors) {
            model.vendor_id = Set(vendor.id);
            change.parent = Some(vendor.mark.cast_unsigned());
        }
    }
    writes.start(Table::Flavor, flavor.mark.cast_unsigned(), number, change);
    model.update(db).await.map(|_| ())
}

async fn add_or_delete_flavor<C: ConnectionTrait>(
    db: &C,
    writes: &mut Writes,
    rng: &mut Rng,
) -> Result<(), DbErr> {
    let flavors = flavor::Entity::find().all(db).await?;
    let number = writes.number();
    if rng.usize(..2 * MANY_FLAVORS) < flavors.len() {
        return match rng.choice(flavors) {
            Some(flavor) => delete_flavor(db, writes, flavor).await,
            None => Ok(()),
        };
    }
    let vendors = vendor::Entity::find().all(db).await?;
    let Some(vendor) = rng.choice(&vendors) else {
        return Ok(());
    };
    let taken = flavors.iter().map(|flavor| flavor.slug.as_str());
    let Some(name) = pick_name(rng, FLAVORS, taken) else {
        return Ok(());
    };
    let change = Change {
        exists: Some(true),
        name: Some(name),
        parent: Some(vendor.mark.cast_unsigned()),
        rev: Some(number),
    };
    let flavor = flavor::ActiveModel {
        mark: Set(number.cast_signed()),
        rev: Set(number.cast_signed()),
        slug: Set(slug(Table::Flavor, name)),
        vendor_id: Set(vendor.id),
        ..Default::default()
    };
    writes.start(Table::Flavor, number, number, change);
    flavor.insert(db).await.map(|_| ())
}

/// Deletes a flavor after its links, since nobody would be told if the database
/// did that.
async fn delete_flavor<C: ConnectionTrait>(
    db: &C,
    writes: &mut Writes,
    flavor: flavor::Model,
) -> Result<(), DbErr> {
    let sizes = flavor.find_related(size::Entity).all(db).await?;
    for size in sizes {
        let number = writes.number();
        let mark = link(flavor.mark.cast_unsigned(), size.mark.cast_unsigned());
        let link = flavor_size::ActiveModel {
            flavor_id: Set(flavor.id),
            size_id: Set(size.id),
        };
        writes.start(Table::Link, mark, number, gone());
        if link.delete(db).await?.rows_affected == 0 {
            writes.retract();
        }
        writes.returned();
    }
    let number = writes.number();
    writes.start(Table::Flavor, flavor.mark.cast_unsigned(), number, gone());
    if flavor.delete(db).await?.rows_affected == 0 {
        writes.retract();
    }
    Ok(())
}

/// Renames a vendor, or only touches it.
async fn change_vendor<C: ConnectionTrait>(
    db: &C,
    writes: &mut Writes,
    rng: &mut Rng,
) -> Result<(), DbErr> {
    let vendors = vendor::Entity::find().all(db).await?;
    let Some(vendor) = rng.choice(&vendors) else {
        return Ok(());
    };
    let number = writes.number();
    let mut change = Change {
        rev: Some(number),
        ..Change::default()
    };
    let mut model = vendor.clone().into_active_model();
    model.rev = Set(number.cast_signed());
    if rng.u8(..3) == 0 {
        let taken = vendors.iter().map(|vendor| vendor.slug.as_str());
        change.name = pick_name(rng, VENDORS, taken);
    }
    if let Some(name) = change.name {
        model.slug = Set(slug(Table::Vendor, name));
    }
    writes.start(Table::Vendor, vendor.mark.cast_unsigned(), number, change);
    model.update(db).await.map(|_| ())
}

/// Renames a size, or only touches it.
async fn change_size<C: ConnectionTrait>(
    db: &C,
    writes: &mut Writes,
    rng: &mut Rng,
) -> Result<(), DbErr> {
    let sizes = size::Entity::find().all(db).await?;
    let Some(size) = rng.choice(&sizes) else {
        return Ok(());
    };
    let number = writes.number();
    let mut change = Change {
        rev: Some(number),
        ..Change::default()
    };
    let mut model = size.clone().into_active_model();
    model.rev = Set(number.cast_signed());
    if rng.u8(..3) == 0 {
        let taken = sizes.iter().map(|size| size.slug.as_str());
        change.name = pick_name(rng, SIZES, taken);
    }
    if let Some(name) = change.name {
        model.slug = Set(slug(Table::Size, name));
    }
    writes.start(Table::Size, size.mark.cast_unsigned(), number, change);
    model.update(db).await.map(|_| ())
}

async fn link_or_unlink<C: ConnectionTrait>(
    db: &C,
    writes: &mut Writes,
    rng: &mut Rng,
) -> Result<(), DbErr> {
    let flavors = flavor::Entity::find().all(db).await?;
    let sizes = size::Entity::find().all(db).await?;
    let links = flavor_size::Entity::find().all(db).await?;
    let number = writes.number();
    if rng.usize(..2 * MANY_LINKS) < links.len() {
        let Some(chosen) = rng.choice(links) else {
            return Ok(());
        };
        let flavor = flavors.iter().find(|flavor| flavor.id == chosen.flavor_id);
        let size = sizes.iter().find(|size| size.id == chosen.size_id);
        let (Some(flavor), Some(size)) = (flavor, size) else {
            return Ok(());
        };
        let mark = link(flavor.mark.cast_unsigned(), size.mark.cast_unsigned());
        writes.start(Table::Link, mark, number, gone());
        let deleted = chosen.delete(db).await?;
        if deleted.rows_affected == 0 {
            writes.retract();
        }
        return Ok(());
    }
    let (Some(flavor), Some(size)) = (rng.choice(&flavors), rng.choice(&sizes)) else {
        return Ok(());
    };
    let is_this =
        |link: &&flavor_size::Model| link.flavor_id == flavor.id && link.size_id == size.id;
    if links.iter().find(is_this).is_some() {
        return Ok(());
    }
    let mark = link(flavor.mark.cast_unsigned(), size.mark.cast_unsigned());
    let change = Change {
        exists: Some(true),
        ..Change::default()
    };
    let link = flavor_size::ActiveModel {
        flavor_id: Set(flavor.id),
        size_id: Set(size.id),
    };
    writes.start(Table::Link, mark, number, change);
    link.insert(db).await.map(|_| ())
}

/// Writes a note, moves it to another board, or takes it down.
async fn write_note<C: ConnectionTrait>(
    db: &C,
    writes: &mut Writes,
    rng: &mut Rng,
) -> Result<(), DbErr> {
    let notes = note::Entity::find().all(db).await?;
    let number = writes.number();
    let board = rng.u64(..BOARDS);
    let mut change = Change {
        parent: Some(board),
        rev: Some(number),
        ..Change::default()
    };
    let chosen = rng
        .choice(&notes)
        .filter(|_| rng.usize(..2 * MANY_NOTES) < notes.len());
    let Some(note) = chosen else {
        change.exists = Some(true);
        let note = note::ActiveModel {
            mark: Set(number.cast_signed()),
            rev: Set(number.cast_signed()),
            board: Set(board.cast_signed()),
            ..Default::default()
        };
        writes.start(Table::Note, number, number, change);
        return note.insert(db).await.map(|_| ());
    };
    let mark = note.mark.cast_unsigned();
    if rng.u8(..3) > 0 {
        let mut model = note.clone().into_active_model();
        model.rev = Set(number.cast_signed());
        model.board = Set(board.cast_signed());
        writes.start(Table::Note, mark, number, change);
        return model.update(db).await.map(|_| ());
    }
    writes.start(Table::Note, mark, number, gone());
    let deleted = note.clone().delete(db).await?;
    if deleted.rows_affected == 0 {
        writes.retract();
    }
    Ok(())
}

async fn change_topping<C: ConnectionTrait>(
    db: &C,
    writes: &mut Writes,
    rng: &mut Rng,
) -> Result<(), DbErr> {
    let toppings = topping::Entity::find().all(db).await?;
    let Some(topping) = rng.choice(toppings) else {
        return Ok(());
    };
    let number = writes.number();
    let change = Change {
        rev: Some(number),
        ..Change::default()
    };
    let mark = topping.mark.cast_unsigned();
    let mut model = topping.into_active_model();
    model.rev = Set(number.cast_signed());
    writes.start(Table::Topping, mark, number, change);
    model.update(db).await.map(|_| ())
}

/// Closes a vendor: his flavors go to another one, and a new vendor comes.
pub(crate) async fn close_vendor<C: ConnectionTrait>(
    db: &C,
    writes: &mut Writes,
    rng: &mut Rng,
) -> Result<(), DbErr> {
    let mut vendors = vendor::Entity::find().all(db).await?;
    rng.shuffle(&mut vendors);
    let taken = vendors.iter().map(|vendor| vendor.slug.as_str());
    let name = pick_name(rng, VENDORS, taken);
    let ([old, heir, ..], Some(name)) = (vendors.as_slice(), name) else {
        return Ok(());
    };
    for flavor in old.find_related(flavor::Entity).all(db).await? {
        let number = writes.number();
        let change = Change {
            parent: Some(heir.mark.cast_unsigned()),
            rev: Some(number),
            ..Change::default()
        };
        let mark = flavor.mark.cast_unsigned();
        let mut model = flavor.into_active_model();
        model.rev = Set(number.cast_signed());
        model.vendor_id = Set(heir.id);
        writes.start(Table::Flavor, mark, number, change);
        model.update(db).await?;
    }
    let number = writes.number();
    writes.start(Table::Vendor, old.mark.cast_unsigned(), number, gone());
    if old.clone().delete(db).await?.rows_affected == 0 {
        writes.retract();
    }
    let number = writes.number();
    let change = Change {
        exists: Some(true),
        name: Some(name),
        parent: None,
        rev: Some(number),
    };
    let vendor = vendor::ActiveModel {
        mark: Set(number.cast_signed()),
        rev: Set(number.cast_signed()),
        slug: Set(slug(Table::Vendor, name)),
        ..Default::default()
    };
    writes.start(Table::Vendor, number, number, change);
    vendor.insert(db).await.map(|_| ())
}

/// What a delete makes of a row.
pub(crate) fn gone() -> Change {
    Change {
        exists: Some(false),
        ..Change::default()
    }
}

/// A name that is free, if there is one, or seldom one that may be taken.
pub(crate) fn pick_name<'a>(
    rng: &mut Rng,
    names: u64,
    taken: impl Iterator<Item = &'a str>,
) -> Option<u64> {
    let any = rng.u64(..names);
    if rng.u8(..200) == 0 {
        return Some(any);
    }
    let taken: Vec<u64> = taken.filter_map(name).collect();
    let mut names = (any..names).chain(0..any);
    names.find(|name| !taken.contains(name))
}

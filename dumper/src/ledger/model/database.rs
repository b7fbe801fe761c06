//! The modelled database: a flavor, two vendors, and the pages that show them.

use crate::ledger::Dependents;
use crate::path::Path;
use crate::reach::{EntityTag, Filing, Reach, RowId};
use crate::template::{Patterns, Template};

/// The pages: two of flavors, then two of vendors.
pub(super) const PATHS: [&str; 4] = ["/flavors/a/", "/flavors/b/", "/vendors/a/", "/vendors/b/"];

/// What pages show: the flavor, whose it is, what each vendor has, each vendor.
pub(super) const ITEMS: usize = 6;

/// All pages are filed under this tag.
pub(super) const MENU: &str = "menu";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flavor {
    pub(super) slug: u8,
    pub(super) vendor: u8,
    /// Changed by every write to the row.
    text: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Vendor {
    pub(super) slug: u8,
    text: u8,
}

/// What the tables hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tables {
    pub(super) flavor: Option<Flavor>,
    pub(super) vendors: [Vendor; 2],
}

/// What a query saw of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Seen {
    /// The flavor's slug and its vendor.
    pub(super) flavor: Option<(u8, u8)>,
    pub(super) vendors: [u8; 2],
}

/// A row that can be locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Table {
    Flavor,
    Vendor(u8),
    /// What links the flavor to a vendor, where it has no column for it.
    Link,
}

/// What the pages show besides their own row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Related {
    Nothing,
    /// The flavor has a column with its vendor.
    ByColumn,
    /// The flavor is linked to its vendor by a row of a third table.
    ByLink,
}

/// In place of the number of a vendor.
pub(super) const NONE: u8 = 9;

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Change {
    /// Renames the flavor.
    Rename(u8),
    /// Updates the flavor but not its slug.
    Touch,
    Delete,
    Insert(u8),
    /// Gives the flavor to another vendor.
    Move(u8),
    /// Renames a vendor.
    RenameVendor(u8, u8),
    Link(u8),
    Unlink,
}

/// How the database keeps transactions apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Isolation {
    /// Each query sees what is committed (PostgreSQL).
    ReadCommitted,
    /// All queries see what was committed at the first one, except those that lock
    /// (MariaDB).
    RepeatableRead,
    /// The same, and a statement fails if anybody has committed since (SQLite).
    Serialized,
}

impl Tables {
    /// A flavor `a` of the vendor `a`, and a vendor `b`; or, if that takes a link, a
    /// flavor without a vendor, and a vendor without a page.
    pub(super) fn new(related: Related) -> Self {
        let (vendor, other) = match related {
            Related::ByLink => (NONE, NONE),
            Related::Nothing | Related::ByColumn => (0, 1),
        };
        Self {
            flavor: Some(Flavor {
                slug: 0,
                vendor,
                text: 0,
            }),
            vendors: [
                Vendor { slug: 0, text: 0 },
                Vendor {
                    slug: other,
                    text: 0,
                },
            ],
        }
    }

    /// The tables after a statement.
    pub(super) fn with(mut self, change: Change) -> Self {
        if let Change::RenameVendor(number, slug) = change {
            let vendor = &mut self.vendors[usize::from(number)];
            vendor.slug = slug;
            vendor.text += 1;
        } else if let Change::Insert(slug) = change {
            self.flavor = Some(Flavor {
                slug,
                vendor: 0,
                text: 100,
            });
        } else if let Some(flavor) = &mut self.flavor {
            if change.table() == Table::Flavor {
                flavor.text += 1;
            }
            match change {
                Change::Rename(slug) => flavor.slug = slug,
                Change::Move(vendor) | Change::Link(vendor) => flavor.vendor = vendor,
                Change::Unlink => flavor.vendor = NONE,
                Change::Delete => self.flavor = None,
                _ => {}
            }
        }
        self
    }

    /// Which rows have not been written since.
    pub(super) fn same_texts(self, later: Self) -> [bool; 3] {
        let text = |tables: Self| tables.flavor.map(|flavor| flavor.text);
        let same = |number: usize| self.vendors[number].text == later.vendors[number].text;
        [text(self) == text(later), same(0), same(1)]
    }

    pub(super) fn seen(self) -> Seen {
        Seen {
            flavor: self.flavor.map(|flavor| (flavor.slug, flavor.vendor)),
            vendors: self.vendors.map(|vendor| vendor.slug),
        }
    }

    /// The things that pages show, each with what it is.
    pub(super) fn items(self) -> [Option<(u8, u8)>; ITEMS] {
        let flavor = self.flavor.map(|flavor| (flavor.slug, flavor.text));
        let its_vendor = self.flavor.map(|flavor| (flavor.vendor, 0));
        let is_of = |number| its_vendor.filter(|&(vendor, _)| vendor == number);
        let [one, two] = self.vendors.map(|vendor| Some((vendor.slug, vendor.text)));
        [flavor, its_vendor, is_of(0), is_of(1), one, two]
    }

    /// Which items a page shows, `None` if there is no such page.
    pub(super) fn page(self, path: usize, related: Related) -> Option<[bool; ITEMS]> {
        let slug = u8::try_from(path % 2).unwrap();
        let mut shows = [false; ITEMS];
        if path < 2 {
            let flavor = self.flavor.filter(|flavor| flavor.slug == slug)?;
            shows[0] = true;
            if related != Related::Nothing {
                shows[1] = true;
                if let Some(vendor) = shows.get_mut(4 + usize::from(flavor.vendor)) {
                    *vendor = true;
                }
            }
        } else {
            let number = self.vendors.iter().position(|vendor| vendor.slug == slug)?;
            let flavor = self
                .flavor
                .filter(|flavor| usize::from(flavor.vendor) == number);
            shows[0] = flavor.is_some();
            shows[2 + number] = true;
            shows[4 + number] = true;
        }
        Some(shows)
    }
}

impl Seen {
    /// What depends on a row that was seen, by the related rows that were seen after
    /// it.
    pub(super) fn dependents(self, table: Table, after: Self, related: Related) -> Dependents {
        let flavor = |seen: Self| seen.flavor.map(|(slug, _)| flavor_page(slug));
        let vendor = |seen: Self, number: u8| {
            let slug = seen.vendors.get(usize::from(number));
            slug.map(|&slug| (Table::Vendor(number), vendor_page(slug)))
        };
        // It is found by a query that joins the row as it is then.
        let its_vendor = after.flavor.map_or(NONE, |(_, vendor)| vendor);
        let (own, found) = match table {
            Table::Flavor => (flavor(self), vec![vendor(after, its_vendor)]),
            Table::Vendor(number) => {
                let shown = after.flavor.filter(|&(_, vendor)| vendor == number);
                let shown = shown.map(|(slug, _)| (Table::Flavor, flavor_page(slug)));
                (vendor(self, number).map(|(_, pages)| pages), vec![shown])
            }
            Table::Link if its_vendor == NONE => (None, Vec::new()),
            Table::Link => {
                let shown = flavor(after).map(|pages| (Table::Flavor, pages));
                (None, vec![shown, vendor(after, its_vendor)])
            }
        };
        let mut shared = own.unwrap_or_default();
        let mut dependents = Dependents {
            reaches: shared.clone(),
            ..Dependents::default()
        };
        if related != Related::Nothing {
            dependents.has_read = true;
            for (row, pages) in found.into_iter().flatten() {
                // Those that it belongs to may show each other because of it.
                let belongs_to = table == Table::Link
                    || (table == Table::Flavor && related == Related::ByColumn);
                if belongs_to {
                    shared.extend(pages.iter().cloned());
                }
                dependents.reaches.extend(pages);
                dependents.rows.push(row.row());
            }
        }
        dependents.shared = shared;
        dependents
    }
}

impl Seen {
    /// What shows a row because of the rows that a change has it belong to.
    pub(super) fn owners(self, change: Change) -> Dependents {
        let vendor = match change {
            Change::Insert(_) => 0,
            Change::Move(vendor) | Change::Link(vendor) => vendor,
            _ => NONE,
        };
        let slug = self.vendors.get(usize::from(vendor));
        let vendor = slug.map(|&slug| (Table::Vendor(vendor), vendor_page(slug)));
        let flavor = self
            .flavor
            .filter(|_| matches!(change, Change::Link(_)))
            .map(|(slug, _)| (Table::Flavor, flavor_page(slug)));
        let mut dependents = Dependents {
            has_read: true,
            ..Dependents::default()
        };
        for (row, pages) in vendor.into_iter().chain(flavor) {
            dependents.rows.push(row.row());
            dependents.shared.extend(pages.iter().cloned());
            dependents.reaches.extend(pages);
        }
        dependents
    }
}

impl Table {
    pub(super) fn entity(self) -> &'static EntityTag {
        match self {
            Self::Flavor => &named().entities[0],
            Self::Vendor(_) => &named().entities[1],
            Self::Link => &named().entities[2],
        }
    }

    pub(super) fn row(self) -> RowId {
        named().rows[self.index()].clone()
    }

    pub(super) fn index(self) -> usize {
        match self {
            Self::Flavor => 0,
            Self::Vendor(number) => 1 + usize::from(number),
            Self::Link => 3,
        }
    }
}

impl Change {
    pub(super) fn table(self) -> Table {
        match self {
            Self::RenameVendor(number, _) => Table::Vendor(number),
            Self::Link(_) | Self::Unlink => Table::Link,
            _ => Table::Flavor,
        }
    }

    /// What the model that is written tells of its pages, without the database.
    pub(super) fn foreseen(self, loaded: Option<u8>) -> Vec<Reach> {
        match self {
            Self::Rename(slug) | Self::Insert(slug) => flavor_page(slug),
            Self::RenameVendor(_, slug) => vendor_page(slug),
            Self::Touch => loaded.map(flavor_page).unwrap_or_default(),
            Self::Delete | Self::Move(_) | Self::Link(_) | Self::Unlink => Vec::new(),
        }
    }
}

thread_local! {
    static NAMED: &'static Named = Box::leak(Box::new(Named::new()));
}

/// What the ledger calls all this.
///
/// Each thread has its own, or most of the time would go into counting references.
pub(super) struct Named {
    entities: [EntityTag; 3],
    rows: [RowId; 4],
    kin: [Reach; PATHS.len()],
    /// Where each page is filed.
    pub(super) filings: [Filing; PATHS.len()],
    /// By what each page is reached, entities and *all* apart.
    pub(super) names: [Vec<Reach>; PATHS.len()],
}

pub(super) fn named() -> &'static Named {
    NAMED.with(|named| *named)
}

impl Named {
    fn new() -> Self {
        let entities = [
            entity::<u8>("flavor"),
            entity::<u16>("vendor"),
            entity::<u32>("link"),
        ];
        let row = |entity: usize, key: &str| RowId {
            entity: entities[entity].clone(),
            key: key.into(),
        };
        let rows = [row(0, "0"), row(1, "1"), row(1, "2"), row(2, "3")];
        let filings = PATHS.map(|path| {
            let mut filing = Filing::at(&Path::requested(path));
            filing.add_tags([MENU.into()]);
            filing
        });
        Self {
            names: filings.each_ref().map(|filing| filing.names().collect()),
            kin: PATHS.map(|path| Reach::Kin(Path::requested(path).kin())),
            filings,
            rows,
            entities,
        }
    }
}

/// Either entity has pages at both, as with `related`.
fn entity<T: 'static>(name: &str) -> EntityTag {
    let templates = ["/flavors/{slug}/", "/vendors/{slug}/"];
    let templates = templates.map(|template| Template::new(template).unwrap());
    let patterns = Patterns::of(&templates);
    EntityTag::new(std::any::TypeId::of::<T>(), name.to_owned(), Some(patterns))
}

fn flavor_page(slug: u8) -> Vec<Reach> {
    named()
        .kin
        .get(usize::from(slug))
        .cloned()
        .into_iter()
        .collect()
}

fn vendor_page(slug: u8) -> Vec<Reach> {
    named()
        .kin
        .get(2 + usize::from(slug))
        .cloned()
        .into_iter()
        .collect()
}

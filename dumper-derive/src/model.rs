//! Validates a model and its attributes.

use std::collections::BTreeMap;

use syn::{
    Data, DeriveInput, Error, Field, LitStr, Meta, Path, Token, Visibility, ext::IdentExt,
    punctuated::Punctuated,
};

use crate::{
    attr::{Attributes, List, is_dumper},
    template,
};

/// A model whose attributes hold together.
pub(crate) struct Model<'a> {
    pub(crate) vis: &'a Visibility,
    pub(crate) paths: Vec<LitStr>,
    pub(crate) within: Vec<LitStr>,
    pub(crate) related: Vec<Path>,
    /// The fields that holes name, by that name.
    pub(crate) holes: BTreeMap<String, &'a Field>,
    pub(crate) by_hand: ByHand,
}

/// What the user writes, and the derive does not.
#[derive(Clone, Copy)]
pub(crate) struct ByHand {
    pub(crate) dependent_paths: bool,
    pub(crate) behavior: bool,
}

/// What is wrong with an input.
pub(crate) enum Invalid {
    /// It is no model: nothing is known of what stands around it.
    NoModel(Error),
    /// It is a model with mistakes.
    Model(ByHand, Vec<Error>),
}

impl<'a> Model<'a> {
    pub(crate) fn parse(input: &'a DeriveInput) -> Result<Self, Invalid> {
        let fields = fields(input).map_err(Invalid::NoModel)?;
        let mut errors = Vec::new();
        let attributes = Attributes::parse(&input.attrs, &mut errors);
        if errors.is_empty() {
            errors.extend(conflict(&attributes, input));
        }
        errors.extend(misplaced(&fields));

        let columns = columns(&fields);
        let mut holes = BTreeMap::new();
        for path in attributes.paths.iter().flat_map(|paths| &paths.values) {
            let names = template::holes(path).unwrap_or_else(|mistake| {
                errors.push(mistake);
                Vec::new()
            });
            for name in names {
                match columns.iter().find(|(column, _)| *column == name) {
                    Some((_, field)) => drop(holes.insert(name, *field)),
                    None => errors.push(unknown_column(path, &name, &columns)),
                }
            }
        }
        let within = attributes.within.iter().flat_map(|within| &within.values);
        errors.extend(within.filter_map(|path| template::holes(path).err()));

        let by_hand = ByHand {
            dependent_paths: attributes.custom.is_some(),
            behavior: attributes.behavior.is_some(),
        };
        if !errors.is_empty() {
            return Err(Invalid::Model(by_hand, errors));
        }
        Ok(Self {
            vis: &input.vis,
            paths: values(attributes.paths),
            within: values(attributes.within),
            related: values(attributes.related),
            holes,
            by_hand,
        })
    }
}

fn values<T>(list: Option<List<T>>) -> Vec<T> {
    list.map_or_else(Vec::new, |list| list.values)
}

/// The fields of a struct that SeaORM can take for a model.
fn fields(input: &DeriveInput) -> syn::Result<Vec<&Field>> {
    let Data::Struct(data) = &input.data else {
        let message = "`Dumped` is derived on a struct: the `Model` of an entity";
        return Err(Error::new_spanned(&input.ident, message));
    };
    if input.ident != "Model" {
        let message = format!(
            "`Dumped` is derived on a struct named `Model`, as SeaORM's entities have it, not `{}`",
            input.ident
        );
        return Err(Error::new_spanned(&input.ident, message));
    }
    if !input.generics.params.is_empty() {
        let message = "a `Model` cannot be generic";
        return Err(Error::new_spanned(&input.generics, message));
    }
    Ok(data.fields.iter().collect())
}

/// Says which keys are missing or do not go together.
fn conflict(attributes: &Attributes, input: &DeriveInput) -> Option<Error> {
    let Attributes {
        paths,
        related,
        custom,
        within,
        ..
    } = attributes;
    match (custom, related, within) {
        (Some(_), Some(related), _) => Some(Error::new_spanned(
            &related.key,
            "`related` with `custom`: a hand-written `dependent_paths` reads its own relations",
        )),
        (None, _, Some(within)) => Some(Error::new_spanned(
            &within.key,
            "`within` without `custom`: declared paths say themselves where the pages lie",
        )),
        (None, None, None) if paths.is_none() => {
            let message = "missing `paths`: say where the pages of a row lie, \
                           as in `#[dumper(paths = \"/flavors/{id}/\")]`";
            Some(match input.attrs.iter().find(|attr| is_dumper(attr)) {
                Some(attr) => Error::new_spanned(attr, message),
                None => Error::new_spanned(&input.ident, message),
            })
        }
        _ => None,
    }
}

fn misplaced(fields: &[&Field]) -> Vec<Error> {
    let attrs = fields.iter().flat_map(|field| &field.attrs);
    attrs
        .filter(|attr| is_dumper(attr))
        .map(|attr| Error::new_spanned(attr, "`#[dumper(…)]` stands on the struct, not on a field"))
        .collect()
}

/// The fields that are columns, by their names without `r#`.
fn columns<'a>(fields: &[&'a Field]) -> Vec<(String, &'a Field)> {
    let columns = fields.iter().filter(|field| !is_ignored(field));
    columns
        .filter_map(|field| Some((field.ident.as_ref()?.unraw().to_string(), *field)))
        .collect()
}

/// Whether SeaORM leaves a field out of the table: `#[sea_orm(ignore)]`.
fn is_ignored(field: &Field) -> bool {
    let attrs = field
        .attrs
        .iter()
        .filter(|attr| attr.path().is_ident("sea_orm"));
    attrs
        .filter_map(|attr| {
            attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
                .ok()
        })
        .flatten()
        .any(|meta| meta.path().is_ident("ignore"))
}

fn unknown_column(path: &LitStr, name: &str, columns: &[(String, &Field)]) -> Error {
    let columns: Vec<_> = columns.iter().map(|(column, _)| column.as_str()).collect();
    let columns = columns.join(", ");
    let message = format!("`{name}` is not a column of this Model (columns: {columns})");
    Error::new_spanned(path, message)
}

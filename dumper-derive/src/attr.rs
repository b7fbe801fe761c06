//! Parses `#[dumper(…)]`.

use proc_macro2::TokenTree;
use syn::{
    Attribute, Error, Expr, ExprLit, Ident, Lit, LitStr, Path, Result, Token, meta::ParseNestedMeta,
};

const KEYS: &str = "`paths`, `related`, `custom`, `within`, `behavior`";

/// What `#[dumper(…)]` says, as far as it could be read.
#[derive(Default)]
pub(crate) struct Attributes {
    pub(crate) paths: Option<List<LitStr>>,
    pub(crate) related: Option<List<Path>>,
    pub(crate) custom: Option<Ident>,
    pub(crate) within: Option<List<LitStr>>,
    /// The key of `behavior = "custom"`.
    pub(crate) behavior: Option<Ident>,
}

/// A key with the values that could be read.
pub(crate) struct List<T> {
    pub(crate) key: Ident,
    pub(crate) values: Vec<T>,
}

impl Attributes {
    /// Reads the attributes of a struct, past every mistake to the end, so that
    /// all mistakes are reported and the fallback knows what is written by hand.
    pub(crate) fn parse(attrs: &[Attribute], errors: &mut Vec<Error>) -> Self {
        let mut attributes = Self::default();
        for (index, attr) in attrs.iter().filter(|attr| is_dumper(attr)).enumerate() {
            let mut mistakes = Vec::new();
            let parsed = attr.parse_nested_meta(|meta| {
                attributes.entry(&meta).or_else(|mistake| {
                    mistakes.push(mistake);
                    skip_to_comma(&meta)
                })
            });
            mistakes.extend(parsed.err());
            if index == 0 {
                errors.append(&mut mistakes);
            } else {
                // `sea-orm-cli` keeps only the last one when it regenerates.
                errors.push(Error::new_spanned(attr, "one `#[dumper(…)]` per struct"));
            }
        }
        attributes
    }

    fn entry(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        let Some(key) = meta.path.get_ident().cloned() else {
            return Err(unknown(meta));
        };
        match key.to_string().as_str() {
            "paths" => list(&mut self.paths, key, meta, string),
            "related" => list(&mut self.related, key, meta, path),
            "within" => list(&mut self.within, key, meta, string),
            "custom" => {
                once(self.custom.as_ref(), &key)?;
                self.custom = Some(key);
                Ok(())
            }
            "behavior" => {
                once(self.behavior.as_ref(), &key)?;
                self.behavior = Some(key);
                match string(meta.value()?.parse()?)? {
                    value if value.value() == "custom" => Ok(()),
                    value => Err(Error::new_spanned(value, "expected `\"custom\"`")),
                }
            }
            _ => Err(unknown(meta)),
        }
    }
}

/// Whether an attribute is `#[dumper…]`.
pub(crate) fn is_dumper(attr: &Attribute) -> bool {
    attr.path().is_ident("dumper")
}

fn unknown(meta: &ParseNestedMeta<'_>) -> Error {
    Error::new_spanned(&meta.path, format!("unknown key (keys: {KEYS})"))
}

fn once<T>(earlier: Option<&T>, key: &Ident) -> Result<()> {
    if earlier.is_none() {
        return Ok(());
    }
    let message = format!("duplicate key `{key}` (keys, each at most once: {KEYS})");
    Err(Error::new_spanned(key, message))
}

/// Reads `key = value` or `key = [value, …]`.
fn list<T>(
    place: &mut Option<List<T>>,
    key: Ident,
    meta: &ParseNestedMeta<'_>,
    read: impl Fn(Expr) -> Result<T>,
) -> Result<()> {
    once(place.as_ref(), &key)?;
    let elements: Vec<Expr> = match meta.value()?.parse()? {
        Expr::Array(array) if array.elems.is_empty() => {
            return Err(Error::new_spanned(array, format!("`{key}` is empty")));
        }
        Expr::Array(array) => array.elems.into_iter().collect(),
        single => vec![single],
    };

    let (values, mistakes): (Vec<_>, Vec<_>) =
        elements.into_iter().map(read).partition(Result::is_ok);
    *place = Some(List {
        key,
        values: values.into_iter().flatten().collect(),
    });
    let combined = mistakes
        .into_iter()
        .filter_map(Result::err)
        .reduce(|mut all, mistake| {
            all.combine(mistake);
            all
        });
    combined.map_or(Ok(()), Err)
}

fn string(value: Expr) -> Result<LitStr> {
    match value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(string),
            ..
        }) => Ok(string),
        other => Err(Error::new_spanned(other, "expected a string literal")),
    }
}

fn path(value: Expr) -> Result<Path> {
    match value {
        Expr::Path(path) if path.qself.is_none() => Ok(path.path),
        other => Err(Error::new_spanned(
            other,
            "expected the path of an `Entity`",
        )),
    }
}

/// Passes over what a mistake has left unread of an entry.
fn skip_to_comma(meta: &ParseNestedMeta<'_>) -> Result<()> {
    while !meta.input.is_empty() && !meta.input.peek(Token![,]) {
        meta.input.parse::<TokenTree>()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn parse(attrs: &[Attribute]) -> (Attributes, Vec<String>) {
        let mut errors = Vec::new();
        let attributes = Attributes::parse(attrs, &mut errors);
        (
            attributes,
            errors
                .iter()
                .flatten()
                .map(|error| error.to_string())
                .collect(),
        )
    }

    fn texts(list: Option<List<LitStr>>) -> Vec<String> {
        list.unwrap().values.iter().map(LitStr::value).collect()
    }

    #[test]
    fn one_value_or_several_are_read() {
        let (attributes, errors) = parse(&[parse_quote!(
            #[dumper(paths = "/", within = ["/a", "/b"], custom, behavior = "custom",)]
        )]);
        assert_eq!(errors, [""; 0]);
        assert_eq!(texts(attributes.paths), ["/"]);
        assert_eq!(texts(attributes.within), ["/a", "/b"]);
        assert!(attributes.custom.is_some() && attributes.behavior.is_some());

        let (attributes, errors) = parse(&[parse_quote!(
            #[dumper(related = [super::size::Entity, shop::Entity])]
        )]);
        assert_eq!(errors, [""; 0]);
        assert_eq!(attributes.related.unwrap().values.len(), 2);
    }

    #[test]
    fn a_mistake_does_not_hide_what_comes_after_it() {
        let (attributes, errors) = parse(&[parse_quote!(
            #[dumper(paths "/", paths = [1, "/a", x()], path = [2], a::b, behavior = "mine", custom)]
        )]);
        assert_eq!(
            errors,
            [
                "expected `=`",
                "expected a string literal",
                "expected a string literal",
                "unknown key (keys: `paths`, `related`, `custom`, `within`, `behavior`)",
                "unknown key (keys: `paths`, `related`, `custom`, `within`, `behavior`)",
                "expected `\"custom\"`",
            ]
        );
        assert_eq!(texts(attributes.paths), ["/a"]);
        assert!(attributes.custom.is_some() && attributes.behavior.is_some());
    }

    #[test]
    fn what_says_nothing_is_a_mistake() {
        for attr in [
            parse_quote!(#[dumper]),
            parse_quote!(#[dumper(paths)]),
            parse_quote!(#[dumper(paths = [])]),
            parse_quote!(#[dumper(custom = false)]),
            parse_quote!(#[dumper(paths = "/" "/a")]),
            parse_quote!(#[dumper(related = "size::Entity")]),
        ] {
            assert_eq!(parse(&[attr]).1.len(), 1);
        }
    }
}

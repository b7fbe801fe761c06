//! `#[dumper::behavior]`: weaves our hooks behind the user's own.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Error, ImplItem, ImplItemFn, ItemImpl, Path, Result, parse_quote, parse2};

use crate::hooks::Hook;

/// Expands the attribute. After a mistake the item is left as it was.
pub(crate) fn expand(args: &TokenStream, item: &TokenStream) -> TokenStream {
    weave(args, item).unwrap_or_else(|error| {
        let error = error.to_compile_error();
        quote!(#error #item)
    })
}

fn weave(args: &TokenStream, item: &TokenStream) -> Result<TokenStream> {
    if !args.is_empty() {
        return Err(Error::new_spanned(
            args,
            "`#[dumper::behavior]` takes no arguments",
        ));
    }
    let mut behavior = parse(item)?;
    if !behavior.attrs.iter().any(is_async_trait) {
        behavior
            .attrs
            .push(parse_quote!(#[::dumper::__private::async_trait]));
    }

    let mut missing = Hook::ALL.to_vec();
    for item in &mut behavior.items {
        if let ImplItem::Fn(function) = item
            && let Some(hook) = Hook::named(&function.sig.ident)
        {
            check(function)?;
            missing.retain(|other| *other != hook);
            *item = ImplItem::Verbatim(hook.woven(function));
        }
    }
    let generated = missing.into_iter().map(Hook::plain);
    behavior.items.extend(generated.map(ImplItem::Verbatim));
    Ok(behavior.into_token_stream())
}

fn parse(item: &TokenStream) -> Result<ItemImpl> {
    const EXPECTED: &str =
        "`#[dumper::behavior]` stands on `impl ActiveModelBehavior for ActiveModel`";

    let Ok(behavior) = parse2::<ItemImpl>(item.clone()) else {
        return Err(Error::new_spanned(item, EXPECTED));
    };
    match &behavior.trait_ {
        Some((_, path, _)) if ends_with(path, "ActiveModelBehavior") => Ok(behavior),
        Some((_, path, _)) => Err(Error::new_spanned(path, EXPECTED)),
        None => Err(Error::new_spanned(&behavior.self_ty, EXPECTED)),
    }
}

/// Refuses a hook that we could not stand behind.
fn check(hook: &ImplItemFn) -> Result<()> {
    if hook.sig.asyncness.is_none() {
        let message = "not an `async fn`: put `#[dumper::behavior]` above `#[async_trait]`";
        return Err(Error::new_spanned(&hook.sig.ident, message));
    }
    match hook.attrs.iter().find(|attr| attr.path().is_ident("cfg")) {
        None => Ok(()),
        Some(cfg) => {
            let message = "a hook cannot be left out: put `#[cfg(…)]` inside of its body";
            Err(Error::new_spanned(cfg, message))
        }
    }
}

/// Recognizes the attribute under any path that the user has for it.
fn is_async_trait(attr: &Attribute) -> bool {
    ends_with(attr.path(), "async_trait")
}

fn ends_with(path: &Path, name: &str) -> bool {
    path.segments
        .last()
        .is_some_and(|segment| segment.ident == name)
}

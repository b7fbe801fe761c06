//! The four hooks of an `ActiveModelBehavior`, each with ours in it.

use std::mem;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{FnArg, ImplItemFn, PatType, ReturnType, parse_quote};

/// A hook of SeaORM's `ActiveModelBehavior`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hook {
    BeforeSave,
    AfterSave,
    BeforeDelete,
    AfterDelete,
}

impl Hook {
    pub(crate) const ALL: [Self; 4] = [
        Self::BeforeSave,
        Self::AfterSave,
        Self::BeforeDelete,
        Self::AfterDelete,
    ];

    /// The hook of this name, if it is one.
    pub(crate) fn named(name: &Ident) -> Option<Self> {
        match name.to_string().as_str() {
            "before_save" => Some(Self::BeforeSave),
            "after_save" => Some(Self::AfterSave),
            "before_delete" => Some(Self::BeforeDelete),
            "after_delete" => Some(Self::AfterDelete),
            _ => None,
        }
    }

    /// The hook of a user who has none.
    pub(crate) fn plain(self) -> TokenStream {
        match self {
            Self::BeforeSave => quote! {
                async fn before_save<C>(
                    self,
                    db: &C,
                    insert: bool,
                ) -> ::core::result::Result<Self, ::dumper::__private::sea_orm::DbErr>
                where
                    C: ::dumper::__private::sea_orm::ConnectionTrait,
                {
                    ::dumper::hooks::before_save::<Self::Entity, C>(&self, db, insert).await?;
                    ::core::result::Result::Ok(self)
                }
            },
            Self::AfterSave => quote! {
                async fn after_save<C>(
                    model: <Self::Entity as ::dumper::__private::sea_orm::EntityTrait>::Model,
                    db: &C,
                    insert: bool,
                ) -> ::core::result::Result<
                    <Self::Entity as ::dumper::__private::sea_orm::EntityTrait>::Model,
                    ::dumper::__private::sea_orm::DbErr,
                >
                where
                    C: ::dumper::__private::sea_orm::ConnectionTrait,
                {
                    ::dumper::hooks::after_save::<Self::Entity, C>(&model, db, insert).await?;
                    ::core::result::Result::Ok(model)
                }
            },
            Self::BeforeDelete => quote! {
                async fn before_delete<C>(
                    self,
                    db: &C,
                ) -> ::core::result::Result<Self, ::dumper::__private::sea_orm::DbErr>
                where
                    C: ::dumper::__private::sea_orm::ConnectionTrait,
                {
                    ::dumper::hooks::before_delete::<Self::Entity, C>(&self, db).await?;
                    ::core::result::Result::Ok(self)
                }
            },
            Self::AfterDelete => quote! {
                async fn after_delete<C>(
                    self,
                    db: &C,
                ) -> ::core::result::Result<Self, ::dumper::__private::sea_orm::DbErr>
                where
                    C: ::dumper::__private::sea_orm::ConnectionTrait,
                {
                    ::dumper::hooks::after_delete::<Self::Entity, C>(&self, db).await?;
                    ::core::result::Result::Ok(self)
                }
            },
        }
    }

    /// The hook of a user, with ours behind it.
    ///
    /// The user's body runs in an `async` block, so that its `return` and `?` do
    /// not leave out ours. After an error of a `before_*` no write follows, and
    /// ours is not called. Before an `after_*` the row has been written, and ours
    /// is called in any case, with that row: the user's body may return another.
    pub(crate) fn woven(self, hook: &ImplItemFn) -> TokenStream {
        let ImplItemFn {
            attrs,
            vis,
            defaultness,
            sig,
            block,
        } = hook;
        let names: &[&str] = match self {
            Self::BeforeSave => &["db", "insert"],
            Self::AfterSave => &["model", "db", "insert"],
            Self::BeforeDelete | Self::AfterDelete => &["db"],
        };
        let receiver = sig.receiver().map(|receiver| receiver.self_token);
        let has_signature = receiver.is_none() == matches!(self, Self::AfterSave)
            && sig.inputs.len() == names.len() + usize::from(receiver.is_some());
        let (true, ReturnType::Type(_, output)) = (has_signature, &sig.output) else {
            // The compiler says best in what it differs from the trait's.
            return quote!(#hook);
        };

        // The parameters get names that the user's body does not see, and its
        // own patterns are bound inside.
        let span = Span::mixed_site();
        let mut signature = sig.clone();
        let mut bindings = Vec::new();
        let parameters = signature.inputs.iter_mut().filter_map(|input| match input {
            FnArg::Receiver(_) => None,
            FnArg::Typed(parameter) => Some(parameter),
        });
        for (PatType { attrs, pat, .. }, name) in parameters.zip(names) {
            let name = Ident::new(name, span);
            let attrs = mem::take(attrs);
            let pat = mem::replace(pat, parse_quote!(#name));
            bindings.push(quote_spanned!(span=> #(#attrs)* let #pat = #name;));
        }

        let body = &block.stmts;
        let run = quote_spanned! {span=>
            let result: #output = async move {
                #(#bindings)*
                #(#body)*
            }
            .await;
        };
        let woven = match self {
            Self::BeforeSave => quote_spanned! {span=>
                #run
                let model = result?;
                ::dumper::hooks::before_save::<Self::Entity, _>(&model, db, insert).await?;
                ::core::result::Result::Ok(model)
            },
            Self::AfterSave => quote_spanned! {span=>
                let written = ::core::clone::Clone::clone(&model);
                #run
                ::dumper::hooks::after_save::<Self::Entity, _>(&written, db, insert).await?;
                result
            },
            Self::BeforeDelete => quote_spanned! {span=>
                #run
                let model = result?;
                ::dumper::hooks::before_delete::<Self::Entity, _>(&model, db).await?;
                ::core::result::Result::Ok(model)
            },
            Self::AfterDelete => quote_spanned! {span=>
                let deleted = ::core::clone::Clone::clone(&#receiver);
                #run
                ::dumper::hooks::after_delete::<Self::Entity, _>(&deleted, db).await?;
                result
            },
        };
        quote! {
            #(#attrs)*
            #vis #defaultness #signature {
                #woven
            }
        }
    }
}

//! Writes the implementations of a model.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{DeriveInput, Error, spanned::Spanned};

use crate::{
    fallback,
    hooks::Hook,
    model::{Invalid, Model},
};

/// Expands `#[derive(Dumped)]`.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    // `#[sea_orm::model]` copies every derive of `Model` to its `ModelEx`.
    if input.ident == "ModelEx" {
        return TokenStream::new();
    }
    match Model::parse(input) {
        Ok(model) => implementations(&model),
        Err(Invalid::NoModel(error)) => error.to_compile_error(),
        Err(Invalid::Model(by_hand, errors)) => {
            let errors = errors.iter().map(Error::to_compile_error);
            let fallback = fallback::implementations(by_hand);
            quote! {
                #(#errors)*
                #fallback
            }
        }
    }
}

fn implementations(model: &Model<'_>) -> TokenStream {
    let dumped = dumped(model);
    let paths = paths(model);
    let dependent_paths = (!model.by_hand.dependent_paths).then(|| dependent_paths(model));
    let behavior = (!model.by_hand.behavior).then(behavior);
    quote! {
        #dumped
        #paths
        #dependent_paths
        #behavior
    }
}

fn dumped(model: &Model<'_>) -> TokenStream {
    let Model {
        paths,
        within,
        related,
        by_hand,
        ..
    } = model;
    let custom = by_hand.dependent_paths;
    let related = related.iter().rfold(
        quote!(()),
        |rest, entity| quote_spanned!(entity.span()=> (#entity, #rest)),
    );
    let holes = holes(model);
    quote! {
        #[automatically_derived]
        impl ::dumper::Dumped for Entity {
            const PATHS: &'static [&'static str] = &[#(#paths),*];
            const WITHIN: &'static [&'static str] = &[#(#within),*];
            const CUSTOM: bool = #custom;

            type Related = #related;

            #holes
        }
    }
}

/// The two functions that fill holes.
fn holes(model: &Model<'_>) -> TokenStream {
    if model.holes.is_empty() {
        return no_holes();
    }
    let texts = model.holes.iter().map(|(name, field)| {
        let ident = &field.ident;
        let span = Span::call_site().located_at(field.ty.span());
        quote_spanned! {span=>
            #name => ::dumper::__private::Hole(&model.#ident).text(),
        }
    });
    let values = model.holes.iter().map(|(name, field)| {
        let ident = &field.ident;
        let span = Span::call_site().located_at(field.ty.span());
        quote_spanned! {span=>
            #name => match &model.#ident {
                ActiveValue::Set(value) => {
                    ActiveValue::Set(::dumper::__private::Hole(value).text())
                }
                ActiveValue::Unchanged(value) => {
                    ActiveValue::Unchanged(::dumper::__private::Hole(value).text())
                }
                ActiveValue::NotSet => ActiveValue::NotSet,
            },
        }
    });
    quote! {
        fn hole(
            model: &Model,
            field: &str,
        ) -> ::core::option::Option<::std::string::String> {
            use ::dumper::__private::Text as _;

            match field {
                #(#texts)*
                _ => ::core::option::Option::None,
            }
        }

        fn active_hole(
            model: &ActiveModel,
            field: &str,
        ) -> ::dumper::__private::sea_orm::ActiveValue<
            ::core::option::Option<::std::string::String>,
        > {
            use ::dumper::__private::{Text as _, sea_orm::ActiveValue};

            match field {
                #(#values)*
                _ => ActiveValue::NotSet,
            }
        }
    }
}

/// The same for templates without holes, and for a model with a mistake.
pub(crate) fn no_holes() -> TokenStream {
    quote! {
        fn hole(
            _model: &Model,
            _field: &str,
        ) -> ::core::option::Option<::std::string::String> {
            ::core::option::Option::None
        }

        fn active_hole(
            _model: &ActiveModel,
            _field: &str,
        ) -> ::dumper::__private::sea_orm::ActiveValue<
            ::core::option::Option<::std::string::String>,
        > {
            ::dumper::__private::sea_orm::ActiveValue::NotSet
        }
    }
}

fn paths(model: &Model<'_>) -> TokenStream {
    let vis = model.vis;
    quote! {
        #[automatically_derived]
        impl Model {
            /// Returns the paths of this row, by the templates that its
            /// `#[dumper(paths = …)]` declares.
            #[must_use]
            #vis fn paths(&self) -> ::std::vec::Vec<::std::string::String> {
                ::dumper::__private::declared_paths::<Entity>(self)
            }
        }
    }
}

fn dependent_paths(model: &Model<'_>) -> TokenStream {
    let body = if model.related.is_empty() {
        quote! {
            let _ = db;
            ::core::result::Result::Ok(self.paths())
        }
    } else {
        quote! {
            let mut paths = self.paths();
            paths.extend(::dumper::__private::related_paths::<Entity, C>(self, db).await?);
            ::core::result::Result::Ok(paths)
        }
    };
    quote! {
        #[automatically_derived]
        impl ::dumper::DependentPaths for Model {
            async fn dependent_paths<C: ::dumper::__private::sea_orm::ConnectionTrait>(
                &self,
                db: &C,
            ) -> ::core::result::Result<
                ::std::vec::Vec<::std::string::String>,
                ::dumper::__private::sea_orm::DbErr,
            > {
                #body
            }
        }
    }
}

fn behavior() -> TokenStream {
    let hooks = Hook::ALL.map(Hook::plain);
    quote! {
        #[automatically_derived]
        #[::dumper::__private::async_trait]
        impl ::dumper::__private::sea_orm::ActiveModelBehavior for ActiveModel {
            #(#hooks)*
        }
    }
}

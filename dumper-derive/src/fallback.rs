//! What stands in for a model with mistakes, so that one mistake is one error.

use proc_macro2::TokenStream;
use quote::quote;

use crate::{expand::no_holes, model::ByHand};

pub(crate) fn implementations(by_hand: ByHand) -> TokenStream {
    let no_holes = no_holes();
    let dependent_paths = (!by_hand.dependent_paths).then(|| {
        quote! {
            #[automatically_derived]
            impl ::dumper::DependentPaths for Model {
                async fn dependent_paths<C: ::dumper::__private::sea_orm::ConnectionTrait>(
                    &self,
                    _db: &C,
                ) -> ::core::result::Result<
                    ::std::vec::Vec<::std::string::String>,
                    ::dumper::__private::sea_orm::DbErr,
                > {
                    ::core::unreachable!()
                }
            }
        }
    });
    let behavior = (!by_hand.behavior).then(|| {
        quote! {
            #[automatically_derived]
            impl ::dumper::__private::sea_orm::ActiveModelBehavior for ActiveModel {}
        }
    });
    quote! {
        #[automatically_derived]
        impl ::dumper::Dumped for Entity {
            const PATHS: &'static [&'static str] = &[];
            const WITHIN: &'static [&'static str] = &[];
            const CUSTOM: bool = false;

            type Related = ();

            #no_holes
        }

        #[automatically_derived]
        impl Model {
            pub fn paths(&self) -> ::std::vec::Vec<::std::string::String> {
                ::core::unreachable!()
            }
        }

        #dependent_paths
        #behavior
    }
}

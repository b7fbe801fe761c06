//! Two visitors, in every order of the middlewares and without configuration.

use actix_session::config::CookieContentSecurity;
use dumper::Cache;
use dumper_actix::Dumper;
use dumper_tests::alone::alone;

use super::shop::{Order, open};
use super::visitor::Visitor;

#[test]
fn two_visitors_see_their_own_pages_in_every_order() {
    alone(async || {
        for order in Order::ALL {
            for security in [
                CookieContentSecurity::Signed,
                CookieContentSecurity::Private,
            ] {
                let dumper = Dumper::new(Cache::builder().build());
                let addr = open(order, dumper, security);
                two_visitors(&mut Visitor::of(addr), &mut Visitor::of(addr), order).await;
            }
        }
    });
}

async fn two_visitors(ann: &mut Visitor, bob: &mut Visitor, order: Order) {
    let shows = async |visitor: &mut Visitor, path: &str, name: &str| {
        let text = visitor.get(path).await.text();
        assert!(
            text.ends_with(&format!(" name={name}")),
            "{order:?}: {text}"
        );
    };
    assert!(ann.get("/public/").await.is_stored(), "{order:?}");
    shows(ann, "/account/", "nobody").await;
    assert_eq!(ann.get("/members/").await.status, 401, "{order:?}");
    shows(ann, "/login/ann/", "ann").await;
    shows(ann, "/account/", "ann").await;
    shows(ann, "/members/", "ann").await;
    assert_eq!(bob.get("/members/").await.status, 401, "{order:?}");
    shows(bob, "/account/", "nobody").await;
    shows(bob, "/login/bob/", "bob").await;
    shows(bob, "/account/", "bob").await;
    shows(ann, "/account/", "ann").await;
    for (visitor, name) in [(&mut *ann, "ann"), (&mut *bob, "bob")] {
        shows(visitor, "/cart/", "nobody").await;
        shows(visitor, &format!("/cart/add/{name}/"), name).await;
    }
    for (visitor, name) in [(&mut *ann, "ann"), (&mut *bob, "bob")] {
        shows(visitor, "/cart/", name).await;
        shows(visitor, "/notice/", name).await;
        shows(visitor, "/notice/", "nobody").await;
        let answer = visitor.get("/account/").await;
        let expected = "fwd=bypass; detail=cookie";
        assert_eq!(answer.cache(), expected, "{order:?}");
    }
    ann.get("/logout/").await;
    shows(ann, "/account/", "nobody").await;
    shows(bob, "/account/", "bob").await;
    bob.get("/leave/").await;
    shows(bob, "/account/", "nobody").await;
    ann.get("/public/").await;
    assert!(ann.get("/public/").await.is_hit(), "{order:?}");
}

#[test]
fn a_form_for_a_new_session_is_made_for_each_visitor() {
    alone(async || {
        for order in Order::ALL {
            let dumper = Dumper::new(Cache::builder().build());
            let addr = open(order, dumper, CookieContentSecurity::Private);
            let (mut ann, mut bob) = (Visitor::of(addr), Visitor::of(addr));
            let first = ann.get("/form/").await;
            assert!(first.header("set-cookie").is_some(), "{order:?}");
            let reason = match order {
                Order::Inside | Order::IdentityOutside => "set-cookie",
                Order::SessionOutside | Order::Outside => "session",
            };
            let expected = format!("fwd=miss; detail={reason}");
            assert_eq!(first.cache(), expected, "{order:?}");
            let token = |text: String| text.split_once("token=").unwrap().1.to_owned();
            let first = token(first.text());
            assert_ne!(first, token(bob.get("/form/").await.text()), "{order:?}");
            assert_eq!(first, token(ann.get("/form/").await.text()), "{order:?}");
        }
    });
}

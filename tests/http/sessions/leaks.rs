//! Settings that are wrong about the cookie of the session.

use actix_session::Session;
use actix_session::config::CookieContentSecurity;
use actix_web::dev::ServiceRequest;
use actix_web::middleware::{Next, from_fn};
use actix_web::{App, Error, HttpResponse, web};
use bytes::Bytes;
use dumper::Cache;
use dumper_actix::Dumper;
use dumper_tests::alone::alone;

use super::shop::{Order, open, pages, sessions};
use super::visitor::Visitor;
use crate::site::serve;

/// Settings by which the cookie of the session is that of nobody.
fn settings() -> [(&'static str, Dumper); 3] {
    let dumper = || Dumper::new(Cache::builder().build());
    [
        ("declared harmless", dumper().ignore_cookies(["id"])),
        ("forgotten", dumper().session_cookies(["sid"])),
        ("no cookie at all", dumper().session_cookies([""; 0])),
    ]
}

#[test]
fn a_session_is_seen_wherever_it_is_and_whatever_its_cookie_is_said_to_be() {
    const STEPS: [&str; 8] = [
        "/login/ann/",
        "/account/",
        "/cart/add/ann/",
        "/cart/",
        "/notice/",
        "/notice/",
        "/form/",
        "/leave/",
    ];
    alone(async || {
        for order in Order::ALL {
            for (setting, dumper) in settings() {
                let addr = open(order, dumper, CookieContentSecurity::Signed);
                let mut ann = Visitor::of(addr);
                for path in STEPS {
                    let case = format!("{order:?}, {setting}: {path}");
                    let answer = ann.get(path).await;
                    assert!(!answer.is_hit() && !answer.is_stored(), "{case}");
                    let mut bob = Visitor::of(addr);
                    let text = bob.get(path).await.text();
                    let is_anns = text.ends_with("name=ann") && !path.contains("ann");
                    assert!(!is_anns, "{case}: {text}");
                }
                assert!(
                    ann.get("/public/").await.is_stored(),
                    "{order:?}, {setting}"
                );
            }
        }
    });
}

#[test]
fn a_session_outside_that_holds_something_bypasses() {
    alone(async || {
        for order in [Order::SessionOutside, Order::Outside] {
            for (setting, dumper) in settings() {
                let addr = open(order, dumper, CookieContentSecurity::Signed);
                let (mut ann, mut bob) = (Visitor::of(addr), Visitor::of(addr));
                assert!(bob.get("/account/").await.is_stored());
                assert!(bob.get("/account/").await.is_hit());
                let login = ann.request("POST", "/login/ann/").await;
                assert!(login.text().ends_with("name=ann"));
                let answer = ann.get("/account/").await;
                assert!(answer.text().ends_with("name=ann"), "{setting}");
                assert_eq!(answer.cache(), "fwd=bypass; detail=session", "{setting}");
                assert!(bob.get("/account/").await.is_hit(), "{setting}");
            }
        }
    });
}

#[test]
fn a_session_inside_that_was_only_read_is_not_stored() {
    alone(async || {
        for order in [Order::Inside, Order::IdentityOutside] {
            for (setting, dumper) in settings() {
                let addr = open(order, dumper, CookieContentSecurity::Signed);
                let mut ann = Visitor::of(addr);
                ann.request("POST", "/login/ann/").await;
                for path in ["/account/", "/cart/", "/public/"] {
                    let answer = ann.get(path).await;
                    let case = format!("{setting}: {path}");
                    assert_eq!(answer.cache(), "fwd=miss; detail=session", "{case}");
                    assert!(Visitor::of(addr).get(path).await.is_stored(), "{case}");
                }
            }
        }
    });
}

/// The look at the session is taken when the body of the request is dropped.
#[test]
fn a_page_that_reads_the_body_of_the_request_is_stored_unless_it_keeps_it() {
    async fn read(session: Session, body: Bytes) -> Result<String, Error> {
        let name = session.get::<String>("cart")?.unwrap_or_default();
        Ok(format!("{} bytes for {name}", body.len()))
    }
    async fn keep(body: web::Payload) -> HttpResponse {
        HttpResponse::Ok().streaming(body)
    }
    alone(async || {
        for (setting, dumper) in settings() {
            let addr = serve(move || {
                let app = App::new().configure(pages);
                app.route("/read/", web::get().to(read))
                    .route("/keep/", web::get().to(keep))
                    .wrap(sessions(CookieContentSecurity::Signed))
                    .wrap(dumper.clone())
            });
            let (mut ann, mut bob) = (Visitor::of(addr), Visitor::of(addr));
            ann.request("POST", "/cart/add/ann/").await;
            let answer = ann.get("/read/").await;
            assert_eq!(answer.text(), "0 bytes for ann", "{setting}");
            assert_eq!(answer.cache(), "fwd=miss; detail=session", "{setting}");
            assert!(bob.get("/read/").await.is_stored(), "{setting}");
            assert_eq!(bob.get("/read/").await.text(), "0 bytes for ", "{setting}");
            let answer = bob.get("/keep/").await;
            assert_eq!(answer.cache(), "fwd=miss; detail=request-body", "{setting}");
        }
    });
}

#[test]
fn a_session_that_a_middleware_answers_from_is_seen() {
    alone(async || {
        for (setting, dumper) in settings() {
            let addr = serve(move || {
                let greet = from_fn(
                    async |session: Session, req: ServiceRequest, next: Next<_>| match session
                        .get::<String>("cart")
                    {
                        Ok(Some(name)) if req.path() == "/public/" => {
                            let res = HttpResponse::Ok().body(format!("name={name}"));
                            Ok(req.into_response(res))
                        }
                        _ => next.call(req).await,
                    },
                );
                let app = App::new().configure(pages).wrap(greet);
                app.wrap(sessions(CookieContentSecurity::Signed))
                    .wrap(dumper.clone())
            });
            let mut ann = Visitor::of(addr);
            ann.request("POST", "/cart/add/ann/").await;
            let answer = ann.get("/public/").await;
            assert_eq!(answer.text(), "name=ann", "{setting}");
            assert_eq!(answer.cache(), "fwd=miss; detail=session", "{setting}");
            let answer = Visitor::of(addr).get("/public/").await;
            assert!(answer.is_stored(), "{setting}");
        }
    });
}

#[test]
fn a_session_between_two_caches_is_seen_by_both() {
    alone(async || {
        for (setting, inner) in settings() {
            let outer = Dumper::new(Cache::builder().build()).session_cookies([""; 0]);
            let [led, left] = [outer.clone(), outer.ignore("").unwrap()].map(|outer| {
                let inner = inner.clone();
                serve(move || {
                    let app = App::new().configure(pages).wrap(inner.clone());
                    app.wrap(sessions(CookieContentSecurity::Signed))
                        .wrap(outer.clone())
                })
            });
            let cases = [
                (led, "dumper; fwd=miss; detail=session"),
                (
                    left,
                    "dumper; fwd=bypass; detail=session, dumper; fwd=bypass; detail=ignored",
                ),
            ];
            for (addr, expected) in cases {
                let mut ann = Visitor::of(addr);
                ann.request("POST", "/cart/add/ann/").await;
                let answer = ann.get("/cart/").await;
                assert!(answer.text().ends_with("name=ann"), "{setting}");
                let told = answer.header("cache-status");
                assert_eq!(told.as_deref(), Some(expected), "{setting}");
                let text = Visitor::of(addr).get("/cart/").await.text();
                assert!(text.ends_with("name=nobody"), "{setting}: {text}");
            }
        }
    });
}

#[test]
fn looking_at_a_session_neither_makes_nor_changes_one() {
    alone(async || {
        for order in Order::ALL {
            for (setting, dumper) in settings() {
                let addr = open(order, dumper, CookieContentSecurity::Signed);
                let mut ann = Visitor::of(addr);
                ann.request("POST", "/cart/add/ann/").await;
                let mut bob = Visitor::of(addr);
                for path in ["/public/", "/account/", "/cart/"] {
                    for visitor in [&mut ann, &mut bob, &mut Visitor::of(addr)] {
                        let answer = visitor.get(path).await;
                        let case = format!("{order:?}, {setting}: {path}");
                        assert_eq!(answer.header("set-cookie"), None, "{case}");
                    }
                }
            }
        }
    });
}

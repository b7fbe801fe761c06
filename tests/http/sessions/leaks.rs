//! Settings that are wrong about the cookie of the session.

use actix_session::Session;
use actix_session::config::CookieContentSecurity;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
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
fn a_page_whose_request_body_was_kept_or_read_is_not_stored() {
    alone(async || {
        for (setting, dumper) in settings() {
            let addr = serve(move || {
                let echo =
                    web::get().to(async |body: web::Payload| HttpResponse::Ok().streaming(body));
                let app = App::new().configure(pages).route("/echo/", echo);
                app.wrap(sessions(CookieContentSecurity::Signed))
                    .wrap(from_fn(read_body))
                    .wrap(dumper.clone())
            });
            let mut ann = Visitor::of(addr);
            ann.request("POST", "/cart/add/ann/").await;
            for path in ["/cart/", "/echo/"] {
                for visitor in [&mut ann, &mut Visitor::of(addr)] {
                    let answer = visitor.get(path).await;
                    let expected = "fwd=miss; detail=request-body";
                    assert_eq!(answer.cache(), expected, "{setting}: {path}");
                }
            }
        }
    });
}

/// Reads the body of a request for the cart before anybody knows whose it is.
async fn read_body(
    mut req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if req.path() == "/cart/" {
        let body = req.extract::<Bytes>().await?;
        req.set_payload(body.into());
    }
    next.call(req).await
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

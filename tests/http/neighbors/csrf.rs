//! Tokens against forged requests, in a cookie and in a form.

use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::body::MessageBody;
use actix_web::cookie::Cookie;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::{Next, from_fn};
use actix_web::{App, Error, HttpMessage, HttpRequest, HttpResponse, web};
use dumper_tests::alone::alone;

use super::site;
use crate::sessions::visitor::Visitor;
use crate::site::Site;

static TOKENS: AtomicUsize = AtomicUsize::new(0);

#[derive(Clone)]
struct Token(String);

/// Double submit: the token is in a cookie, and in each form.
async fn csrf(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let known = req.cookie("csrf").map(|cookie| cookie.value().to_owned());
    let is_new = known.is_none();
    let token = known.unwrap_or_else(|| TOKENS.fetch_add(1, Ordering::SeqCst).to_string());
    req.extensions_mut().insert(Token(token.clone()));
    let mut res = next.call(req).await?;
    if is_new {
        let cookie = Cookie::new("csrf", token).to_string();
        let cookie = HeaderValue::from_str(&cookie)?;
        res.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(res)
}

fn token(req: &HttpRequest) -> String {
    let token = req.extensions().get::<Token>().cloned();
    token.map_or_else(|| "none".to_owned(), |token| token.0)
}

async fn form(req: HttpRequest) -> String {
    token(&req)
}

async fn private_form(req: HttpRequest) -> HttpResponse {
    let mut res = HttpResponse::Ok();
    res.insert_header(("Cache-Control", "private"));
    res.body(token(&req))
}

fn inside() -> Site {
    site(|dumper| {
        let app = App::new()
            .route("/form/", web::get().to(form))
            .route("/private/", web::get().to(private_form));
        app.wrap(from_fn(csrf)).wrap(dumper)
    })
}

fn outside() -> Site {
    site(|dumper| {
        let app = App::new()
            .route("/form/", web::get().to(form))
            .route("/private/", web::get().to(private_form));
        app.wrap(dumper).wrap(from_fn(csrf))
    })
}

/// The tokens that two visitors see in a form, each of them twice.
async fn tokens(site: &Site, path: &str) -> [[String; 2]; 2] {
    let (mut ann, mut bob) = (Visitor::of(site.addr), Visitor::of(site.addr));
    let first = [ann.get(path).await.text(), bob.get(path).await.text()];
    let second = [ann.get(path).await.text(), bob.get(path).await.text()];
    let [ann, bob] = first;
    let [ann_again, bob_again] = second;
    [[ann, ann_again], [bob, bob_again]]
}

#[test]
fn inside_a_token_is_its_visitors_own() {
    alone(async || {
        let site = inside();
        for path in ["/form/", "/private/"] {
            let [[ann, ann_again], [bob, bob_again]] = tokens(&site, path).await;
            assert_ne!(ann, bob, "{path}");
            assert_eq!([ann, bob], [ann_again, bob_again], "{path}");
        }
        let answer = site.get("/form/").await;
        assert_eq!(answer.cache(), "fwd=miss; detail=set-cookie");
    });
}

#[test]
fn outside_a_token_is_its_visitors_own_on_a_page_that_says_private() {
    alone(async || {
        let [[ann, ann_again], [bob, bob_again]] = tokens(&outside(), "/private/").await;
        assert_ne!(ann, bob);
        assert_eq!([ann, bob], [ann_again, bob_again]);
    });
}

/// Nothing of the response tells of it, which is why the README forbids it.
#[test]
fn outside_a_token_is_given_to_all_by_a_page_that_says_nothing() {
    alone(async || {
        let [[ann, _], [bob, bob_again]] = tokens(&outside(), "/form/").await;
        assert_eq!(ann, bob);
        assert_ne!(bob, bob_again);
    });
}

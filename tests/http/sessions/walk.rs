//! Many visitors at once who do whatever comes to their minds.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use actix_identity::IdentityMiddleware;
use actix_session::config::CookieContentSecurity;
use actix_web::body::{MessageBody, to_bytes};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::{App, Error, HttpResponse};
use bytes::Bytes;
use dumper::Cache;
use dumper_actix::Dumper;
use dumper_tests::alone::alone;
use futures::future::join_all;

use super::shop::{Order, open, pages, sessions};
use super::visitor::Visitor;
use crate::site::serve;

const VISITORS: usize = 8;
const STEPS: usize = 60;

/// What a walk has come to.
#[derive(Debug, Default)]
struct Walk {
    hits: usize,
    /// Answers that had another visitor's name, or a token that another one had.
    leaks: Vec<String>,
    tokens: HashMap<String, usize>,
}

impl Walk {
    /// Looks for what is another visitor's in what one was shown.
    fn check(&mut self, visitor: usize, path: &str, text: &str) {
        let mut check = |fine: bool| {
            if !fine {
                let leak = format!("visitor {visitor} at {path} saw {text:?}");
                self.leaks.push(leak);
            }
        };
        if let Some((_, name)) = text.split_once("name=") {
            check(name == "nobody" || name == format!("visitor{visitor}"));
        }
        if let Some((_, token)) = text.split_once("token=") {
            let owner = *self.tokens.entry(token.to_owned()).or_insert(visitor);
            check(owner == visitor);
        }
    }
}

async fn walk(addr: SocketAddr, seed: u64) -> Walk {
    let walk = Mutex::new(Walk::default());
    let visits = (0..VISITORS).map(async |number| {
        let mut rng = fastrand::Rng::with_seed(seed + number as u64);
        let mut visitor = Visitor::of(addr);
        for _ in 0..STEPS {
            let paths = [
                "/public/".to_owned(),
                "/account/".to_owned(),
                "/cart/".to_owned(),
                "/members/".to_owned(),
                "/notice/".to_owned(),
                "/form/".to_owned(),
                format!("/login/visitor{number}/"),
                format!("/cart/add/visitor{number}/"),
                "/logout/".to_owned(),
                "/leave/".to_owned(),
            ];
            let path = rng.choice(&paths).unwrap();
            let method = rng.choice(["GET", "GET", "GET", "POST"]).unwrap();
            let answer = visitor.request(method, path).await;
            let mut walk = walk.lock().unwrap();
            walk.hits += usize::from(answer.is_hit());
            walk.check(number, path, &answer.text());
        }
    });
    join_all(visits).await;
    walk.into_inner().unwrap()
}

#[test]
fn no_visitor_ever_sees_anothers_page() {
    alone(async || {
        for order in Order::ALL {
            let dumper = || Dumper::new(Cache::builder().build());
            let settings = [
                ("default", dumper()),
                ("cookie declared harmless", dumper().ignore_cookies(["id"])),
                ("cookie forgotten", dumper().session_cookies(["sid"])),
                ("no cookie at all", dumper().session_cookies([""; 0])),
            ];
            for (setting, dumper) in settings {
                let seed = fastrand::u64(..1 << 32);
                let addr = open(order, dumper, CookieContentSecurity::Signed);
                let walk = walk(addr, seed).await;
                let case = format!("{order:?}, {setting}, seed {seed}");
                assert!(walk.leaks.is_empty(), "{case}: {:#?}", walk.leaks);
                assert!(walk.hits > 0, "{case}: the walk has shown nothing");
            }
        }
    });
}

#[test]
fn a_walk_finds_the_leaks_of_a_naive_cache() {
    alone(async || {
        let stored: Arc<Mutex<HashMap<String, Bytes>>> = Arc::default();
        let addr = serve(move || {
            let stored = Arc::clone(&stored);
            let naive = from_fn(move |req, next| naive(Arc::clone(&stored), req, next));
            let app = App::new()
                .configure(pages)
                .wrap(IdentityMiddleware::default());
            app.wrap(sessions(CookieContentSecurity::Signed))
                .wrap(naive)
        });
        let mut unseen = vec!["/account/", "/members/", "/cart/", "/form/"];
        for seed in 0..50 {
            let walk = walk(addr, seed).await;
            unseen.retain(|path| walk.leaks.iter().all(|leak| !leak.contains(path)));
            if unseen.is_empty() {
                return;
            }
        }
        panic!("no leak was found at {unseen:?}");
    });
}

/// A cache that stores whatever is a success and sets no cookie, until somebody
/// posts something.
async fn naive(
    stored: Arc<Mutex<HashMap<String, Bytes>>>,
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    let path = req.path().to_owned();
    let hit = stored.lock().unwrap().get(&path).cloned();
    if let Some(page) = hit {
        return Ok(req.into_response(HttpResponse::Ok().body(page)));
    }
    let is_get = req.method() == "GET";
    let res = next.call(req).await?;
    let (req, res) = res.into_parts();
    let (res, body) = res.into_parts();
    let body = to_bytes(body).await.map_err(Into::into)?;
    if !is_get {
        stored.lock().unwrap().clear();
    } else if res.status().is_success() && !res.headers().contains_key("set-cookie") {
        stored.lock().unwrap().insert(path, body.clone());
    }
    Ok(ServiceResponse::new(
        req,
        res.set_body(body).map_into_boxed_body(),
    ))
}

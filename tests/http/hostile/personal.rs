//! Pages that are for one visitor: those of a session, forms with a token, and
//! redirects to the login.

use actix_session::Session;
use actix_session::SessionMiddleware;
use actix_session::storage::CookieSessionStore;
use actix_web::cookie::Key;
use actix_web::{App, HttpRequest, HttpResponse, web};
use dumper::Cache;
use dumper_actix::Dumper;
use dumper_tests::alone::alone;
use dumper_tests::client::{self, Answer};

use crate::site::{Site, render, serve};

fn cookie_of(answer: &Answer) -> String {
    let cookie = answer.header("set-cookie").unwrap_or_default();
    cookie.split(';').next().unwrap_or_default().to_owned()
}

#[test]
fn a_page_that_only_reads_the_session_is_for_its_visitor_alone() {
    alone(async || {
        let login = async |session: Session| session.insert("user", "ann").map(|()| "welcome");
        let hello = async |session: Session| {
            let user = session.get::<String>("user").unwrap_or_default();
            format!("hello {}", user.unwrap_or_default())
        };
        let addr = serve(move || {
            let key = Key::from(&[0; 64]);
            App::new()
                .wrap(SessionMiddleware::new(CookieSessionStore::default(), key))
                .wrap(Dumper::new(Cache::builder().build()))
                .route("/login/", web::post().to(login))
                .route("/hello/", web::get().to(hello))
        });
        let logged_in = client::request(addr, "POST", "/login/", &[], b"").await;
        let cookie = cookie_of(&logged_in);
        assert!(!cookie.is_empty());
        for _ in 0..2 {
            let own = [("Cookie", cookie.as_str())];
            let own = client::request(addr, "GET", "/hello/", &own, b"").await;
            assert_eq!(own.text(), "hello ann");
            let other = client::request(addr, "GET", "/hello/", &[], b"").await;
            assert_eq!(other.text(), "hello ");
        }
    });
}

#[test]
fn a_form_with_a_token_is_another_for_each_visitor() {
    async fn form(req: HttpRequest) -> HttpResponse {
        let known = req.cookie("csrf").map(|csrf| csrf.value().to_owned());
        let token = known.clone().unwrap_or_else(render);
        let mut res = HttpResponse::Ok();
        if known.is_none() {
            res.append_header(("Set-Cookie", format!("csrf={token}")));
        }
        res.body(token)
    }
    alone(async || {
        let site = Site::start(|routes| {
            routes.route("/form/", web::get().to(form));
        });
        let ann = site.get("/form/").await;
        let bob = site.get("/form/").await;
        assert_ne!(ann.text(), bob.text());
        // From here on the response leaves no trace of the token.
        let cookie = cookie_of(&ann);
        let again = site.request("GET", "/form/", &[("Cookie", &cookie)]).await;
        assert_eq!(again.text(), ann.text());
        let new = site.get("/form/").await;
        assert!(!new.is_hit());
        assert_ne!(new.text(), ann.text());
    });
}

#[test]
fn a_redirect_to_the_login_is_for_its_visitor_alone() {
    async fn members(req: HttpRequest) -> HttpResponse {
        match req.cookie("id") {
            Some(id) => HttpResponse::Ok().body(format!("members: {}", id.value())),
            None => HttpResponse::Found()
                .append_header(("Location", format!("/login/?next={}", req.uri())))
                .finish(),
        }
    }
    alone(async || {
        let site = Site::start(|routes| {
            routes.route("/members/", web::get().to(members));
        });
        for _ in 0..2 {
            let stranger = site.get("/members/").await;
            assert_eq!(stranger.status, 302);
            let member = site
                .request("GET", "/members/", &[("Cookie", "id=ann")])
                .await;
            assert_eq!(member.text(), "members: ann");
            let evil = site.get("/members/?evil").await;
            assert_eq!(
                evil.header("location").as_deref(),
                Some("/login/?next=/members/?evil")
            );
        }
    });
}

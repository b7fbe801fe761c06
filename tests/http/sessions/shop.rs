//! A shop whose visitors log in and fill carts.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_identity::{Identity, IdentityMiddleware};
use actix_session::config::CookieContentSecurity;
use actix_session::storage::CookieSessionStore;
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::Key;
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, Error, HttpMessage, HttpRequest};
use dumper_actix::Dumper;

use crate::site::{render, serve};

static TOKENS: AtomicUsize = AtomicUsize::new(0);

/// Where the middlewares of sessions and identities stand: inside of Dumper or
/// outside.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    /// Both inside, which is right.
    Inside,
    /// The session is inside, and the identity outside.
    IdentityOutside,
    /// The session is outside, and the identity inside.
    SessionOutside,
    /// Both outside.
    Outside,
}

impl Order {
    pub(crate) const ALL: [Self; 4] = [
        Self::Inside,
        Self::IdentityOutside,
        Self::SessionOutside,
        Self::Outside,
    ];
}

/// Opens a shop, with its middlewares in some order.
pub(crate) fn open(order: Order, dumper: Dumper, security: CookieContentSecurity) -> SocketAddr {
    let identity = IdentityMiddleware::default;
    let session = move || sessions(security);
    match order {
        Order::Inside => serve(move || {
            let app = App::new().configure(pages).wrap(identity());
            app.wrap(session()).wrap(dumper.clone())
        }),
        Order::IdentityOutside => serve(move || {
            let app = App::new().configure(pages).wrap(session());
            app.wrap(dumper.clone()).wrap(identity())
        }),
        Order::SessionOutside => serve(move || {
            let app = App::new().configure(pages).wrap(identity());
            app.wrap(dumper.clone()).wrap(session())
        }),
        Order::Outside => serve(move || {
            let app = App::new().configure(pages).wrap(dumper.clone());
            app.wrap(identity()).wrap(session())
        }),
    }
}

/// Sessions in a cookie named `id`.
pub(crate) fn sessions(security: CookieContentSecurity) -> SessionMiddleware<CookieSessionStore> {
    let builder = SessionMiddleware::builder(CookieSessionStore::default(), Key::from(&[7; 64]));
    builder
        .cookie_secure(false)
        .cookie_content_security(security)
        .build()
}

pub(crate) fn pages(routes: &mut ServiceConfig) {
    routes
        .route("/public/", web::get().to(async || render()))
        .route("/account/", web::get().to(account))
        .route("/members/", web::get().to(members))
        .route("/login/{name}/", web::route().to(login))
        .route("/logout/", web::route().to(logout))
        .route("/leave/", web::route().to(leave))
        .route("/cart/", web::get().to(cart))
        .route("/cart/add/{name}/", web::route().to(add_to_cart))
        .route("/notice/", web::get().to(notice))
        .route("/form/", web::get().to(form));
}

/// Only reads.
async fn account(identity: Option<Identity>) -> Result<String, Error> {
    let name = match identity {
        Some(identity) => identity.id()?,
        None => "nobody".to_owned(),
    };
    Ok(format!("{} name={name}", render()))
}

/// Refuses those who have not logged in.
async fn members(identity: Identity) -> Result<String, Error> {
    Ok(format!("{} name={}", render(), identity.id()?))
}

async fn login(req: HttpRequest, name: web::Path<String>) -> Result<String, Error> {
    Identity::login(&req.extensions(), name.clone())?;
    Ok(format!("{} name={name}", render()))
}

/// Purges the session.
async fn logout(identity: Option<Identity>) -> String {
    if let Some(identity) = identity {
        identity.logout();
    }
    render()
}

/// Empties the session, and renews it.
async fn leave(session: Session) -> String {
    session.clear();
    session.renew();
    render()
}

/// Only reads, and needs no identity.
async fn cart(session: Session) -> Result<String, Error> {
    let owner = session.get::<String>("cart")?;
    let owner = owner.unwrap_or_else(|| "nobody".to_owned());
    Ok(format!("{} name={owner}", render()))
}

async fn add_to_cart(session: Session, name: web::Path<String>) -> Result<String, Error> {
    session.insert("cart", name.clone())?;
    session.insert("notice", name.clone())?;
    Ok(format!("{} name={name}", render()))
}

/// Shows a message once.
async fn notice(session: Session) -> String {
    let name = session.remove_as::<String>("notice");
    let name = name.and_then(Result::ok);
    let name = name.unwrap_or_else(|| "nobody".to_owned());
    format!("{} name={name}", render())
}

/// Has a token against forged requests, made when it is first needed.
async fn form(session: Session) -> Result<String, Error> {
    let token = match session.get::<usize>("token")? {
        Some(token) => token,
        None => {
            let token = TOKENS.fetch_add(1, Ordering::SeqCst);
            session.insert("token", token)?;
            token
        }
    };
    Ok(format!("{} token={token}", render()))
}

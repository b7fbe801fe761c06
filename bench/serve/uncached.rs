//! What a site costs that has no cache.

use std::future::ready;
use std::io;

use actix_web::{App, web};

use crate::arguments::Arguments;
use crate::listen::listen;
use crate::no_op::NoOp;
use crate::site::Site;

/// The pages as they are.
pub(crate) async fn app(arguments: &Arguments) -> io::Result<()> {
    let site = Site::of_pages(arguments);
    let app = move || App::new().default_service(site.route());
    listen(app, arguments.workers).await
}

/// The pages with the headers that a hit has.
pub(crate) async fn floor(arguments: &Arguments) -> io::Result<()> {
    let site = Site::of_hits(arguments).map_err(io::Error::other)?;
    let app = move || App::new().default_service(site.route());
    listen(app, arguments.workers).await
}

/// The same through a middleware.
pub(crate) async fn no_op(arguments: &Arguments) -> io::Result<()> {
    let site = Site::of_hits(arguments).map_err(io::Error::other)?;
    let app = move || App::new().default_service(site.route()).wrap(NoOp);
    listen(app, arguments.workers).await
}

/// The same behind routes, of which that of the pages is the last.
pub(crate) async fn routes(arguments: &Arguments) -> io::Result<()> {
    let Site::One(page) = Site::of_hits(arguments).map_err(io::Error::other)? else {
        return Err(io::Error::other("there is one page behind the routes"));
    };
    let app = move || {
        let others = (1..30).map(|number| format!("/section-{number}"));
        let mut sections: Vec<String> = others.collect();
        sections.push("/pages".to_owned());
        sections.into_iter().fold(App::new(), |app, section| {
            let page = page.clone();
            let respond = move |_: web::Path<String>| ready(page.respond());
            app.route(&format!("{section}/{{page}}/"), web::get().to(respond))
        })
    };
    listen(app, arguments.workers).await
}

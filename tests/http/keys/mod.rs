//! What of a request selects a page.

mod clients;
mod headers;
mod hosts;
mod invalidated;
mod queries;

use actix_web::{HttpRequest, web};
use dumper_actix::Dumper;

use crate::site::Site;

/// A site that shows what a handler can see of the origin and the target.
fn echo(set: impl FnOnce(Dumper) -> Dumper) -> Site {
    async fn echo(req: HttpRequest) -> String {
        let connection = req.connection_info();
        let (scheme, host) = (connection.scheme(), connection.host());
        let field = req.headers().get("host");
        format!("{scheme}://{host} {} {field:?}", req.uri())
    }
    Site::with(set, |routes| {
        routes.default_service(web::route().to(echo));
    })
}

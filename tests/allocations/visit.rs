//! What is asked of a site, and how often that allocates.

use std::future::ready;

use actix_web::dev::{
    Service, ServiceFactory, ServiceRequest, ServiceResponse, Transform, fn_service,
};
use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, ETAG, HOST, HeaderName, VARY};
use actix_web::test::TestRequest;
use actix_web::{Error, HttpResponse};
use dumper_actix::Dumper;
use futures::FutureExt;

pub(crate) const ENTITY_TAG: &str = "\"vanilla\"";

const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// How often it is asked before that is counted, so that pools are filled and codings
/// made, and how often while it is.
const WARM_UP: usize = 3;
const COUNTED: usize = 16;

/// A request, and the status of what answers it.
pub(crate) struct Visit {
    pub(crate) method: Method,
    pub(crate) target: &'static str,
    pub(crate) headers: &'static [(&'static str, &'static str)],
    pub(crate) status: u16,
}

impl Visit {
    /// How often hits allocate, from the call to when their responses are dropped.
    pub(crate) async fn allocations(&self, dumper: &Dumper) -> u64 {
        let site = fn_service(|req| ready(Ok::<_, Error>(answer(req))));
        let site = site.new_service(()).await.unwrap();
        let site = dumper.new_transform(site).await.unwrap();
        for _ in 0..WARM_UP {
            let res = site.call(self.request()).await.unwrap();
            assert_eq!(res.status(), self.status);
        }
        let hits = (0..COUNTED).map(|_| {
            let request = self.request();
            let counted = allocation_counter::measure(|| {
                let res = site.call(request).now_or_never();
                let res = res.expect("it is answered at once").unwrap();
                assert_eq!(res.status(), self.status);
                let told = res.headers().get(&CACHE_STATUS).unwrap().to_str().unwrap();
                let ttl = told.strip_prefix("dumper; hit").unwrap();
                assert!(ttl.is_empty() || ttl.starts_with("; ttl="), "{told}");
            });
            counted.count_total
        });
        hits.sum()
    }

    /// How often each hit allocates, if it is the same number for all.
    pub(crate) async fn allocations_of_each(&self, dumper: &Dumper) -> u64 {
        let all = self.allocations(dumper).await;
        let each = all / COUNTED as u64;
        assert_eq!(all, each * COUNTED as u64);
        each
    }

    fn request(&self) -> ServiceRequest {
        let request = TestRequest::with_uri(self.target).method(self.method.clone());
        let request = request.insert_header((HOST, "parlour.example"));
        let headers = self.headers.iter();
        headers
            .fold(request, |request, header| request.append_header(*header))
            .to_srv_request()
    }
}

fn answer(req: ServiceRequest) -> ServiceResponse {
    let mut res = HttpResponse::Ok();
    res.content_type("text/html; charset=utf-8");
    res.insert_header((ETAG, ENTITY_TAG));
    if req.path() == "/greeting/" {
        res.insert_header((VARY, "Accept-Language"));
    }
    if req.path() == "/flavors/today/" {
        res.insert_header((CACHE_CONTROL, "max-age=600"));
    }
    if req.path() == "/policies/" {
        res.insert_header(("permissions-policy", "camera=()"));
        res.insert_header(("x-flavor", "vanilla"));
    }
    // Long enough to be sent in a coding.
    let res = res.body(include_str!("visit.rs"));
    req.into_response(res)
}

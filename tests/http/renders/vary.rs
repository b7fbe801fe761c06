//! Visitors who wait for a page that turns out to be for others.

use super::*;

/// A page for each language.
fn routes(routes: &mut ServiceConfig) {
    let page = async |req: HttpRequest| {
        let language = req.headers().get("accept-language").unwrap().clone();
        let number = render().await;
        let mut res = HttpResponse::Ok();
        res.insert_header(("Vary", "Accept-Language"));
        res.body(format!("{} {number}", language.to_str().unwrap()))
    };
    routes.route("/page/", web::get().to(page));
}

fn readers(addr: SocketAddr, language: &'static str, count: usize) -> Vec<JoinHandle<Answer>> {
    let headers = [("Accept-Language", language)];
    let reader = move || async move { request(addr, "GET", "/page/", &headers, b"").await };
    (0..count).map(|_| spawn(reader())).collect()
}

#[test]
fn each_language_is_rendered_once() {
    alone(async || {
        let addr = site(routes);
        let german = readers(addr, "de", 10);
        BEGUN.until(1).await;
        let french = readers(addr, "fr", 10);
        let english = readers(addr, "en", 10);
        STANDING.until(30).await;
        assert_eq!(BEGUN.now(), 1, "nobody knows yet that the page varies");
        END.add_permits(1);
        for answer in answers(german).await {
            assert_eq!(answer.text(), "de 1");
        }
        BEGUN.until(3).await;
        // Those who come now know it at once.
        let late = readers(addr, "fr", 10);
        STANDING.until(40).await;
        END.add_permits(2);
        let french = answers(french).await.into_iter().chain(answers(late).await);
        let mut texts: Vec<String> = french.map(|answer| answer.text()).collect();
        texts.extend(answers(english).await.iter().map(Answer::text));
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), 2, "{texts:?}");
        assert_eq!(BEGUN.now(), 3);
    });
}

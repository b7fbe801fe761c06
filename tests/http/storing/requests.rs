//! The requests whose responses are stored.

use dumper_tests::alone::alone;

use crate::site::Site;

#[test]
fn only_what_answers_a_get_is_stored() {
    alone(async || {
        let site = Site::with_page(&[("Cache-Control", "public, max-age=60")]);
        for method in [
            "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get",
        ] {
            for _ in 0..2 {
                let answer = site.request(method, "/page/", &[]).await;
                assert_eq!(
                    (answer.status, answer.cache().as_str()),
                    (200, "fwd=method")
                );
            }
        }
        assert_eq!(site.cache.stats().stored, 0);
        assert!(site.get("/page/").await.is_stored());
        let head = site.request("HEAD", "/page/", &[]).await;
        assert!(head.is_hit(), "{head:?}");
    });
}

#[test]
fn what_answers_credentials_is_neither_stored_nor_served() {
    alone(async || {
        let site = Site::with_page(&[("Cache-Control", "public, s-maxage=60, must-revalidate")]);
        let known = [("Authorization", "Basic eDp5")];
        for _ in 0..2 {
            let answer = site.request("GET", "/page/", &known).await;
            assert_eq!(answer.cache(), "fwd=bypass; detail=authorization");
        }
        assert_eq!(site.cache.stats().stored, 0);
        let anonymous = site.get("/page/").await;
        assert!(anonymous.is_stored());
        let answer = site.request("GET", "/page/", &known).await;
        assert_ne!(answer.text(), anonymous.text());
    });
}

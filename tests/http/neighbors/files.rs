//! `actix-files`.
//!
//! A file is no row: nobody tells when it changes. So one that says nothing of
//! its freshness is not stored, and one that does is stored for so long.

use std::fs;
use std::path::Path;

use actix_files::{Files, NamedFile};
use actix_web::middleware::DefaultHeaders;
use actix_web::{App, web};
use dumper_tests::alone::alone;
use tempfile::TempDir;

use super::site;
use crate::site::{Headers, Site};

/// A folder with a small file and one of 3 MiB.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("small.txt"), "0123456789").unwrap();
    fs::write(folder.path().join("large.bin"), vec![b'x'; 3 << 20]).unwrap();
    folder
}

/// A site that serves a folder at `/files/`, and a file of it at `/file/`, with
/// these headers too.
fn serving(folder: &Path, headers: Headers) -> Site {
    let folder = folder.to_owned();
    site(move |dumper| {
        let says = headers
            .iter()
            .fold(DefaultHeaders::new(), |says, header| says.add(*header));
        let small = folder.join("small.txt");
        let file = web::get().to(move || {
            let small = small.clone();
            async { NamedFile::open_async(small).await }
        });
        App::new()
            .service(Files::new("/files", &folder))
            .route("/file/", file)
            .wrap(says)
            .wrap(dumper)
    })
}

const PATHS: [&str; 2] = ["/files/small.txt", "/file/"];

#[test]
fn a_file_that_says_nothing_of_its_freshness_is_not_stored() {
    alone(async || {
        let folder = folder();
        let site = serving(folder.path(), &[]);
        for path in PATHS {
            for _ in 0..2 {
                let answer = site.get(path).await;
                assert_eq!(answer.text(), "0123456789", "{path}");
                let expected = "fwd=miss; detail=accept-ranges";
                assert_eq!(answer.cache(), expected, "{path}");
            }
        }
        fs::write(folder.path().join("small.txt"), "changed").unwrap();
        for path in PATHS {
            assert_eq!(site.get(path).await.text(), "changed", "{path}");
        }
    });
}

#[test]
fn a_file_answers_conditions_ranges_and_head_as_without_a_cache() {
    alone(async || {
        let folder = folder();
        let site = serving(folder.path(), &[]);
        for path in PATHS {
            let whole = site.get(path).await;
            let etag = whole.header("etag").unwrap();
            let modified = whole.header("last-modified").unwrap();
            for known in [("If-None-Match", etag), ("If-Modified-Since", modified)] {
                let known = [(known.0, known.1.as_str())];
                let answer = site.request("GET", path, &known).await;
                assert_eq!((answer.status, answer.body.len()), (304, 0), "{path}");
            }
            let range = [("Range", "bytes=2-4")];
            let part = site.request("GET", path, &range).await;
            assert_eq!((part.status, part.text().as_str()), (206, "234"), "{path}");
            let told = part.header("content-range");
            assert_eq!(told.as_deref(), Some("bytes 2-4/10"), "{path}");
        }
        let head = site.request("HEAD", "/files/small.txt", &[]).await;
        assert_eq!(head.header("content-length").as_deref(), Some("10"));
        assert_eq!(head.body, b"");
        assert_eq!(site.get("/files/none.txt").await.status, 404);
    });
}

#[test]
fn a_file_with_a_lifetime_is_stored_and_stays_as_it_was() {
    alone(async || {
        let folder = folder();
        let site = serving(folder.path(), &[("Cache-Control", "max-age=3600")]);
        for path in PATHS {
            assert_eq!(site.get(path).await.text(), "0123456789", "{path}");
            assert!(site.get(path).await.is_hit(), "{path}");
            let head = site.request("HEAD", path, &[]).await;
            assert!(head.is_hit() && head.body.is_empty(), "{path}");
        }
        fs::write(folder.path().join("small.txt"), "changed").unwrap();
        for path in PATHS {
            assert_eq!(site.get(path).await.text(), "0123456789", "{path}");
            site.cache.invalidate_paths([path]).await;
            assert_eq!(site.get(path).await.text(), "changed", "{path}");
        }
    });
}

#[test]
fn a_large_file_passes_by() {
    alone(async || {
        let folder = folder();
        for headers in [&[][..], &[("Cache-Control", "max-age=3600")]] {
            let site = serving(folder.path(), headers);
            for _ in 0..2 {
                let answer = site.get("/files/large.bin").await;
                assert!(answer.complete && !answer.is_hit());
                assert_eq!(answer.body.len(), 3 << 20);
            }
            let range = [("Range", "bytes=3145720-")];
            let part = site.request("GET", "/files/large.bin", &range).await;
            assert_eq!((part.status, part.body.len()), (206, 8));
            assert_eq!(site.cache.stats().stored, 0);
        }
    });
}

/// It looks like any other page, which is why the README tells to ignore folders.
#[test]
fn a_listing_is_stored_for_ever() {
    alone(async || {
        let folder = folder();
        let path = folder.path().to_owned();
        let site = site(move |dumper| {
            let files = Files::new("/files", &path).show_files_listing();
            App::new().service(files).wrap(dumper)
        });
        assert!(site.get("/files/").await.is_stored());
        fs::write(folder.path().join("new.txt"), "new").unwrap();
        let listing = site.get("/files/").await;
        assert!(listing.is_hit() && !listing.text().contains("new.txt"));
    });
}

#[test]
fn a_folder_that_is_ignored_is_not_asked_for() {
    alone(async || {
        let folder = folder();
        let path = folder.path().to_owned();
        let site = site(move |dumper| {
            let dumper = dumper.ignore("^/files/").unwrap();
            App::new().service(Files::new("/files", &path)).wrap(dumper)
        });
        let answer = site.get("/files/small.txt").await;
        assert_eq!(answer.cache(), "fwd=bypass; detail=ignored");
        fs::write(folder.path().join("small.txt"), "changed").unwrap();
        assert_eq!(site.get("/files/small.txt").await.text(), "changed");
    });
}

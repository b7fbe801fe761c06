//! The ice-cream parlour, as its visitors find it.

use std::env;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use crate::alone::{database_url, on_each_database};
use crate::http::{self, Answer};

/// The example in a process of its own, on a free port and the database of the
/// test; in memory rather than in a file, as it is if nobody says otherwise.
struct Parlour {
    process: Child,
    addr: SocketAddr,
}

impl Parlour {
    fn open() -> Self {
        let executable = env::current_exe().unwrap();
        let target = executable.ancestors().nth(2).unwrap();
        let parlour = target.join("examples/ice-cream");
        let url = Some(database_url()).filter(|url| !url.starts_with("sqlite:"));
        let process = Command::new(&parlour)
            .env("PORT", "0")
            .env_remove("DATABASE_URL")
            .envs(url.map(|url| ("DATABASE_URL", url)))
            .env("RUST_LOG", "info,dumper=debug")
            .stderr(Stdio::piped())
            .spawn();
        let mut process = process.unwrap_or_else(|err| {
            panic!(
                "{err}: `cargo build --example ice-cream` makes {}",
                parlour.display()
            )
        });
        let mut log = BufReader::new(process.stderr.take().unwrap());
        let mut line = String::new();
        let addr = loop {
            line.clear();
            assert_ne!(log.read_line(&mut line).unwrap(), 0, "it ended at once");
            if let Some((_, url)) = line.split_once("open at http://") {
                break url.trim().trim_end_matches('/').parse().unwrap();
            }
        };
        // What it logs from now on is read, so that it is never held up.
        std::thread::spawn(move || log.lines().map_while(Result::ok).for_each(drop));
        Self { process, addr }
    }

    async fn get(&self, path: &str) -> Answer {
        http::request(self.addr, "GET", path, &[], b"").await
    }

    /// Sends a form and returns where it leads.
    async fn post(&self, path: &str, form: &str) -> Answer {
        let form_type = ("Content-Type", "application/x-www-form-urlencoded");
        http::request(self.addr, "POST", path, &[form_type], form.as_bytes()).await
    }

    /// Sends a form that is accepted.
    async fn change(&self, path: &str, form: &str, location: &str) {
        let answer = self.post(path, form).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        assert_eq!(answer.header("location").as_deref(), Some(location));
    }

    async fn visit(&self, paths: &[&str]) {
        for path in paths {
            self.get(path).await;
            assert!(self.get(path).await.is_hit(), "{path}");
        }
    }

    /// Asserts that each page is as an uncached render has it.
    async fn assert_true(&self, paths: &[&str]) {
        for path in paths {
            let page = self.get(path).await;
            let bypass = [("Authorization", "Bearer truth")];
            let truth = http::request(self.addr, "GET", path, &bypass, b"").await;
            assert_eq!(
                (page.status, page.text()),
                (truth.status, truth.text()),
                "{path}"
            );
        }
    }
}

impl Drop for Parlour {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const PAGES: [&str; 5] = [
    "/",
    "/flavors/",
    "/flavors/vanilla/",
    "/pictures/vanilla.svg",
    "/sizes/small/",
];

#[test]
fn every_form_is_followed_by_true_pages() {
    on_each_database(async || {
        let parlour = Parlour::open();
        parlour.visit(&PAGES).await;
        let new = "name=Mango&slug=mango+%26+more&description=Ripe.";
        parlour
            .change("/flavors/", new, "/flavors/mango%20%26%20more/")
            .await;
        parlour.assert_true(&PAGES).await;
        parlour.visit(&PAGES).await;
        let renamed = "name=Vanille&slug=vanille&description=Bourbon.";
        parlour
            .change("/flavors/vanilla/", renamed, "/flavors/vanille/")
            .await;
        assert_eq!(parlour.get("/flavors/vanilla/").await.status, 404);
        assert_eq!(parlour.get("/pictures/vanilla.svg").await.status, 404);
        parlour.assert_true(&PAGES).await;
        parlour.visit(&["/flavors/vanille/", "/sizes/small/"]).await;
        let sizes = "/flavors/vanille/sizes";
        parlour
            .change(sizes, "size=small&action=remove", "/flavors/vanille/")
            .await;
        assert!(
            !parlour
                .get("/sizes/small/")
                .await
                .text()
                .contains("Vanille")
        );
        parlour.visit(&["/flavors/vanille/", "/sizes/small/"]).await;
        parlour
            .change(sizes, "size=small&action=add", "/flavors/vanille/")
            .await;
        assert!(
            parlour
                .get("/sizes/small/")
                .await
                .text()
                .contains("Vanille")
        );
        parlour
            .visit(&["/", "/flavors/vanille/", "/sizes/small/"])
            .await;
        parlour
            .change("/sizes/small/", "name=Tiny&slug=tiny", "/sizes/tiny/")
            .await;
        assert!(
            parlour
                .get("/flavors/vanille/")
                .await
                .text()
                .contains("Tiny")
        );
        parlour
            .assert_true(&["/", "/sizes/small/", "/sizes/tiny/"])
            .await;
        parlour.visit(&["/", "/flavors/", "/sizes/tiny/"]).await;
        parlour
            .change("/flavors/vanille/delete", "", "/flavors/")
            .await;
        assert_eq!(parlour.get("/flavors/vanille/").await.status, 404);
        parlour
            .assert_true(&["/", "/flavors/", "/sizes/tiny/"])
            .await;
    });
}

#[test]
fn bad_forms_are_told_why_and_unknown_slugs_are_not_found() {
    on_each_database(async || {
        let parlour = Parlour::open();
        for (path, form, reason) in [
            ("/flavors/", "name=&slug=x&description=", "name"),
            ("/flavors/", "name=X&slug=&description=", "slug"),
            ("/flavors/", "name=X&slug=vanilla&description=x", "taken"),
            ("/flavors/", "name=X", "slug"),
            ("/flavors/vanilla/sizes", "size=none&action=add", "none"),
            ("/flavors/vanilla/sizes", "size=small&action=melt", "melt"),
            ("/sizes/small/", "name=Large&slug=large", "taken"),
        ] {
            let answer = parlour.post(path, form).await;
            assert_eq!(answer.status, 422, "{path} {form}");
            assert!(answer.text().contains(reason), "{form}: {}", answer.text());
        }
        for path in ["/flavors/none/", "/sizes/none/", "/none"] {
            assert_eq!(parlour.get(path).await.status, 404, "{path}");
        }
        let none = "name=X&slug=x&description=x";
        assert_eq!(parlour.post("/flavors/none/", none).await.status, 404);
    });
}

#[test]
fn the_kitchen_is_not_cached() {
    on_each_database(async || {
        let parlour = Parlour::open();
        for _ in 0..2 {
            let admin = parlour.get("/admin/").await;
            assert_eq!((admin.status, admin.is_hit()), (200, false));
            assert_eq!(admin.cache(), "fwd=bypass; detail=ignored");
        }
    });
}

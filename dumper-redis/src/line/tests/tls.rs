//! The line by TLS.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use log::Level;

use super::log::{listen, told};
use super::server::{Server, free_port};
use crate::line::{Line, Target};

const URL: &str = "DUMPER_TEST_URL";

/// A server with a certificate of its own.
struct Secure {
    port: u16,
    certificate: String,
    dir: PathBuf,
    _server: Server,
}

impl Drop for Secure {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

fn server() -> Secure {
    let dir = env::temp_dir().join(format!(
        "dumper-line-tls-{}-{}",
        std::process::id(),
        free_port()
    ));
    fs::create_dir_all(&dir).unwrap();
    let [key, certificate] =
        ["key.pem", "certificate.pem"].map(|file| dir.join(file).to_str().unwrap().to_owned());
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            "/CN=127.0.0.1",
        ])
        .args(["-addext", "subjectAltName=IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", &key, "-out", &certificate])
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(made.success());
    let port = free_port();
    let tls_port = port.to_string();
    let server = Server::start(&[
        "--tls-port",
        &tls_port,
        "--tls-cert-file",
        &certificate,
        "--tls-key-file",
        &key,
        "--tls-auth-clients",
        "no",
    ]);
    Secure {
        port,
        certificate,
        dir,
        _server: server,
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_trusts_is_told() {
    listen();
    let server = server();
    let port = server.port;
    let line = Line::start(Target::server(&format!("rediss://127.0.0.1:{port}")).unwrap());
    line.first_try().await;
    assert!(line.ask(b"a", vec![redis::cmd("PING")]).await.is_err());
    let told = told(port);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, Level::Error);
    assert!(told[0].1.contains("certificate"), "{told:?}");
}

#[test]
fn a_certificate_that_the_system_trusts_is_trusted() {
    let server = server();
    // What the system trusts is read from the environment, which is the process's.
    let asked = Command::new(env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "line::tests::tls::asks_the_server_of_the_environment",
        ])
        .env("SSL_CERT_FILE", &server.certificate)
        .env(URL, format!("rediss://127.0.0.1:{}", server.port))
        .output()
        .unwrap();
    assert!(
        asked.status.success(),
        "{}",
        String::from_utf8_lossy(&asked.stdout)
    );
    assert!(String::from_utf8_lossy(&asked.stdout).contains("1 passed"));
}

#[tokio::test]
#[ignore = "another test runs it"]
async fn asks_the_server_of_the_environment() {
    let line = Line::start(Target::server(&env::var(URL).unwrap()).unwrap());
    line.first_try().await;
    line.ask(b"a", vec![redis::cmd("PING")]).await.unwrap();
}

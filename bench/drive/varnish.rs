//! Varnish as a cache in front of a site.

use std::fs;
use std::io;
use std::net::SocketAddr;

use crate::server::{Server, folder_in_memory, free_addr, pinned};

/// Starts it with one pool of threads, for one core, and pages in memory. What is not
/// set here is as Varnish has it by default.
pub(crate) fn start(site: SocketAddr, cores: &str) -> io::Result<Server> {
    let (addr, folder) = (free_addr()?, folder_in_memory()?);
    let configuration = format!(
        "vcl 4.1;
backend site {{ .host = \"{}\"; .port = \"{}\"; }}
sub vcl_backend_response {{
    unset beresp.http.Cache-Status;
    set beresp.ttl = 1d;
    return (deliver);
}}
",
        site.ip(),
        site.port()
    );
    let file = folder.path().join("site.vcl");
    fs::write(&file, configuration)?;
    let mut varnish = pinned(cores, "varnishd".as_ref());
    varnish
        .args(["-F", "-j", "none", "-a", &addr.to_string()])
        .args(["-s", "malloc,4g", "-p", "thread_pools=1"])
        .arg("-f")
        .arg(&file)
        .arg("-n")
        .arg(folder.path().join("work"));
    Server::others(&mut varnish, addr, folder)
}

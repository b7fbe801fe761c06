//! nginx as a cache in front of a site.

use std::fs;
use std::io;
use std::net::SocketAddr;

use crate::server::{Server, folder_in_memory, free_addr, pinned};

/// Starts it with one worker. What is not set here is as nginx has it by default;
/// what is set lets it be as fast as it can.
pub(crate) fn start(site: SocketAddr, cores: &str) -> io::Result<Server> {
    let (addr, folder) = (free_addr()?, folder_in_memory()?);
    let path = folder.path();
    let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {}/{name};", path.display()))
        .join(" ");
    // Its worker has to be somebody who may look into the folder.
    let configuration = format!(
        "user root;
worker_processes 1;
daemon off;
pid {path}/pid;
error_log stderr warn;
events {{}}
http {{
    {folders}
    access_log off;
    sendfile on;
    open_file_cache max=20000 inactive=1d;
    open_file_cache_valid 1d;
    keepalive_requests 1000000000;
    proxy_cache_path {path}/pages levels=1:2 keys_zone=pages:64m max_size=4g inactive=1d use_temp_path=off;
    server {{
        listen {addr};
        location / {{
            proxy_pass http://{site};
            proxy_cache pages;
            proxy_cache_key $uri;
            proxy_cache_valid 200 1d;
            proxy_ignore_headers Cache-Control;
            proxy_hide_header Cache-Status;
            add_header Cache-Status \"nginx; $upstream_cache_status\";
        }}
    }}
}}
",
        path = path.display(),
    );
    let file = path.join("nginx.conf");
    fs::write(&file, configuration)?;
    let mut nginx = pinned(cores, "nginx".as_ref());
    nginx.arg("-c").arg(&file).arg("-p").arg(path);
    Server::others(&mut nginx, addr, folder)
}

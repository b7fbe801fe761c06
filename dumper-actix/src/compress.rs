//! Pages in a content coding, so that they are sent in fewer bytes.

use std::io::{self, Write};
use std::sync::LazyLock;
use std::thread::available_parallelism;

use actix_web::http::header::{CONTENT_ENCODING, ETAG, HeaderMap, HeaderValue};
use brotli::CompressorWriter;
use brotli::enc::BrotliEncoderParams;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use log::warn;
use tokio::sync::{OnceCell, Semaphore};
use tokio::task::spawn_blocking;

use crate::coding::Coding;
use crate::compressible::{is_compressible, varies_by_coding};
use crate::conditions::etag_of;

/// A smaller body is sent in a packet anyway.
const MIN_BYTES: usize = 512;

/// How many bodies are compressed at a time, whatever number of pages is asked
/// for: each takes a core, and some megabytes.
static AT_A_TIME: LazyLock<Semaphore> = LazyLock::new(|| {
    let cores = available_parallelism().map_or(1, usize::from);
    Semaphore::new(cores)
});

/// A page's body in each coding, made when it is asked for first.
#[derive(Debug, Default)]
pub(crate) struct Codings([OnceCell<Option<Coded>>; Coding::ALL.len()]);

/// A body in a coding.
#[derive(Debug)]
pub(crate) struct Coded {
    coding: Coding,
    etag: HeaderValue,
    body: Bytes,
}

impl Codings {
    /// Returns `None` for a page that has but one representation, by its headers, or
    /// that is too small.
    pub(crate) fn of(headers: &HeaderMap, body: &Bytes) -> Option<Self> {
        let has_several = varies_by_coding(headers) && is_compressible(headers);
        (has_several && body.len() >= MIN_BYTES).then(Self::default)
    }

    /// The body in a coding. The first who asks has it made, off the worker, and
    /// the others wait for that.
    ///
    /// Returns `None` if it is hardly smaller than the body as it is, or if `keep`
    /// has no room for so many more bytes.
    pub(crate) async fn get_or_make(
        &self,
        coding: Coding,
        body: &Bytes,
        keep: impl FnOnce(usize) -> bool,
    ) -> Option<&Coded> {
        let coded = self.0[coding as usize].get_or_init(|| async {
            let coded = Coded::make(coding, body.clone()).await;
            let bytes = coded.as_ref().map_or(0, |coded| coded.body.len());
            // With the place for all codings, which the first brings.
            let is_kept = keep(bytes + size_of::<Self>());
            coded.filter(|_| is_kept)
        });
        coded.await.as_ref()
    }

    /// The same, if it has been made; or that it is not worth it.
    #[expect(
        clippy::option_option,
        reason = "it may not be made yet, or not be worth it"
    )]
    pub(crate) fn made(&self, coding: Coding) -> Option<Option<&Coded>> {
        self.0[coding as usize].get().map(Option::as_ref)
    }
}

impl Coded {
    async fn make(coding: Coding, body: Bytes) -> Option<Self> {
        let permit = AT_A_TIME.acquire().await.ok()?;
        let coded = spawn_blocking(move || {
            // Whoever waits may go away, and this goes on.
            let _permit = permit;
            let coded = compress(coding, &body)?;
            let pays = coded.len() + body.len() / 16 < body.len();
            Ok::<_, io::Error>(pays.then(|| Self {
                coding,
                etag: etag_of(&coded),
                body: coded.into_boxed_slice().into(),
            }))
        });
        let coded = coded.await.map_err(io::Error::other).flatten();
        coded.unwrap_or_else(|err| {
            warn!(target: "dumper::middleware", "a page is not sent in {}: {err}", coding.name());
            None
        })
    }

    /// Tells in the headers of a page that the body is in this coding. It is
    /// another representation, so it has a validator of its own.
    pub(crate) fn tell_in(&self, headers: &mut HeaderMap) {
        let coding = HeaderValue::from_static(self.coding.name());
        headers.insert(CONTENT_ENCODING, coding);
        headers.insert(ETAG, self.etag.clone());
    }

    pub(crate) fn etag(&self) -> &HeaderValue {
        &self.etag
    }

    pub(crate) fn body(&self) -> &Bytes {
        &self.body
    }
}

/// Strong enough for pages that are made once and sent many times, and done in
/// milliseconds.
fn compress(coding: Coding, body: &[u8]) -> io::Result<Vec<u8>> {
    const BUFFER: usize = 16 << 10;

    let coded = Vec::with_capacity(body.len() / 4);
    match coding {
        Coding::Brotli => {
            let params = BrotliEncoderParams {
                quality: 5,
                size_hint: body.len(),
                ..BrotliEncoderParams::default()
            };
            let mut writer = CompressorWriter::with_params(coded, BUFFER, &params);
            writer.write_all(body)?;
            Ok(writer.into_inner())
        }
        Coding::Zstd => zstd::bulk::compress(body, 9),
        Coding::Gzip => {
            let mut writer = GzEncoder::new(coded, Compression::new(6));
            writer.write_all(body)?;
            writer.finish()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{Future, poll_fn};
    use std::io::Read;
    use std::task::Poll;

    use actix_web::http::header::{CONTENT_TYPE, VARY};
    use brotli::Decompressor;
    use flate2::read::GzDecoder;

    use super::*;

    fn decompress(coding: Coding, coded: &[u8]) -> Vec<u8> {
        let mut body = Vec::new();
        match coding {
            Coding::Brotli => Decompressor::new(coded, 4096).read_to_end(&mut body),
            Coding::Zstd => zstd::Decoder::new(coded).unwrap().read_to_end(&mut body),
            Coding::Gzip => GzDecoder::new(coded).read_to_end(&mut body),
        }
        .unwrap();
        body
    }

    #[test]
    fn each_coding_can_be_read_again() {
        let text = "All flavors, and all sizes. ".repeat(1000);
        for coding in Coding::ALL {
            let coded = compress(coding, text.as_bytes()).unwrap();
            assert!(coded.len() < text.len() / 10, "{coding:?}");
            assert_eq!(decompress(coding, &coded), text.as_bytes(), "{coding:?}");
            // A strong validator of it holds in all processes.
            assert_eq!(
                compress(coding, text.as_bytes()).unwrap(),
                coded,
                "{coding:?}"
            );
        }
    }

    #[actix_web::test]
    async fn what_does_not_pay_is_not_coded() {
        let random: Vec<u8> = (0..4096_u32)
            .flat_map(|n| blake3::hash(&n.to_be_bytes()).as_bytes()[..8].to_vec())
            .collect();
        let body = Bytes::from(random);
        for coding in Coding::ALL {
            let codings = Codings::default();
            let mut kept = 0;
            let keep = |bytes| {
                kept += bytes;
                true
            };
            assert!(codings.get_or_make(coding, &body, keep).await.is_none());
            assert_eq!(kept, size_of::<Codings>(), "{coding:?}");
        }
    }

    #[test]
    fn a_small_body_has_no_codings() {
        let fields = [(CONTENT_TYPE, "text/html"), (VARY, "accept-encoding")];
        let fields = fields.map(|(name, value)| (name, HeaderValue::from_static(value)));
        let headers = HeaderMap::from_iter(fields);
        for (length, has_codings) in [(MIN_BYTES - 1, false), (MIN_BYTES, true)] {
            let body = Bytes::from("a".repeat(length));
            assert_eq!(Codings::of(&headers, &body).is_some(), has_codings);
        }
    }

    #[actix_web::test]
    async fn a_coding_that_nobody_waits_for_any_more_still_takes_a_core() {
        let cores = available_parallelism().map_or(1, usize::from);
        let body = Bytes::from("All flavors, and all sizes. ".repeat(1 << 19));
        let codings = Codings::default();
        let mut made = Box::pin(codings.get_or_make(Coding::Brotli, &body, |_| true));
        let polled = poll_fn(|cx| Poll::Ready(made.as_mut().poll(cx).is_pending()));
        assert!(polled.await, "it is not made on the worker");
        drop(made);
        let all = u32::try_from(cores).unwrap();
        assert!(AT_A_TIME.try_acquire_many(all).is_err());
    }

    #[actix_web::test]
    async fn without_room_the_body_stays_as_it_is() {
        let body = Bytes::from("a".repeat(4096));
        let codings = Codings::default();
        assert!(
            codings
                .get_or_make(Coding::Gzip, &body, |_| false)
                .await
                .is_none()
        );
        assert!(
            codings
                .get_or_make(Coding::Zstd, &body, |_| true)
                .await
                .is_some()
        );
    }
}

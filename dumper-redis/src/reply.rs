//! What Redis answers, whoever has written it.

use std::sync::Once;

use bytes::Bytes;
use dumper::store::Unavailable;
use redis::Value;

use crate::line::Reply;

/// The fields that were asked for, of a hash. What is no hash has none of them.
pub(crate) fn fields(reply: Option<Reply>) -> Result<Vec<Option<Bytes>>, Unavailable> {
    match reply {
        Some(Ok(Value::Array(values))) => Ok(values.into_iter().map(bytes).collect()),
        Some(Err(err)) if err.code() == "WRONGTYPE" => {
            warn_of_others();
            Ok(Vec::new())
        }
        other => Err(unexpected(other)),
    }
}

/// A field that was asked for, of a hash. What is no hash has none.
pub(crate) fn field(reply: Option<Reply>) -> Result<Option<Bytes>, Unavailable> {
    match reply {
        Some(Ok(value @ (Value::BulkString(_) | Value::Nil))) => Ok(bytes(value)),
        Some(Err(err)) if err.code() == "WRONGTYPE" => {
            warn_of_others();
            Ok(None)
        }
        other => Err(unexpected(other)),
    }
}

/// What a script returns: a list.
pub(crate) fn list(reply: Option<Reply>) -> Result<Vec<Value>, Unavailable> {
    match reply {
        Some(Ok(Value::Array(values))) => Ok(values),
        other => Err(unexpected(other)),
    }
}

/// What a script returns: a number.
pub(crate) fn number(reply: Option<Reply>) -> Result<i64, Unavailable> {
    match reply {
        Some(Ok(Value::Int(number))) => Ok(number),
        other => Err(unexpected(other)),
    }
}

pub(crate) fn bytes(value: Value) -> Option<Bytes> {
    match value {
        Value::BulkString(bytes) => Some(bytes.into()),
        Value::SimpleString(text) => Some(text.into()),
        _ => None,
    }
}

pub(crate) fn unexpected(reply: Option<Reply>) -> Unavailable {
    match reply {
        Some(Err(err)) => Unavailable::new(err.to_string()),
        _ => Unavailable::new("unexpected reply"),
    }
}

/// Says once that there is something in our keys that we have not written.
pub(crate) fn warn_of_others() {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        log::warn!(
            "Redis has values under the namespace of the page cache that it has not written; \
             do two applications share it?"
        );
    });
}

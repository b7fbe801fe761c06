//! What can go wrong with a request, and the page that says so.

use std::fmt;

use actix_web::{
    HttpResponse, ResponseError,
    error::UrlencodedError,
    http::{StatusCode, header::ContentType},
};
use askama::Template;
use sea_orm::{DbErr, SqlErr};

/// Why a request got no page.
#[derive(Debug)]
pub(crate) enum Error {
    /// There is no such page.
    NotFound,
    /// The form cannot be accepted, for this reason.
    Rejected(String),
    /// The form is too long.
    TooLong,
    /// Somebody else changed the same at the same time.
    Conflict,
    /// The database failed.
    Database(DbErr),
    /// A template failed.
    Template(askama::Error),
}

impl Error {
    /// Tells a slug that is already taken from a database that fails.
    pub(crate) fn saving(err: DbErr, slug: &str) -> Self {
        match err.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => Self::taken(slug),
            _ => err.into(),
        }
    }

    /// Refuses a slug that another row has.
    pub(crate) fn taken(slug: &str) -> Self {
        Self::Rejected(format!("the slug “{slug}” is taken"))
    }
}

impl From<DbErr> for Error {
    fn from(err: DbErr) -> Self {
        match (err.sql_err(), err) {
            // Somebody deleted it since we read it.
            (_, DbErr::RecordNotUpdated | DbErr::RecordNotFound(_)) => Self::NotFound,
            (Some(SqlErr::ForeignKeyConstraintViolation(_)), _) => Self::Conflict,
            (_, err) => Self::Database(err),
        }
    }
}

impl From<askama::Error> for Error {
    fn from(err: askama::Error) -> Self {
        Self::Template(err)
    }
}

impl From<UrlencodedError> for Error {
    fn from(err: UrlencodedError) -> Self {
        match err {
            UrlencodedError::Overflow { .. } => Self::TooLong,
            UrlencodedError::Parse(err) => Self::Rejected(err.to_string()),
            err => Self::Rejected(err.to_string()),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("There is nothing of that name here."),
            Self::Rejected(reason) => write!(f, "We cannot take this: {reason}."),
            Self::TooLong => f.write_str("This is more than we can read."),
            Self::Conflict => f.write_str("Somebody else was changing this just now."),
            Self::Database(_) | Self::Template(_) => {
                f.write_str("Something melted. We are cleaning up.")
            }
        }
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Rejected(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Conflict => StatusCode::CONFLICT,
            Self::Database(_) | Self::Template(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        match self {
            Self::Database(err) => log::error!("database: {err}"),
            Self::Template(err) => log::error!("template: {err}"),
            Self::NotFound | Self::Rejected(_) | Self::TooLong | Self::Conflict => {}
        }
        let status = self.status_code();
        let page = ErrorPage {
            title: status.canonical_reason().unwrap_or("Error"),
            message: self.to_string(),
        };
        HttpResponse::build(status)
            .content_type(ContentType::html())
            .body(page.render().unwrap_or(page.message))
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    title: &'static str,
    message: String,
}

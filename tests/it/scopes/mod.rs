//! Transactions, requests that go wrong, and jobs: when a write is done.

mod cancelled;
mod jobs;
mod transactions;

use std::time::Duration;

use sea_orm::{ActiveModelTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, Set};

use crate::site::Site;
use crate::site::entity::{flavor, story};

const FLAVOR: &str = "/flavors/vanilla/";
const STORIES: [&str; 3] = ["/stories/", "/stories/old/", "/stories/new/"];

/// Names the flavor `vanilla`.
async fn name<C: ConnectionTrait>(db: &C, name: &str) -> Result<(), DbErr> {
    let flavor = flavor::Entity::find_by_id(1).one(db).await?;
    let mut flavor = flavor.expect("vanilla is there").into_active_model();
    flavor.name = Set(name.to_owned());
    flavor.update(db).await.map(drop)
}

/// Renames the story `old` to `new`; its text may tell its hooks to stand still.
async fn tell<C: ConnectionTrait>(db: &C, text: &str) -> Result<(), DbErr> {
    let story = story::ActiveModel {
        id: Set(1),
        slug: Set("new".to_owned()),
        text: Set(text.to_owned()),
    };
    story.update(db).await.map(drop)
}

/// A site whose fences stand for a fifth of a second after their scope.
async fn hasty_site() -> Site {
    let deadline = Duration::from_millis(200);
    let site = Site::setup().cache(|cache| cache.fence_deadline(deadline));
    site.start().await
}

//! Entities that one does not own.

use sea_orm::{ActiveModelTrait, DatabaseConnection, DbErr, EntityTrait, PaginatorTrait};

use super::cake;

fn register() {
    dumper::register::<cake::Entity>(|cake| vec![format!("/cakes/{}/", cake.id)]);
}

fn register_with_lists() {
    dumper::register_async::<cake::Entity>(|cake, db| {
        Box::pin(async move {
            let pages = cake::Entity::find().paginate(&db, 20).num_pages().await?;
            let lists = (1..=pages).map(|page| format!("/cakes/page/{page}/"));
            Ok(lists.chain([format!("/cakes/{}/", cake.id)]).collect())
        })
    });
}

async fn rename(cake: cake::ActiveModel, db: &DatabaseConnection) -> Result<(), DbErr> {
    let cake = cake.update(db).await?;
    dumper::invalidate_model(&cake, db).await;
    Ok(())
}

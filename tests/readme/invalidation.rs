//! Invalidation by hand.

use sea_orm::sea_query::Expr;
use sea_orm::{DatabaseConnection, DbErr, EntityTrait};

use super::size;

async fn home() -> String {
    dumper::tag("menu");
    render().await
}

async fn shout(db: &DatabaseConnection) -> Result<(), DbErr> {
    size::Entity::update_many()
        .col_expr(size::Column::Name, Expr::cust("upper(name)"))
        .exec(db)
        .await?;
    for size in size::Entity::find().all(db).await? {
        dumper::invalidate_model(&size, db).await;
    }
    dumper::invalidate_paths(["/"]).await;
    dumper::Cache::global().invalidate_tag("menu").await;
    Ok(())
}

async fn start_anew() {
    dumper::Cache::global().invalidate_all().await;
}

async fn render() -> String {
    std::future::ready(String::new()).await
}

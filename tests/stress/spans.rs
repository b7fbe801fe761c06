//! The ways in which writes are made, one after the other or together.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use fastrand::Rng;
use sea_orm::{DatabaseTransaction, DbErr, TransactionError, TransactionTrait};
use tokio::time::{sleep, timeout};

use crate::history::Writes;
use crate::site::{State, count};
use crate::{dense, statements};

/// Answers a request to write something.
pub(crate) async fn write(state: Data<State>, request: Path<u64>) -> HttpResponse {
    let mut rng = Rng::with_seed(state.seed ^ request.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let outcome = any(&state, &mut rng, *request).await;
    stumble(&state, &mut rng);
    match outcome {
        Ok(()) => HttpResponse::SeeOther().finish(),
        Err(_) if rng.u8(..10) == 0 => HttpResponse::InternalServerError().finish(),
        Err(_) => HttpResponse::Conflict().finish(),
    }
}

/// Writes something in some way.
///
/// # Errors
///
/// Returns the error of a statement or a commit.
pub(crate) async fn any(state: &State, rng: &mut Rng, request: u64) -> Result<(), DbErr> {
    let outcome = match rng.u16(..1_000) {
        0..560 => autocommit(state, rng).await,
        560..660 => begin_and_commit(state, rng, request).await,
        660..720 => closure(state, rng, request).await,
        720..780 => savepoint(state, rng, request).await,
        780..820 => roll_back(state, rng).await,
        820..960 => save_dense(state, rng, request).await,
        960..970 => close_vendor(state, rng, request).await,
        _ if state.is_stormy() => give_up(state, rng).await,
        _ => autocommit(state, rng).await,
    };
    if outcome.is_err() {
        count(&state.counts.failed_statements);
    }
    outcome
}

/// One or two statements, each a transaction of its own.
async fn autocommit(state: &State, rng: &mut Rng) -> Result<(), DbErr> {
    for _ in 0..rng.u8(1..3) {
        let _turn = state.turn(false).await;
        let mut writes = Writes::autocommit(&state.history);
        let outcome = statements::any(&state.db, &mut writes, rng).await;
        settle(outcome, &mut writes)?;
        stumble(state, rng);
    }
    Ok(())
}

async fn begin_and_commit(state: &State, rng: &mut Rng, request: u64) -> Result<(), DbErr> {
    let _turn = state.turn(true).await;
    let mut writes = Writes::transaction(&state.history);
    let txn = state.db.begin().await?;
    several(state, &txn, &mut writes, rng).await?;
    writes.commit();
    txn.commit().await?;
    writes.committed(request);
    Ok(())
}

async fn closure(state: &State, rng: &mut Rng, request: u64) -> Result<(), DbErr> {
    let _turn = state.turn(true).await;
    let mut writes = Writes::transaction(&state.history);
    let outcome = state.db.transaction_async(async |txn| {
        several(state, txn, &mut writes, rng).await?;
        writes.commit();
        Ok(())
    });
    match outcome.await {
        Ok(()) => {
            writes.committed(request);
            Ok(())
        }
        Err(TransactionError::Connection(err) | TransactionError::Transaction(err)) => Err(err),
    }
}

/// A transaction with others inside, of which some are rolled back.
async fn savepoint(state: &State, rng: &mut Rng, request: u64) -> Result<(), DbErr> {
    let _turn = state.turn(true).await;
    let mut writes = Writes::transaction(&state.history);
    let txn = state.db.begin().await?;
    statements::any(&txn, &mut writes, rng).await?;
    for _ in 0..rng.u8(1..3) {
        let mut inner_writes = Writes::transaction(&state.history);
        let inner = txn.begin().await?;
        statements::any(&inner, &mut inner_writes, rng).await?;
        if rng.bool() {
            inner.commit().await?;
            writes.absorb(inner_writes);
        } else {
            inner.rollback().await?;
            count(&state.counts.rollbacks);
        }
    }
    pause(rng).await;
    writes.commit();
    txn.commit().await?;
    writes.committed(request);
    Ok(())
}

async fn roll_back(state: &State, rng: &mut Rng) -> Result<(), DbErr> {
    let _turn = state.turn(true).await;
    let mut writes = Writes::transaction(&state.history);
    let txn = state.db.begin().await?;
    several(state, &txn, &mut writes, rng).await?;
    count(&state.counts.rollbacks);
    if rng.bool() {
        txn.rollback().await?;
    }
    Ok(())
}

async fn save_dense(state: &State, rng: &mut Rng, request: u64) -> Result<(), DbErr> {
    let _sundaes = state.sundaes.lock().await;
    let _turn = state.turn(true).await;
    let mut writes = Writes::autocommit(&state.history);
    match dense::any(&state.db, &mut writes, rng).await {
        Ok(()) => {
            writes.committed(request);
            Ok(())
        }
        failed => settle(failed, &mut writes),
    }
}

async fn close_vendor(state: &State, rng: &mut Rng, request: u64) -> Result<(), DbErr> {
    let _turn = state.turn(true).await;
    let mut writes = Writes::transaction(&state.history);
    let txn = state.db.begin().await?;
    statements::close_vendor(&txn, &mut writes, rng).await?;
    pause(rng).await;
    writes.commit();
    txn.commit().await?;
    writes.committed(request);
    Ok(())
}

/// A statement that nobody waits for to its end.
async fn give_up(state: &State, rng: &mut Rng) -> Result<(), DbErr> {
    let _turn = state.turn(false).await;
    let mut writes = Writes::autocommit(&state.history);
    let patience = Duration::from_micros(rng.u64(..4_000));
    let statement = statements::change_flavor(&state.db, &mut writes, rng);
    match timeout(patience, statement).await {
        Ok(outcome) => settle(outcome, &mut writes),
        Err(_) => Ok(()),
    }
}

/// A few statements of a transaction.
async fn several(
    state: &State,
    txn: &DatabaseTransaction,
    writes: &mut Writes,
    rng: &mut Rng,
) -> Result<(), DbErr> {
    for _ in 0..rng.u8(1..4) {
        statements::any(txn, writes, rng).await?;
        stumble(state, rng);
        pause(rng).await;
    }
    Ok(())
}

/// Takes note of how a write outside of a transaction has ended.
fn settle(outcome: Result<(), DbErr>, writes: &mut Writes) -> Result<(), DbErr> {
    match &outcome {
        Ok(()) => writes.done(),
        // A constraint refused it.
        Err(err) if err.sql_err().is_some() => writes.undo(),
        // What the database has done is not known.
        Err(_) => {}
    }
    outcome
}

/// Other requests come between.
async fn pause(rng: &mut Rng) {
    if rng.u8(..3) == 0 {
        sleep(Duration::from_micros(rng.u64(..8_000))).await;
    }
}

/// In a storm, handlers panic.
fn stumble(state: &State, rng: &mut Rng) {
    if state.is_stormy() && rng.u8(..150) == 0 {
        count(&state.counts.panics);
        std::panic::resume_unwind(Box::new("as told"));
    }
}

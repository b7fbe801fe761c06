//! Fences: whose they are, what they stand on, and how they end.

use std::time::{Duration, Instant};

use super::acts::{
    ANNA, BOB, apply, body, change, changes, drop_pages, entity, fill, key, lease, lift, of, page,
    path, put, raise, raise_for, tagged, try_lease, until,
};
use crate::Key;
use crate::path::{Kin, Path};
use crate::reach::EntityTag;
use crate::store::{Changes, Fence, Leased, Reached, Store};

/// How long a fence stands that is to end by itself.
const SHORT: Duration = Duration::from_millis(500);

/// "While a fence stands, nobody is given a lease … of what it reaches": not its own
/// writer either.
pub async fn nothing_is_leased_where_a_fence_stands<S: Store>(one: S, two: S) {
    let (path, flavors) = (path("/flavors/vanilla/"), flavors());
    let (kin, key) = (path.kin(), key("/flavors/vanilla/"));
    let reaches = [
        Reached::Path(&path),
        Reached::Kin(&kin),
        of(&flavors),
        Reached::All,
    ];
    for reached in reaches {
        put(&one, &key, "vanilla", &[]).await;
        raise(&one, ANNA, reached).await;
        for store in [&one, &two] {
            assert_eq!(body(store, &key).await, None, "{reached:?}");
            let leased = try_lease(store, &key).await;
            assert_eq!(leased, None, "{reached:?}");
            let may_wait = store.lease(&key, &|_| None, true).await;
            let may_wait = may_wait.expect("a lease can be asked for");
            assert_eq!(may_wait, Leased::Fenced, "{reached:?}");
        }
        lift(&one, ANNA, reached).await;
        assert!(try_lease(&two, &key).await.is_some(), "{reached:?}");
    }
}

/// "While a fence stands … nothing is stored, of what it reaches": neither what was
/// leased before, nor what turns out to have the tag that it stands on.
pub async fn nothing_is_stored_where_a_fence_stands<S: Store>(one: S, two: S) {
    let (path, flavors) = (path("/flavors/vanilla/"), flavors());
    let kin = path.kin();
    let reaches = [
        Reached::Path(&path),
        Reached::Kin(&kin),
        Reached::Tag("menu"),
        of(&flavors),
        Reached::All,
    ];
    let (key, filing) = (key("/flavors/vanilla/"), tagged(path.as_str(), &["menu"]));
    for reached in reaches {
        let before = lease(&two, &key).await;
        raise(&one, ANNA, reached).await;
        let since = try_lease(&two, &key).await;
        for stamp in [Some(before), since].iter().flatten() {
            let filled = fill(&two, &key, &filing, &page("old"), stamp).await;
            assert!(filled.is_err(), "{reached:?}");
            assert_eq!(body(&one, &key).await, None, "{reached:?}");
        }
        lift(&one, ANNA, reached).await;
    }
}

/// "It is lifted, if it stands. Those of other writers stay."
pub async fn a_fence_is_lifted_by_its_writer_alone<S: Store>(one: S, two: S) {
    let fenced = Fenced::new();
    for (key, reached) in fenced.reaches() {
        raise(&one, ANNA, reached).await;
        lift(&two, BOB, reached).await;
        assert!(is_fenced(&two, &key).await, "{reached:?}");
        lift(&one, ANNA, reached).await;
        assert!(!is_fenced(&two, &key).await, "{reached:?}");
    }
}

/// "It is lifted, if it stands. Those of other writers stay", whoever was first.
pub async fn a_fence_stands_until_the_last_writer_lifts_it<S: Store>(one: S, two: S) {
    let fenced = Fenced::new();
    for order in [[ANNA, BOB], [BOB, ANNA]] {
        for (key, reached) in fenced.reaches() {
            raise(&one, ANNA, reached).await;
            raise(&two, BOB, reached).await;
            lift(&one, order[0], reached).await;
            assert!(is_fenced(&one, &key).await, "{reached:?}");
            lift(&two, order[1], reached).await;
            assert!(!is_fenced(&one, &key).await, "{reached:?}");
        }
    }
}

/// "To make them twice is to make them once."
pub async fn a_fence_raised_twice_is_lifted_once<S: Store>(one: S, two: S) {
    let fenced = Fenced::new();
    for (key, reached) in fenced.reaches() {
        raise(&one, ANNA, reached).await;
        raise(&two, ANNA, reached).await;
        lift(&one, ANNA, reached).await;
        assert!(!is_fenced(&two, &key).await, "{reached:?}");
    }
}

/// "Of what it reaches": what it does not reach is leased and stored.
pub async fn a_fence_stands_on_what_it_reaches_alone<S: Store>(one: S, two: S) {
    let fenced = Fenced::new();
    let key = key("/vendors/");
    for (_, reached) in fenced.reaches() {
        if !matches!(reached, Reached::All) {
            raise(&one, ANNA, reached).await;
        }
    }
    put(&two, &key, "vendors", &["shops"]).await;
    assert_eq!(body(&one, &key).await.as_deref(), Some("vendors"));
}

/// "What becomes of this writer's fence": nothing, if the change says nothing of it.
pub async fn a_change_without_a_fence_leaves_it_standing<S: Store>(one: S, two: S) {
    let fenced = Fenced::new();
    for (key, reached) in fenced.reaches() {
        raise(&one, ANNA, reached).await;
        drop_pages(&two, reached).await;
        assert!(is_fenced(&two, &key).await, "{reached:?}");
        lift(&one, ANNA, reached).await;
    }
}

/// "It is lifted, if it stands", and what it reaches is dropped either way.
pub async fn lifting_what_does_not_stand_drops_pages<S: Store>(one: S, two: S) {
    let fenced = Fenced::new();
    for (key, reached) in fenced.reaches() {
        put(&one, &key, "old", &["menu"]).await;
        lift(&two, BOB, reached).await;
        assert_eq!(body(&one, &key).await, None, "{reached:?}");
    }
}

/// "A fence ends when … its time is over."
pub async fn a_fence_ends_by_its_time<S: Store>(one: S, two: S) {
    let fenced = Fenced::new();
    for (key, reached) in fenced.reaches() {
        let raised = Instant::now();
        raise_for(&one, ANNA, reached, SHORT).await;
        let is_fenced = is_fenced(&two, &key).await;
        assert!(is_fenced || raised.elapsed() >= SHORT, "{reached:?}");
        until("the fence ends", async || {
            (!self::is_fenced(&two, &key).await).then_some(())
        })
        .await;
    }
}

/// "The fences stood before …: they are to stand on."
pub async fn a_fence_that_is_renewed_stands_on<S: Store>(one: S, two: S) {
    let fenced = Fenced::new();
    let (keys, stands): (Vec<_>, Vec<_>) = fenced
        .reaches()
        .into_iter()
        .map(|(key, reached)| (key, change(reached, Fence::Stands)))
        .unzip();
    let raised = Changes {
        time_to_live: SHORT,
        ..changes(&stands)
    };
    let began = Instant::now();
    apply(&one, raised).await;
    while began.elapsed() < 4 * SHORT {
        let renewed = Instant::now();
        let renew = true;
        apply(&one, Changes { renew, ..raised }).await;
        while renewed.elapsed() < SHORT / 2 {
            for key in &keys {
                let is_fenced = is_fenced(&two, key).await;
                assert!(is_fenced || renewed.elapsed() >= SHORT, "{key}");
            }
            tokio::time::sleep(SHORT / 10).await;
        }
    }
}

/// "Nor will such a lease ever store one", though the fence has ended by itself.
pub async fn a_lease_before_a_fence_that_ended_is_void<S: Store>(one: S, two: S) {
    let fenced = Fenced::new();
    for (key, reached) in fenced.reaches() {
        let leased = lease(&two, &key).await;
        raise_for(&one, ANNA, reached, SHORT).await;
        until("the fence ends", async || {
            (!is_fenced(&two, &key).await).then_some(())
        })
        .await;
        let filing = tagged(key.path().as_str(), &["menu"]);
        let filled = fill(&two, &key, &filing, &page("old"), &leased).await;
        assert!(filled.is_err(), "{reached:?}");
    }
}

/// "While a fence stands, nobody is given a lease … of what it reaches": if the tag
/// was not known then, the lease does not store the page when the fence has ended.
///
/// The writer may have died between its commit and the lift.
pub async fn a_page_leased_under_the_fence_of_its_tag_is_not_stored<S: Store>(one: S, two: S) {
    let key = key("/flavors/");
    for is_lifted in [false, true] {
        raise_for(&one, ANNA, Reached::Tag("menu"), SHORT).await;
        // A store may give no lease at all meanwhile.
        let leased = try_lease(&two, &key).await;
        if is_lifted {
            lift(&one, ANNA, Reached::Tag("menu")).await;
        }
        until("the fence ends", async || {
            (!is_fenced_under(&two, &self::key("/other/"), "menu").await).then_some(())
        })
        .await;
        if let Some(leased) = leased {
            let filing = tagged("/flavors/", &["menu"]);
            let filled = fill(&two, &key, &filing, &page("old"), &leased).await;
            assert!(filled.is_err(), "lifted: {is_lifted}");
            assert_eq!(body(&one, &key).await, None);
        }
    }
}

fn flavors() -> EntityTag {
    entity::<u8>("flavor", "/flavors/{slug}/")
}

/// What fences stand on.
struct Fenced {
    path: Path,
    kin: Kin,
    entity: EntityTag,
}

impl Fenced {
    fn new() -> Self {
        Self {
            path: path("/cones/"),
            kin: path("/Sizes/Large").kin(),
            entity: flavors(),
        }
    }

    /// Everything that a fence may stand on, with a key that it reaches if its page is
    /// filed under the tag `menu`.
    fn reaches(&self) -> [(Key, Reached<'_>); 5] {
        [
            (key("/cones/"), Reached::Path(&self.path)),
            (key("/sizes/large/"), Reached::Kin(&self.kin)),
            (key("/flavors/lemon/"), of(&self.entity)),
            (key("/menu/"), Reached::Tag("menu")),
            (key("/"), Reached::All),
        ]
    }
}

/// Whether nothing is stored at a key, filed under the tag `menu`.
async fn is_fenced<S: Store>(store: &S, key: &Key) -> bool {
    is_fenced_under(store, key, "menu").await
}

async fn is_fenced_under<S: Store>(store: &S, key: &Key, tag: &str) -> bool {
    let Some(leased) = try_lease(store, key).await else {
        return true;
    };
    let filing = tagged(key.path().as_str(), &[tag]);
    fill(store, key, &filing, &page("new"), &leased)
        .await
        .is_err()
}

//! What visitors ask for: a few pages very often, and most of them hardly ever.

/// How many pages there are.
pub(crate) const PAGES: usize = 10_000;

/// The numbers of so many pages, by the law of Zipf: the page that comes second is
/// asked for half as often as the first, and the third a third as often.
pub(crate) fn draw(count: usize, seed: u64) -> Vec<usize> {
    // Where the pages lie has nothing to do with how often they are asked for, and is
    // the same for all that draw.
    let mut pages: Vec<usize> = (0..PAGES).collect();
    fastrand::Rng::with_seed(0).shuffle(&mut pages);
    let mut total = 0.0;
    let mut shares = Vec::with_capacity(PAGES);
    for rank in (1_u32..).take(PAGES) {
        total += f64::from(rank).recip();
        shares.push(total);
    }
    let mut random = fastrand::Rng::with_seed(seed);
    let mut drawn = || {
        let drawn = random.f64() * total;
        pages[shares.partition_point(|&share| share <= drawn)]
    };
    (0..count).map(|_| drawn()).collect()
}

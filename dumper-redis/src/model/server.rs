//! Redis as the protocol sees it: a few keys, and the commands and scripts on them.
//!
//! Each method is one step, which nothing can come between.

use super::Mutant;

/// The paths that a row may have its page at.
pub(super) const PATHS: usize = 3;

/// What a client draws. It is never drawn again.
pub(super) type Random = u8;

/// Something random, with the replication id under which it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Token {
    pub(super) history: u8,
    pub(super) random: Random,
}

/// A page as it is stored: the version of the row that it shows, and what it was
/// rendered under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Page {
    pub(super) version: u8,
    pub(super) under: Under,
}

/// The base, and the generation of the tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Under {
    pub(super) base: Token,
    pub(super) tag: Option<Random>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Pages {
    pub(super) token: Token,
    pub(super) page: Option<Page>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Generations {
    pub(super) under: Under,
    pub(super) moves: Token,
}

/// All keys; a writer's mark stands, or it does not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Keys {
    pub(super) pages: [Option<Pages>; PATHS],
    pub(super) fences: [[bool; 2]; PATHS],
    pub(super) generations: Option<Generations>,
    pub(super) tag_fences: [bool; 2],
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Server {
    pub(super) keys: Keys,
    /// What is on disk, or with a replica that lags.
    pub(super) copy: Option<Keys>,
    /// The replication id.
    pub(super) history: u8,
    pub(super) drawn: Random,
    pub(super) planted: Option<Mutant>,
}

impl Pages {
    pub(super) fn drawn(&mut self) -> impl Iterator<Item = &mut Random> {
        let page = self.page.as_mut().map(|page| page.under.drawn());
        [&mut self.token.random]
            .into_iter()
            .chain(page.into_iter().flatten())
    }
}

impl Under {
    pub(super) fn drawn(&mut self) -> impl Iterator<Item = &mut Random> {
        [&mut self.base.random].into_iter().chain(&mut self.tag)
    }
}

impl Keys {
    pub(super) fn drawn(&mut self) -> impl Iterator<Item = &mut Random> {
        let pages = self.pages.iter_mut().flatten().flat_map(Pages::drawn);
        let known = self.generations.iter_mut();
        let known = known.flat_map(|known| known.under.drawn().chain([&mut known.moves.random]));
        pages.chain(known)
    }
}

impl Server {
    /// All that was drawn and is known yet.
    pub(super) fn drawn(&mut self) -> impl Iterator<Item = &mut Random> {
        self.keys
            .drawn()
            .chain(self.copy.iter_mut().flat_map(Keys::drawn))
    }

    pub(super) fn new(planted: Option<Mutant>) -> Self {
        Self {
            keys: Keys::default(),
            copy: None,
            history: 0,
            drawn: 0,
            planted,
        }
    }

    fn has(&self, mutant: Mutant) -> bool {
        self.planted == Some(mutant)
    }

    pub(super) fn is_of(&self, token: Token, history: u8) -> bool {
        token.history == history || self.has(Mutant::ReplicationIdIsIgnored)
    }

    fn draw(&mut self) -> Token {
        self.drawn += 1;
        Token {
            history: self.history,
            random: self.drawn,
        }
    }

    /// Gives a token for a path, unless a mark stands on it.
    pub(super) fn lease(&mut self, path: usize) -> Option<Token> {
        if self.keys.fences[path].contains(&true) && !self.has(Mutant::FencesAreIgnored) {
            return None;
        }
        if let Some(pages) = self.keys.pages[path]
            && self.is_of(pages.token, self.history)
        {
            return Some(pages.token);
        }
        let token = self.draw();
        self.keys.pages[path] = Some(Pages { token, page: None });
        Some(token)
    }

    pub(super) fn store(&mut self, path: usize, token: Token, page: Page) {
        let is_current = self.is_of(token, self.history)
            && self.keys.pages[path].is_some_and(|pages| pages.token == token);
        if is_current || self.has(Mutant::TokenIsNotChecked) {
            let page = Some(page);
            self.keys.pages[path] = Some(Pages { token, page });
        }
    }

    /// The generations, begun anew if they are of another history.
    pub(super) fn generations(&mut self) -> Generations {
        match self.keys.generations {
            Some(known) if self.is_of(known.under.base, self.history) => known,
            _ => {
                let base = self.draw();
                let new = Generations {
                    under: Under { base, tag: None },
                    moves: base,
                };
                self.keys.generations = Some(new);
                new
            }
        }
    }

    /// What a page that has the tag is to be stored under, unless a mark stands on it.
    pub(super) fn storable_under(&mut self) -> Option<Under> {
        let is_fenced = self.keys.tag_fences.contains(&true);
        let under = self.generations().under;
        (!is_fenced || self.has(Mutant::FencesAreIgnored)).then_some(under)
    }

    /// Drops the pages of the tag, and sets or takes away a mark.
    pub(super) fn renew_tag(&mut self, writer: usize, stands: Option<bool>) {
        let mut known = self.generations();
        known.under.tag = Some(self.draw().random);
        self.keys.generations = Some(known);
        if let Some(stands) = stands {
            self.keys.tag_fences[writer] = stands;
            if !stands && self.has(Mutant::LiftTakesAllMarks) {
                self.keys.tag_fences = [false; 2];
            }
        }
    }

    /// The mark of moves as it was; another one is made.
    pub(super) fn swap_moves(&mut self) -> Token {
        let mut known = self.generations();
        let found = known.moves;
        known.moves = self.draw();
        self.keys.generations = Some(known);
        found
    }

    pub(super) fn unlink(&mut self, path: usize) {
        self.keys.pages[path] = None;
    }

    pub(super) fn mark(&mut self, writer: usize, path: usize, stands: bool) {
        self.keys.fences[path][writer] = stands;
        if !stands && self.has(Mutant::LiftTakesAllMarks) {
            self.keys.fences[path] = [false; 2];
        }
    }

    pub(super) fn has_mark_of(&self, writer: usize) -> bool {
        self.keys.tag_fences[writer] || self.keys.fences.iter().any(|marks| marks[writer])
    }

    /// Ends the marks of a writer that nobody renews. One on a tag is an invalidation:
    /// a page whose response named it may have been leased meanwhile.
    pub(super) fn expire(&mut self, writer: usize) {
        for marks in &mut self.keys.fences {
            marks[writer] = false;
        }
        if self.keys.tag_fences[writer] {
            self.keys.tag_fences[writer] = false;
            if !self.has(Mutant::EndOfTagMarkIsForgotten) {
                self.renew_tag(writer, None);
            }
        }
    }

    /// Comes back with the copy, as another history.
    pub(super) fn restore(&mut self) {
        self.keys = self.copy.clone().unwrap_or_default();
        self.history += 1;
    }

    /// The version that a request would be served at a path.
    pub(super) fn served(&self, path: usize) -> Option<u8> {
        let (pages, known) = (self.keys.pages[path]?, self.keys.generations?);
        let page = pages.page?;
        let is_true = self.is_of(pages.token, self.history)
            && self.is_of(known.under.base, self.history)
            && page.under == known.under;
        is_true.then_some(page.version)
    }
}

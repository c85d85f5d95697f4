//! A small generator of numbers (xorshift): the same seed, the same texts.

pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'t, T>(&mut self, items: &'t [T]) -> &'t T {
        &items[self.below(items.len())]
    }

    /// Between `least` and `most` words, joined by blanks.
    pub(crate) fn words(&mut self, words: &[&str], least: usize, most: usize) -> String {
        let count = least + self.below(most - least + 1);
        let picked: Vec<&str> = (0..count).map(|_| *self.pick(words)).collect();
        picked.join(" ")
    }
}

//! Changes of seeds: bits, bytes, numbers of interest, pieces that are dropped, doubled or taken from another seed.

/// Makes inputs; the same ones for the same seed and seeds.
pub(crate) struct Mutator {
    state: u64,
    seeds: Vec<Vec<u8>>,
}

/// Bytes that an input may have: decoders are quick on short ones, and long ones are told by their lengths anyway.
const LONGEST: usize = 2048;
/// Numbers that are close to a limit.
const NUMBERS: [u64; 12] = [0, 1, 31, 32, 127, 255, 256, 65_535, 1 << 31, u32::MAX as u64, i64::MAX as u64, u64::MAX];

impl Mutator {
    pub(crate) fn new(seed: u64, seeds: Vec<Vec<u8>>) -> Mutator {
        assert!(!seeds.is_empty());
        Mutator { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), seeds }
    }

    pub(crate) fn keep(&mut self, input: Vec<u8>) {
        self.seeds.push(input);
    }

    /// The next input; the first ones are the seeds as they are.
    pub(crate) fn next(&mut self, done: u64) -> Vec<u8> {
        if let Some(seed) = self.seeds.get(done as usize) {
            return seed.clone();
        }
        let mut input = self.seed().clone();
        for _ in 0..1 << self.below(4) {
            self.change(&mut input);
        }
        input.truncate(LONGEST);
        input
    }

    /// A 64-bit step of SplitMix.
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.random() % n.max(1) as u64) as usize
    }

    fn seed(&mut self) -> &Vec<u8> {
        let at = self.below(self.seeds.len());
        &self.seeds[at]
    }

    /// A part of `0..n`.
    fn part(&mut self, n: usize) -> std::ops::Range<usize> {
        let start = self.below(n + 1);
        let len = self.below((n - start).min(64) + 1);
        start..start + len
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.below(input.len());
        match self.below(9) {
            0 if !input.is_empty() => input[at] ^= 1 << self.below(8),
            1 if !input.is_empty() => input[at] = self.random() as u8,
            2 => input.insert(at, self.random() as u8),
            3 => {
                let part = self.part(input.len());
                input.drain(part);
            }
            4 => {
                let part = self.part(input.len());
                let copy = input[part.clone()].to_vec();
                input.splice(part.start..part.start, copy);
            }
            5 => {
                let other = self.seed().clone();
                let part = self.part(other.len());
                let here = self.part(input.len());
                input.splice(here, other[part].iter().copied());
            }
            6 => {
                let number = NUMBERS[self.below(NUMBERS.len())].to_le_bytes();
                let width = 1 << self.below(4);
                let end = (at + width).min(input.len());
                input[at..end].copy_from_slice(&number[..end - at]);
            }
            7 => {
                // A number in text.
                let number = NUMBERS[self.below(NUMBERS.len())].to_string();
                let digits = input[at..].iter().take_while(|b| b.is_ascii_digit()).count();
                input.splice(at..at + digits, number.bytes());
            }
            _ => {
                let other = self.seed().clone();
                let cut = self.below(other.len() + 1);
                input.truncate(at);
                input.extend_from_slice(&other[cut..]);
            }
        }
    }
}

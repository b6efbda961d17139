//! `Slab`: huge pages that buffers of medium size share.
//!
//! An array is cut into blocks that are smaller than a huge page each; on small pages two threads that read such blocks get
//! half of the bandwidth that they get on huge ones. So buffers are cut from slabs, one behind the other. No byte of a slab is
//! given out twice: what a buffer leaves goes back to the system at once, and the slab with its last buffer. Which buffers come
//! from here, and their reuse, is `buffer`'s business.
#![allow(unsafe_code)]

use std::ptr::NonNull;
use std::sync::{Arc, Mutex};

/// Bytes of a huge page.
pub(super) const HUGE: usize = 2 << 20;
/// Bytes of a slab.
const SLAB: usize = 4 * HUGE;
/// Bytes of a small page: what buffers begin at, so that no page belongs to two.
const PAGE: usize = 4 << 10;

/// A mapping of `SLAB` bytes that begins at a huge page.
pub(super) struct Slab {
    base: NonNull<u8>,
}

// SAFETY: the slab owns its mapping and only hands out parts that do not overlap.
unsafe impl Send for Slab {}
// SAFETY: as above; nothing of the slab itself changes after it was made.
unsafe impl Sync for Slab {}

/// The slab that buffers are cut from now, and how many of its bytes are given out.
static CURRENT: Mutex<Option<(Arc<Slab>, usize)>> = Mutex::new(None);

impl Slab {
    /// Zeros for one buffer, and the slab that they are part of; none where the system has no more mappings, or for more bytes
    /// than a slab has. The bytes are the caller's until `give_back`.
    pub(super) fn cut(bytes: usize) -> Option<(NonNull<u8>, Arc<Slab>)> {
        let bytes = bytes.next_multiple_of(PAGE);
        if bytes > SLAB {
            return None;
        }
        let mut current = CURRENT.lock().ok()?;
        if current.as_ref().is_none_or(|(_, used)| used + bytes > SLAB) {
            *current = Some((Arc::new(Slab::map()?), 0));
        }
        let (slab, used) = current.as_mut()?;
        // SAFETY: `used + bytes` is at most the slab's length (checked above), so the part begins inside it.
        let part = unsafe { slab.base.add(*used) };
        *used += bytes;
        Some((part, Arc::clone(slab)))
    }

    /// The system has the memory of a part again; its addresses stay the slab's.
    ///
    /// # Safety
    /// `part` and `bytes` are those of one `cut` from this slab, and nothing refers to them any more.
    pub(super) unsafe fn give_back(&self, part: NonNull<u8>, bytes: usize) {
        // SAFETY: the pages belong to this part alone (`cut` rounds to pages), and to no buffer any more, as the caller promises.
        unsafe { libc::madvise(part.as_ptr().cast(), bytes.next_multiple_of(PAGE), libc::MADV_DONTNEED) };
    }

    fn map() -> Option<Slab> {
        let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        // SAFETY: a new mapping at an address that the system chooses touches no memory of ours.
        let ptr = unsafe { libc::mmap(std::ptr::null_mut(), SLAB + HUGE, protection, flags, -1, 0) };
        if ptr == libc::MAP_FAILED {
            return None;
        }
        let whole = NonNull::new(ptr.cast::<u8>())?;
        let head = whole.as_ptr().addr().next_multiple_of(HUGE) - whole.as_ptr().addr();
        // SAFETY: the mapping has `SLAB + HUGE` bytes: `head` before the slab and `HUGE - head` behind it, which nothing knows
        // of yet; the advice is on what is left, and where it is not taken the pages are as they were.
        unsafe {
            let base = whole.add(head);
            if head > 0 {
                libc::munmap(whole.as_ptr().cast(), head);
            }
            if head < HUGE {
                libc::munmap(base.add(SLAB).as_ptr().cast(), HUGE - head);
            }
            libc::madvise(base.as_ptr().cast(), SLAB, libc::MADV_HUGEPAGE);
            Some(Slab { base })
        }
    }
}

impl Drop for Slab {
    fn drop(&mut self) {
        // SAFETY: the mapping is this slab's, and every buffer that was cut from it held the slab and is gone.
        unsafe { libc::munmap(self.base.as_ptr().cast(), SLAB) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_of(part: NonNull<u8>, bytes: usize) -> &'static mut [u8] {
        // SAFETY: the tests use a part's bytes between its `cut` and its `give_back`.
        unsafe { std::slice::from_raw_parts_mut(part.as_ptr(), bytes) }
    }

    #[test]
    fn parts_do_not_overlap_begin_as_zeros_and_outlive_their_neighbours() {
        let sizes = [PAGE, PAGE + 1, HUGE - 1, HUGE, SLAB];
        let parts: Vec<_> = sizes.iter().map(|&n| (n, Slab::cut(n).expect("memory"))).collect();
        for (i, (n, (part, _))) in parts.iter().enumerate() {
            let bytes = bytes_of(*part, *n);
            assert!(bytes.iter().all(|&b| b == 0), "{n}");
            bytes.fill(i as u8 + 1);
        }
        for (i, (n, (part, slab))) in parts.into_iter().enumerate() {
            assert!(bytes_of(part, n).iter().all(|&b| b == i as u8 + 1), "{n}");
            // SAFETY: a part of one `cut`, whose bytes are not used after this.
            unsafe { slab.give_back(part, n) };
        }
        assert!(Slab::cut(SLAB + 1).is_none());
    }
}

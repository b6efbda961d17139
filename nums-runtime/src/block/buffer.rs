//! `Buffer`: the bytes behind a block, aligned to a cache line, and what happens to them when the block goes.
//!
//! Large buffers are pages of their own, and those of less than a huge page are cut from slabs of huge pages (`slab`), so
//! that what is freed is the system's again, whatever lies beside it. Buffers of dropped blocks are kept for the next of their
//! size, since touching fresh pages costs more than most kernels, but for `REST` twice at the most: a thread that lives as
//! long as anything is kept gives them back. All bytes are counted: `held`.
#![allow(unsafe_code)]

#[cfg(target_os = "linux")]
use super::slab::{HUGE, Slab};
use std::alloc::Layout;
use std::cell::Cell;
use std::collections::HashMap;
use std::ptr::NonNull;
#[cfg(target_os = "linux")]
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A cache line and the widest vector: what buffers are aligned to and counted in.
pub(super) const LINE: usize = 64;
/// What every allocator aligns to.
const ALIGNED: usize = 16;
/// Bytes of dropped blocks that a process keeps for new ones.
const KEPT: u64 = 256 << 20;
/// Bytes of the smallest buffer that is kept; the allocator is good at smaller ones.
const WORTH: usize = 32 << 10;
/// Bytes of the smallest buffer that has pages of its own.
const PAGES: usize = 256 << 10;
/// A kept buffer is given back after once to twice this time.
const REST: Duration = Duration::from_millis(45);

/// Bytes of all buffers of this process, in use or kept.
static HELD: AtomicU64 = AtomicU64::new(0);
/// Those of them that are kept.
static KEPT_BYTES: AtomicU64 = AtomicU64::new(0);
static KEPT_BUFFERS: Mutex<Option<Kept>> = Mutex::new(None);

thread_local! {
    /// Bytes in use that this thread allocated less those that it freed, and the most since `mark`.
    static MINE: Cell<(i64, i64)> = const { Cell::new((0, 0)) };
}

/// Initialised bytes: as many as `lines` cache lines.
pub(super) struct Buffer {
    ptr: NonNull<u8>,
    lines: usize,
    of: Origin,
}

/// Who gets the bytes back.
enum Origin {
    /// The allocator, which gave so many bytes more in front.
    Heap(u8),
    /// The system.
    Pages,
    /// The system; the addresses are the slab's.
    #[cfg(target_os = "linux")]
    Slab(Arc<Slab>),
}

// SAFETY: a buffer owns its bytes; they are reached through `&self` for reading and `&mut self` for writing alone.
unsafe impl Send for Buffer {}
// SAFETY: as above.
unsafe impl Sync for Buffer {}

/// Bytes of all buffers of this process, in use or kept for the next block.
pub fn held() -> u64 {
    HELD.load(Ordering::Relaxed)
}

/// Bytes of buffers that are kept for the next block.
pub fn kept() -> u64 {
    KEPT_BYTES.load(Ordering::Relaxed)
}

/// Gives kept buffers back to the system now.
pub fn give_back() {
    let kept = KEPT_BUFFERS.lock().ok().and_then(|mut kept| kept.as_mut().map(Kept::take_all));
    drop(kept);
}

/// Begins to watch what this thread allocates; `most` says how many bytes it had at once beyond what it has now.
pub(crate) fn mark() {
    MINE.set((0, 0));
}

/// The most bytes of buffers that this thread had at once since `mark`.
pub(crate) fn most() -> u64 {
    MINE.get().1.max(0).unsigned_abs()
}

fn count(bytes: i64) {
    let (now, most) = MINE.get();
    MINE.set((now + bytes, most.max(now + bytes)));
}

impl Buffer {
    /// No bytes.
    pub(super) const fn empty() -> Buffer {
        // An address that is aligned to a line and never read.
        let ptr = NonNull::without_provenance(std::num::NonZero::new(LINE).expect("a line has bytes"));
        Buffer { ptr, lines: 0, of: Origin::Heap(0) }
    }

    /// Zeros.
    pub(super) fn zeroed(lines: usize) -> Buffer {
        match Kept::take(lines) {
            Some(mut buffer) => {
                buffer.bytes_mut().fill(0);
                buffer
            }
            None => Buffer::fresh(lines),
        }
    }

    /// Bytes of any value.
    pub(super) fn stale(lines: usize) -> Buffer {
        Kept::take(lines).unwrap_or_else(|| Buffer::fresh(lines))
    }

    fn fresh(lines: usize) -> Buffer {
        if lines == 0 {
            return Buffer::empty();
        }
        let bytes = lines * LINE;
        let (ptr, of) = pages(bytes).unwrap_or_else(|| heap(bytes));
        HELD.fetch_add(bytes as u64, Ordering::Relaxed);
        count(bytes as i64);
        Buffer { ptr, lines, of }
    }

    pub(super) fn as_ptr(&self) -> *const u8 {
        self.ptr.as_ptr()
    }

    pub(super) fn as_mut_ptr(&mut self) -> *mut u8 {
        self.ptr.as_ptr()
    }

    fn len(&self) -> usize {
        self.lines * LINE
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: `len` initialised bytes that this buffer owns, borrowed exclusively; without lines the pointer is aligned and
        // not null, which a slice of 0 allows.
        unsafe { std::slice::from_raw_parts_mut(self.ptr.as_ptr(), self.len()) }
    }

    /// The block that had these bytes is gone: they are kept for the next, or given back.
    pub(super) fn retire(self) {
        Kept::put(self);
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let bytes = self.len();
        if bytes == 0 {
            return;
        }
        HELD.fetch_sub(bytes as u64, Ordering::Relaxed);
        match &self.of {
            // SAFETY: the allocator gave these bytes with this layout, beginning so far in front (`heap`).
            Origin::Heap(front) => unsafe {
                std::alloc::dealloc(self.ptr.as_ptr().sub(usize::from(*front)), layout(bytes));
            },
            // SAFETY: these pages were mapped with this length (`pages`) and nothing refers to them any more.
            #[cfg(target_os = "linux")]
            Origin::Pages => unsafe {
                libc::munmap(self.ptr.as_ptr().cast(), bytes);
            },
            // SAFETY: this buffer is one part of the slab (`pages`) and nothing refers to it any more.
            #[cfg(target_os = "linux")]
            Origin::Slab(slab) => unsafe { slab.give_back(self.ptr, bytes) },
            #[cfg(not(target_os = "linux"))]
            Origin::Pages => {}
        }
    }
}

/// What the allocator is asked for. It is slow at bytes that are aligned to more than any type of C is, so it is asked for some
/// more, and those that are aligned are taken.
fn layout(bytes: usize) -> Layout {
    Layout::from_size_align(bytes + LINE - ALIGNED, ALIGNED).expect("checked by `byte_len`")
}

/// Bytes below which an allocator has some of each size at hand, but mostly not as zeros: it would lock what all threads share.
const SMALL: usize = 1 << 10;

fn heap(bytes: usize) -> (NonNull<u8>, Origin) {
    let layout = layout(bytes);
    let base = if bytes < SMALL {
        // SAFETY: the layout has a non-zero size.
        let base = unsafe { std::alloc::alloc(layout) };
        if !base.is_null() {
            // Seen together, the two would be compiled to what is asked for zeros.
            let base = std::hint::black_box(base);
            // SAFETY: the allocator gave so many bytes.
            unsafe { base.write_bytes(0, layout.size()) };
        }
        base
    } else {
        // SAFETY: the layout has a non-zero size.
        unsafe { std::alloc::alloc_zeroed(layout) }
    };
    let front = base.addr().next_multiple_of(LINE) - base.addr();
    // SAFETY: `base` is aligned to `ALIGNED`, so that `front` is at most the `LINE - ALIGNED` bytes that were asked for beyond
    // `bytes`; of a null pointer it is 0.
    let ptr = NonNull::new(unsafe { base.add(front) });
    (ptr.unwrap_or_else(|| std::alloc::handle_alloc_error(layout)), Origin::Heap(front as u8))
}

/// Pages of zeros; none for few bytes, or where the system has no more mappings: the allocator may still have bytes.
#[cfg(target_os = "linux")]
fn pages(bytes: usize) -> Option<(NonNull<u8>, Origin)> {
    match bytes {
        0..PAGES => None,
        PAGES..HUGE => Slab::cut(bytes).map(|(ptr, slab)| (ptr, Origin::Slab(slab))),
        HUGE.. => map(bytes).map(|ptr| (ptr, Origin::Pages)),
    }
}

#[cfg(not(target_os = "linux"))]
fn pages(bytes: usize) -> Option<(NonNull<u8>, Origin)> {
    let _ = (bytes < PAGES, Origin::Pages);
    None
}

/// Pages of one buffer, huge ones if the system has some.
#[cfg(target_os = "linux")]
fn map(bytes: usize) -> Option<NonNull<u8>> {
    let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: a new mapping at an address that the system chooses touches no memory of ours.
    let ptr = unsafe { libc::mmap(std::ptr::null_mut(), bytes, protection, flags, -1, 0) };
    if ptr == libc::MAP_FAILED {
        return None;
    }
    // SAFETY: advice on the pages that were just mapped; where it is not taken they are as they were.
    unsafe { libc::madvise(ptr, bytes, libc::MADV_HUGEPAGE) };
    NonNull::new(ptr.cast())
}

/// Buffers of dropped blocks by their number of lines: those that were kept since the last look, and those of before.
#[derive(Default)]
struct Kept {
    young: HashMap<usize, Vec<Buffer>>,
    old: HashMap<usize, Vec<Buffer>>,
    watched: bool,
}

impl Kept {
    fn take(lines: usize) -> Option<Buffer> {
        if lines * LINE < WORTH {
            return None;
        }
        let mut kept = KEPT_BUFFERS.lock().ok()?;
        let kept = kept.as_mut()?;
        let from = |by_lines: &mut HashMap<usize, Vec<Buffer>>| by_lines.get_mut(&lines)?.pop();
        let buffer = from(&mut kept.young).or_else(|| from(&mut kept.old))?;
        KEPT_BYTES.fetch_sub(buffer.len() as u64, Ordering::Relaxed);
        count(buffer.len() as i64);
        Some(buffer)
    }

    fn put(buffer: Buffer) {
        let bytes = buffer.len();
        if bytes > 0 {
            count(-(bytes as i64));
        }
        if bytes < WORTH {
            return;
        }
        let Ok(mut kept) = KEPT_BUFFERS.lock() else { return };
        let kept = kept.get_or_insert_default();
        // Without a thread that gives back nothing may be kept.
        kept.watched = kept.watched || watch();
        if kept.watched && self::kept() + bytes as u64 <= KEPT {
            KEPT_BYTES.fetch_add(bytes as u64, Ordering::Relaxed);
            kept.young.entry(buffer.lines).or_default().push(buffer);
        }
    }

    fn take_all(&mut self) -> [HashMap<usize, Vec<Buffer>>; 2] {
        KEPT_BYTES.store(0, Ordering::Relaxed);
        [std::mem::take(&mut self.young), std::mem::take(&mut self.old)]
    }

    /// What has rested for long enough; what is left rests from now on. `None` when nothing is left.
    fn age(&mut self) -> Option<HashMap<usize, Vec<Buffer>>> {
        if self.young.is_empty() && self.old.is_empty() {
            self.watched = false;
            return None;
        }
        let rested = std::mem::replace(&mut self.old, std::mem::take(&mut self.young));
        let bytes = rested.values().flatten().map(|b| b.len() as u64).sum();
        KEPT_BYTES.fetch_sub(bytes, Ordering::Relaxed);
        Some(rested)
    }
}

/// Starts the thread that gives kept buffers back; it ends when none are left.
fn watch() -> bool {
    let look = || {
        loop {
            std::thread::sleep(REST);
            let rested = KEPT_BUFFERS.lock().ok().and_then(|mut kept| kept.as_mut().and_then(Kept::age));
            match rested {
                Some(rested) => drop(rested),
                None => return,
            }
        }
    };
    std::thread::Builder::new().name("nums-give-back".to_owned()).stack_size(64 << 10).spawn(look).is_ok()
}

//! How this executable becomes a worker when it is started as one.
//!
//! A worker process is this executable started again, with an inherited descriptor whose number stands in `NUMS_WORKER_FD`. The
//! hook runs before `main` (feature `worker-hook`, Linux), `init` is the portable entry. Either acts only if the descriptor
//! is a Unix socket whose other end was made by the parent process, so that a variable that leaked from somewhere does
//! nothing; the variable is unset first. Address and secret come through the socket. A marked process that has no such entry
//! and reaches a cluster says so to its parent and ends: it must not run the user's program a second time.
#![allow(unsafe_code)]

/// Names the descriptor of a worker's socket; nothing else goes through the environment.
pub const VARIABLE: &str = "NUMS_WORKER_FD";

/// First byte of a worker on its socket: it has an entry and goes on.
pub const ENTERED: u8 = b'W';
/// First byte of a worker on its socket: it reached the user's program.
pub const NO_ENTRY: u8 = b'N';

/// Makes this process a worker if it was started as one, and returns otherwise. Call it first in `main` where the feature
/// `worker-hook` is off.
pub fn init() {
    #[cfg(target_os = "linux")]
    linux::enter();
}

/// Whether this process was started as a worker and has not become one: clusters must not be made here.
pub fn is_worker_process() -> bool {
    #[cfg(target_os = "linux")]
    return linux::marked().is_some();
    #[cfg(not(target_os = "linux"))]
    return false;
}

/// Ends a process that was started as a worker but reached the user's program, after telling its parent; returns in any other
/// process. Everything that makes a cluster calls this first.
pub fn leave_if_worker() {
    #[cfg(target_os = "linux")]
    linux::leave();
}

#[cfg(target_os = "linux")]
mod linux {
    use super::{ENTERED, NO_ENTRY, VARIABLE};
    use std::io::Write;
    use std::os::fd::{FromRawFd, RawFd};
    use std::os::unix::net::UnixStream;

    /// Functions in this section run before `main`.
    #[cfg(feature = "worker-hook")]
    #[used]
    // SAFETY: the section holds pointers to functions of this type; the loader calls them with arguments that C allows to ignore.
    #[unsafe(link_section = ".init_array")]
    static HOOK: extern "C" fn() = {
        extern "C" fn hook() {
            enter();
        }
        hook
    };

    pub(super) fn enter() {
        let Some(fd) = std::env::var_os(VARIABLE) else { return };
        // SAFETY: before `main`, or first in it, no other thread reads the environment.
        unsafe { std::env::remove_var(VARIABLE) };
        let Some(mut socket) = fd.to_str().and_then(|fd| fd.parse().ok()).and_then(own) else {
            eprintln!("nums: {VARIABLE}={} names no socket of the parent process and is ignored", fd.display());
            return;
        };
        quiet_signals();
        if socket.write_all(&[ENTERED]).is_ok() {
            crate::worker::serve::serve(socket);
        }
        // The parent is gone, and with it every reason to run.
        exit();
    }

    pub(super) fn leave() {
        if let Some(mut socket) = marked().and_then(own) {
            // If the parent is gone there is nobody to tell.
            let _ = socket.write_all(&[NO_ENTRY]);
            exit();
        }
    }

    /// The descriptor of a process that was started as a worker and has not become one.
    pub(super) fn marked() -> Option<RawFd> {
        let fd: RawFd = std::env::var(VARIABLE).ok()?.parse().ok()?;
        is_from_parent(fd).then_some(fd)
    }

    /// The socket `fd`, if the parent process made it. It is not inherited further.
    fn own(fd: RawFd) -> Option<UnixStream> {
        if !is_from_parent(fd) {
            return None;
        }
        // SAFETY: `fd` is open (it has just been asked for its peer) and was inherited for us alone; the variable that names it
        // is unset or the process ends, so nothing else takes it over.
        let socket = unsafe { UnixStream::from_raw_fd(fd) };
        // SAFETY: a call on an open descriptor without memory.
        unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
        Some(socket)
    }

    /// Whether `fd` is a Unix socket whose pair was made by the parent process, as the same user.
    fn is_from_parent(fd: RawFd) -> bool {
        let (mut domain, mut peer) = (0 as libc::c_int, libc::ucred { pid: 0, uid: 0, gid: 0 });
        option(fd, libc::SO_DOMAIN, &mut domain)
            && domain == libc::AF_UNIX
            && option(fd, libc::SO_PEERCRED, &mut peer)
            // SAFETY: calls without arguments that cannot fail.
            && unsafe { peer.pid == libc::getppid() && peer.uid == libc::geteuid() }
    }

    fn option<T>(fd: RawFd, name: libc::c_int, value: &mut T) -> bool {
        let mut size = size_of::<T>() as libc::socklen_t;
        // SAFETY: the kernel writes at most `size` bytes to `value`, which has that size and is plain integers.
        let answer = unsafe { libc::getsockopt(fd, libc::SOL_SOCKET, name, std::ptr::from_mut(value).cast(), &raw mut size) };
        answer == 0 && size as usize == size_of::<T>()
    }

    /// A worker ends when its driver does: not by the interrupt that a terminal sends to all, and not by a broken pipe.
    fn quiet_signals() {
        // SAFETY: ignoring a signal needs no handler.
        unsafe {
            libc::signal(libc::SIGINT, libc::SIG_IGN);
            libc::signal(libc::SIGPIPE, libc::SIG_IGN);
        }
    }

    /// Ends the process without running what the user's program would run at its end.
    fn exit() -> ! {
        // SAFETY: ends the process; no state of it matters any more.
        unsafe { libc::_exit(0) }
    }
}

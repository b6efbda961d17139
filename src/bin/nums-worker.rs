//! The stock worker: joins a driver on any machine and runs element-wise groups with the interpreter. A program of one's own
//! that calls `nums::worker_main` has native kernels. `nums-worker --help` lists the arguments.

#[cfg(target_os = "linux")]
fn main() {
    nums::worker_main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("nums-worker: Linux only so far");
    std::process::exit(1);
}

//! Settings of every socket: no delay for small messages, and an end to waiting for a machine that is cut off.
//!
//! A process that dies closes its sockets, which the other end sees at once. A machine that loses its network says nothing:
//! the kernel then asks idle connections for a sign of life, and gives a connection up whose bytes nobody confirms.

use socket2::{SockRef, TcpKeepalive};
use std::time::Duration;
use tokio::net::TcpStream;

/// Time without traffic after which the kernel asks the other end.
const IDLE: Duration = Duration::from_secs(3);
/// Time between two such questions.
const AGAIN: Duration = Duration::from_secs(1);
/// Time after which a connection whose other end confirms nothing is given up.
const UNCONFIRMED: Duration = Duration::from_secs(8);

/// Sets what every socket of a cluster has.
pub fn prepare(stream: &TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(IDLE).with_interval(AGAIN))?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(UNCONFIRMED))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{UNCONFIRMED, prepare};

    #[test]
    fn a_connection_to_a_machine_that_is_gone_is_given_up() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let stream = tokio::net::TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            prepare(&stream).unwrap();
            assert!(stream.nodelay().unwrap());
            let socket = socket2::SockRef::from(&stream);
            assert!(socket.keepalive().unwrap());
            assert_eq!(socket.tcp_user_timeout().unwrap(), Some(UNCONFIRMED));
        });
    }
}

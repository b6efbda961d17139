//! Whoever knocks and does not belong: garbage, silence, crowds, huge lengths, another version, a wrong token. None gets in, none
//! keeps a member out, and each is turned away with a reason.
#![cfg(target_os = "linux")]

use nums_runtime::wire::WireError;
use nums_runtime::wire::auth::{self, ClusterId, Key, Role, Secret};
use nums_runtime::wire::door::{Door, STRANGERS, Visitor};
use std::collections::VecDeque;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

fn key(token: &[u8]) -> Key {
    Key { secret: Secret::of_token(token), cluster: ClusterId::UNKNOWN }
}

/// An attended door of a driver, and who comes.
async fn door() -> (SocketAddr, UnboundedReceiver<Visitor>) {
    let key = Key::new(Secret::of_token(b"the token")).unwrap();
    let door = Door::open("127.0.0.1:0", key, Role::Driver, |r| r == Role::Joiner).await.unwrap();
    let address = door.address().unwrap();
    let (greet, visitors) = unbounded_channel();
    tokio::spawn(door.attend(move |visitor| greet.send(visitor).is_ok()));
    (address, visitors)
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

async fn join(address: SocketAddr, token: &[u8]) -> Result<ClusterId, WireError> {
    let mut stream = TcpStream::connect(address).await?;
    auth::dial(&mut stream, &key(token), Role::Joiner, Role::Driver).await
}

/// Why a stranger with these first words is turned away; it closes behind them.
async fn refused(words: &[u8]) -> String {
    let (address, mut visitors) = door().await;
    let mut stranger = TcpStream::connect(address).await.unwrap();
    stranger.write_all(words).await.unwrap();
    stranger.shutdown().await.unwrap();
    match visitors.recv().await.unwrap() {
        Visitor::Refused(_, why) => why.to_string(),
        Visitor::Member(..) => panic!("{words:?} got in"),
    }
}

#[test]
fn each_stranger_hears_no_more_than_a_closed_door_and_the_driver_hears_why() {
    run(async {
        assert_eq!(refused(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await, "the other end does not speak nums");
        let frame = |version: u8, kind: u8, length: u64| {
            [&b"NUMS"[..], &[version, 0, kind, 0], &[0; 4], &length.to_le_bytes(), &[0; 300]].concat()
        };
        let version = nums_runtime::wire::frame::VERSION as u8;
        assert_eq!(refused(&frame(version, 1, u64::MAX)).await, "a frame of 18446744073709551615 bytes, 256 are allowed");
        assert_eq!(refused(&frame(version, 3, 1 << 30)).await, "a frame of 1073741824 bytes, 1048842 are allowed");
        assert_eq!(refused(&frame(version, 3, 1 << 20)).await, "refused: a step of the challenge was left out");
        assert_eq!(refused(&frame(99, 1, 78)).await, format!("protocol version 99, expected {version}"));
        assert!(!refused(b"").await.is_empty());
        assert!(!refused(b"NU").await.is_empty());
    });
}

#[test]
fn a_wrong_token_is_refused_and_the_right_one_gets_in() {
    run(async {
        let (address, mut visitors) = door().await;
        let error = join(address, b"another").await.unwrap_err();
        assert_eq!(error.to_string(), "refused: the listener does not know the secret");
        let Some(Visitor::Refused(_, why)) = visitors.recv().await else { panic!("nobody is refused") };
        assert!(why.to_string().contains("another token"), "{why}");
        assert_ne!(join(address, b"the token").await.unwrap(), ClusterId::UNKNOWN);
        assert!(matches!(visitors.recv().await, Some(Visitor::Member(Role::Joiner, ..))));
    });
}

#[test]
fn ten_thousand_connections_do_not_keep_a_member_out() {
    run(async {
        let (address, mut visitors) = door().await;
        let mut open = VecDeque::new();
        for n in 0..10_000 {
            let mut stranger = TcpStream::connect(address).await.unwrap();
            if n % 3 == 0 {
                // Some talk, and the door may have been shut on them already.
                drop(stranger.write_all(&[n as u8; 64]).await);
            }
            open.push_back(stranger);
            if open.len() > STRANGERS + 100 {
                open.pop_front();
            }
        }
        // More than may wait are still connected and silent.
        assert!(open.len() > STRANGERS);
        assert_ne!(join(address, b"the token").await.unwrap(), ClusterId::UNKNOWN);
        let mut refused = 0;
        while let Some(visitor) = visitors.recv().await {
            match visitor {
                Visitor::Refused(..) => refused += 1,
                Visitor::Member(role, ..) => {
                    assert_eq!(role, Role::Joiner);
                    break;
                }
            }
        }
        assert!(refused > 5_000, "only {refused} were refused");
    });
}

#[test]
fn a_silent_connection_is_closed_in_time() {
    run(async {
        let (address, mut visitors) = door().await;
        let mut silent = TcpStream::connect(address).await.unwrap();
        silent.write_all(b"NUMS").await.unwrap();
        let Some(Visitor::Refused(_, why)) = visitors.recv().await else { panic!("silence got in") };
        assert_eq!(why.to_string(), "no answer in time: the challenge");
        assert_eq!(silent.read(&mut [0; 8]).await.unwrap(), 0);
    });
}

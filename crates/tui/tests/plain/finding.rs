//! Finding servers on the local network.

use std::{
    net::{Ipv4Addr, UdpSocket},
    process::Command,
    time::Duration,
};

use crate::house::House;

/// Does this machine's network carry what is sent to a group back to whoever listens here?
fn multicast_works() -> bool {
    let group = Ipv4Addr::new(224, 0, 0, 250);
    let try_it = || -> std::io::Result<bool> {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        socket.join_multicast_v4(&group, &Ipv4Addr::UNSPECIFIED)?;
        socket.set_multicast_loop_v4(true)?;
        socket.set_read_timeout(Some(Duration::from_secs(2)))?;
        socket.send_to(b"snug", (group, socket.local_addr()?.port()))?;
        let mut bytes = [0; 8];
        Ok(socket.recv(&mut bytes)? == 4)
    };
    try_it().unwrap_or(false)
}

fn find() -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_snug"));
    let output = command.args(["find", "--seconds", "3"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn k10_a_server_that_announces_itself_is_found_with_the_line_that_joins_it_and_no_other_is() {
    if !multicast_works() {
        eprintln!("\n!!! skipped: this machine's network has no multicast\n");
        return;
    }
    let announced = House::with(|options| options.announce = true);
    let silent = House::new();
    let found = find();
    assert!(
        found.contains(&format!("snug join \"{}\"", announced.link())),
        "{found}"
    );
    assert!(!found.contains(&silent.link()), "{found}");
    let link = announced.link();
    drop(announced);
    let found = find();
    assert!(
        !found.contains(&link),
        "it took its announcement back: {found}"
    );
}

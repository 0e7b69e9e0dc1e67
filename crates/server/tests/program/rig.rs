//! `snugd` under a test rig: one file says everything, one folder holds everything (K5).

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use super::{bad_options, run, said, snugd, start};

/// What a rig of the IRC world starts `snugd` with.
fn file(folder: &std::path::Path) -> String {
    let folder = folder.display();
    format!(
        "data = \"{folder}/data\"\n\
         listen = [\"127.0.0.1:0\"]\n\
         listen_plain = [\"127.0.0.1:0\"]\n\
         durability = \"process\"\n\
         registration = \"open\"\n\
         server_name = \"My.Little.Server\"\n\
         network_name = \"Rig Net\"\n\
         motd = \"{folder}/motd.txt\"\n\
         operator = \"operuser\"\n\
         operator_password = \"oper\"\n\
         messages_per_second = 0\n\
         trusted = [\"127.0.0.0/8\"]\n\
         cheap_passwords_for_tests = true\n\
         short_passwords_for_tests = true\n"
    )
}

#[test]
fn k5_a_rig_starts_a_server_from_one_file_and_signs_in_as_its_operator() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("rig.toml");
    std::fs::write(&config, file(folder.path())).unwrap();
    std::fs::write(folder.path().join("motd.txt"), "Be kind.\n").unwrap();
    for _first_and_later in 0..2 {
        let mut server = start(
            &folder.path().join("data"),
            &["--config", config.to_str().unwrap()],
        );
        let plain = loop {
            let line = server.line();
            if let Some(address) = line.strip_prefix("IRC without TLS on ") {
                break address.to_owned();
            }
        };
        let mut stream = TcpStream::connect(plain).unwrap();
        stream
            .write_all(b"PASS operuser:oper\r\nNICK operuser\r\nUSER o 0 * :o\r\n")
            .unwrap();
        let mut seen = String::new();
        let mut reader = BufReader::new(&stream);
        while !seen.contains(" 376 ") {
            assert_ne!(reader.read_line(&mut seen).unwrap(), 0, "{seen}");
        }
        for words in [
            ":My.Little.Server 001 operuser :",
            "NETWORK=Rig\\x20Net",
            " 372 operuser :- Be kind.\r\n",
        ] {
            assert!(seen.contains(words), "no {words} in {seen}");
        }
        let told = Instant::now();
        assert_eq!(server.stop(), 0);
        assert!(told.elapsed() < Duration::from_secs(3), "ended too late");
    }
}

#[test]
fn s1_irc_without_tls_is_for_loopback_unless_the_operator_insists() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    bad_options(
        snugd().args(["--listen-plain", "0.0.0.0:0"]),
        &["--listen-plain", "--plain-beyond-loopback"],
    );
    let insists = ["--listen-plain", "0.0.0.0:0", "--plain-beyond-loopback"];
    let mut server = start(&data, &insists);
    assert!(server.line().starts_with("Snug "));
    assert_eq!(server.stop(), 0);
}

#[test]
fn an_operator_needs_a_name_and_a_password() {
    bad_options(
        snugd().args(["--operator", "boss"]),
        &["--operator-password"],
    );
    let (status, _, error) = said(&run(&["--motd", "/nowhere/at/all"]));
    assert_eq!(status, 2);
    assert!(error.contains("/nowhere/at/all"), "{error}");
}

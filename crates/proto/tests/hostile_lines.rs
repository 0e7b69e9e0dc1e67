//! What a stranger can send in place of a request, and the one code that each gets. The rules are
//! docs/protocol.md's; here stand the traps of JSON and of the library that reads it.

use snug_proto::{
    ErrorCode, Request,
    limits::MAX_LINE_BYTES,
    line::{decode_request, decode_server_line},
};

use ErrorCode::{BadJson, BadRequest, LineTooLong, NotUtf8, UnknownRequest};

#[test]
fn what_is_not_one_json_object_is_bad_json() {
    for line in [
        "",
        " ",
        "\t",
        "\0",
        "hello",
        "PING",
        "null",
        "true",
        "7",
        "\"ping\"",
        "[]",
        // serde would read a struct from an array, member by member.
        r#"[1,"ping"]"#,
        r#"[{"id":1,"do":"ping"}]"#,
        "{",
        r#"{"id":1,"do":"ping""#,
        r#"{"id":1,"do":"ping"}}"#,
        r#"{"id":1,"do":"ping"} {"id":2,"do":"ping"}"#,
        r#"{"id":1,"do":"ping"},"#,
        r"{'id':1,'do':'ping'}",
        r#"{id:1,"do":"ping"}"#,
        r#"{"id":1,"do":"ping",}"#,
        r#"{"id":01,"do":"ping"}"#,
        r#"{"id":0x1,"do":"ping"}"#,
        r#"{"id":NaN,"do":"ping"}"#,
        // No number that could be represented at all, to the library.
        r#"{"id":1e999,"do":"ping"}"#,
        r#"{"id":1,"do":"ping"}/* */"#,
        "\u{feff}{\"id\":1,\"do\":\"ping\"}",
        "{\"id\":1,\"do\":\"ping\",\"x\":\"\u{1}\"}",
        "{\"id\":1,\"do\":\"pi\nng\"}",
        r#"{"id":1,"do":"\ud800"}"#,
        r#"{"id":1,"do":"\x70ing"}"#,
    ] {
        refused(line, BadJson, None);
    }
}

#[test]
fn an_id_is_a_whole_number_of_64_bits_said_once() {
    for id in [
        "-1",
        "1.0",
        "1.5",
        "1e3",
        "18446744073709551616",
        "99999999999999999999999999999999",
        "\"1\"",
        "null",
        "true",
        "[1]",
        "{}",
    ] {
        refused(&format!(r#"{{"id":{id},"do":"ping"}}"#), BadRequest, None);
    }
    refused(r#"{"do":"ping"}"#, BadRequest, None);
    refused(r#"{"ID":1,"do":"ping"}"#, BadRequest, None);
    refused(r#"{"id":1,"id":2,"do":"ping"}"#, BadRequest, None);
    for id in [0, 1, u64::from(u32::MAX), (1 << 53) + 1, u64::MAX] {
        let line = format!(r#"{{"id":{id},"do":"ping"}}"#);
        assert_eq!(decode_request(line.as_bytes()).unwrap().0, id);
    }
}

#[test]
fn what_to_do_is_a_string_said_once_and_known() {
    refused(r#"{"id":1}"#, BadRequest, Some(1));
    for what in ["1", "null", "[\"ping\"]", "{\"ping\":1}"] {
        let line = format!(r#"{{"id":1,"do":{what}}}"#);
        refused(&line, BadRequest, Some(1));
    }
    refused(r#"{"id":1,"do":"ping","do":"quit"}"#, BadRequest, Some(1));
    for what in [
        "",
        "Ping",
        "ping ",
        "\\u0000",
        "ping\\u0000",
        "answer",
        "пинг",
    ] {
        refused(
            &format!(r#"{{"id":1,"do":"{what}"}}"#),
            UnknownRequest,
            Some(1),
        );
    }
    // Escapes are JSON's own way to write the same string.
    let (_, request) = decode_request(br#"{"\u0069d":1,"do":"p\u0069ng"}"#).unwrap();
    assert!(matches!(request, Request::Ping(_)));
}

#[test]
fn a_field_is_there_once_and_of_its_kind() {
    for fields in [
        "",
        r#""name":"ann""#,
        r#""name":"ann","password":7"#,
        r#""name":"ann","password":null"#,
        r#""name":["ann"],"password":"x""#,
        r#""name":"ann","name":"bob","password":"x""#,
        r#""name":"\ud800","password":"x""#,
        r#""name":"\udc00\ud800","password":"x""#,
    ] {
        let comma = if fields.is_empty() { "" } else { "," };
        let line = format!(r#"{{"id":1,"do":"sign_in"{comma}{fields}}}"#);
        refused(&line, BadRequest, Some(1));
    }
    for line in [
        r#"{"id":1,"do":"mark","room":"lobby","seq":-1}"#,
        r#"{"id":1,"do":"mark","room":"lobby","seq":1.0}"#,
        r#"{"id":1,"do":"mark","room":"lobby","seq":18446744073709551616}"#,
        r#"{"id":1,"do":"read","room":"lobby","since":"yesterday"}"#,
        r#"{"id":1,"do":"read","room":"lobby","log":"r:aibaeaqcaibaeaqcaibaeaqcai"}"#,
        r#"{"id":1,"do":"follow","cursors":{"lobby":{"log":"l:ambqgaydambqgaydambqgaydam","seq":1}}}"#,
        r#"{"id":1,"do":"sign_in_start","name":"ann","opaque":"not base64url!"}"#,
        r#"{"id":1,"do":"sign_in_start","name":"ann","opaque":"AAEC_w=="}"#,
        r#"{"id":1,"do":"server","registration":"everybody"}"#,
        r#"{"id":1,"do":"register_finish","opaque":"AA","argon2":{"memory_kib":4294967296,"passes":1,"lanes":1}}"#,
    ] {
        refused(line, BadRequest, Some(1));
    }
}

#[test]
fn a_refusal_names_the_missing_field_and_never_repeats_a_value() {
    let bad = decode_request(br#"{"id":1,"do":"sign_in","name":"ann"}"#).unwrap_err();
    assert_eq!(bad.refusal.text, "The request lacks \"password\".");
    for line in [
        r#"{"id":1,"do":"sign_in","name":"ann","password":["sesame"]}"#,
        r#"{"id":1,"do":"sign_in","name":{"sesame":1},"password":"x"}"#,
        r#"{"id":1,"do":"sesame"}"#,
        r#"{"id":"sesame","do":"ping"}"#,
        r#"{"id":1,"do":"server","registration":"sesame"}"#,
        r#"{"id":1,"do":"read","room":"lobby","since":"sesame"}"#,
    ] {
        let bad = decode_request(line.as_bytes()).unwrap_err();
        assert!(!bad.refusal.text.contains("sesame"), "{line}");
    }
}

#[test]
fn what_no_request_has_is_skipped() {
    for line in [
        r#"{"id":1,"do":"ping","later":{"a":[1,2,{"b":null}]},"more":1e999}"#,
        r#"{"later":1,"later":2,"do":"ping","id":1}"#,
        " \t{ \"id\" : 1 , \"do\" : \"ping\" } \r",
        r#"{"id":1,"do":"ping","x":"\ud800"}"#,
    ] {
        assert!(decode_request(line.as_bytes()).is_ok(), "{line}");
    }
}

#[test]
fn nesting_costs_neither_the_stack_nor_much_time() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let depth = 10_000;
        let deep = format!("{}1{}", open.repeat(depth), close.repeat(depth));
        let skipped = format!(r#"{{"id":1,"do":"ping","x":{deep}}}"#);
        assert!(decode_request(skipped.as_bytes()).is_ok());
        let in_a_field = format!(r#"{{"id":1,"do":"send","room":"lobby","body":{deep}}}"#);
        refused(&in_a_field, BadRequest, Some(1));
        refused(&deep, if open == "[" { BadJson } else { BadRequest }, None);
        refused(
            &open.repeat(30_000.min(MAX_LINE_BYTES / open.len())),
            BadJson,
            None,
        );
        let event = format!(r#"{{"ev":"notice","text":"hi","x":{deep}}}"#);
        assert!(decode_server_line(event.as_bytes()).is_err());
        let answer = format!(r#"{{"re":1,"ok":{deep}}}"#);
        assert!(decode_server_line(answer.as_bytes()).is_ok());
    }
}

#[test]
fn a_line_has_its_length_and_its_encoding() {
    let longest = |length: usize| {
        let frame = r#"{"id":1,"do":"ping","x":""}"#;
        let filling = "a".repeat(length - frame.len());
        format!(r#"{{"id":1,"do":"ping","x":"{filling}"}}"#)
    };
    assert!(decode_request(longest(MAX_LINE_BYTES).as_bytes()).is_ok());
    refused(&longest(MAX_LINE_BYTES + 1), LineTooLong, None);
    for bytes in [
        &b"\xff"[..],
        b"{\"id\":1,\"do\":\"ping\",\"x\":\"\xff\"}",
        b"{\"id\":1,\"do\":\"ping\",\"x\":\"\xed\xa0\x80\"}",
        b"{\"id\":1,\"do\":\"ping\",\"x\":\"\xc0\x80\"}",
        b"{\"id\":1,\"do\":\"ping\"}\xe2\x82",
    ] {
        let bad = decode_request(bytes).unwrap_err();
        assert_eq!((bad.refusal.code, bad.id), (NotUtf8, None), "{bytes:?}");
    }
}

#[test]
fn nul_and_other_controls_reach_the_rules_as_what_they_are() {
    let line = br#"{"id":1,"do":"send","room":"a\u0000b","body":"\u0000\u001b[2J"}"#;
    let (_, request) = decode_request(line).unwrap();
    let Request::Send(send) = request else {
        panic!("{request:?}")
    };
    assert_eq!(send.body, "\0\u{1b}[2J");
    let body = snug_proto::Body::parse(send.body);
    assert_eq!(body, Err(ErrorCode::BadBody));
    assert_eq!(send.room, Some("a\0b".into()));
}

#[test]
fn a_server_that_sends_nonsense_is_an_error_to_its_client() {
    for line in [
        "",
        "null",
        "[]",
        "[1]",
        "{}",
        r#"{"re":1}"#,
        r#"{"re":1,"ok":null}"#,
        r#"{"re":-1,"ok":{}}"#,
        r#"{"re":"1","ok":{}}"#,
        r#"{"re":1,"error":{"code":7,"text":"x"}}"#,
        r#"{"re":1,"error":"busy"}"#,
        r#"{"ev":7}"#,
        r#"{"ev":"message"}"#,
        r#"{"ev":"notice","text":"a","text":"b"}"#,
        r#"{"ev":"notice","text":"a"} x"#,
        r#"{"ev":"notice","text":"\ud800"}"#,
        r#"["notice",{"text":"a"}]"#,
    ] {
        assert!(decode_server_line(line.as_bytes()).is_err(), "{line}");
    }
    let too_long = format!(
        r#"{{"ev":"notice","text":"{}"}}"#,
        "a".repeat(MAX_LINE_BYTES)
    );
    assert!(decode_server_line(too_long.as_bytes()).is_err());
}

#[expect(clippy::panic, reason = "a test helper")]
fn refused(line: &str, code: ErrorCode, id: Option<u64>) {
    let shown: String = line.chars().take(120).collect();
    match decode_request(line.as_bytes()) {
        Ok((_, request)) => panic!("{shown} is read as {request:?}"),
        Err(bad) => assert_eq!((bad.refusal.code, bad.id), (code, id), "{shown}"),
    }
}

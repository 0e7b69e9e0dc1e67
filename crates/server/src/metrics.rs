//! Metrics for Prometheus, and whether the server is well, over HTTP on an address of their own (O3). Off
//! unless the operator names one: whoever reaches it sees how many are here, and which addresses misbehave.

mod asked;
#[cfg(test)]
mod fuzz_body;

use std::{fmt::Write as _, io, net::SocketAddr, sync::Arc, time::Duration};

use snug_engine::{Addresses, Engine};
use snug_gate::Door;
use snug_proto::{DoorState, LockdownLevel};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::serving::{Bounds, serve};
use asked::{MAX_HEAD_BYTES, Page, Part, asked};

/// Whoever asks has so long for it, with so many others.
const BOUNDS: Bounds = Bounds {
    at_once: 8,
    patience: Duration::from_secs(5),
};

/// The open address. Dropping it closes it.
#[derive(Debug)]
pub(crate) struct Metrics {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Drop for Metrics {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// What is told.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) engine: Arc<Engine>,
    pub(crate) door: Arc<Door>,
    pub(crate) addresses: Addresses,
}

impl Metrics {
    /// Listens.
    pub(crate) async fn open(address: SocketAddr, source: Source) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let serving = tokio::spawn(serve(
            move |context| listener.poll_accept(context).map_ok(|(stream, _)| stream),
            BOUNDS,
            move |stream| answer(stream, source.clone()),
        ));
        Ok(Self { address, serving })
    }
}

async fn answer(mut stream: TcpStream, source: Source) -> io::Result<()> {
    let (reader, mut writer) = stream.split();
    let mut head = Vec::new();
    let mut reader = reader.take(MAX_HEAD_BYTES as u64);
    let asked = loop {
        let ended = reader.read_buf(&mut head).await? == 0;
        if let Some(asked) = asked(&head, ended) {
            break asked;
        }
    };
    let (status, body) = match asked.page {
        Page::Metrics => ("200 OK", source.metrics()),
        Page::Health => match source.engine.is_well().await {
            Ok(()) => ("200 OK", "ok\n".to_owned()),
            Err(sentence) => ("503 Service Unavailable", format!("{sentence}\n")),
        },
        Page::Unknown => (
            "404 Not Found",
            "There are /metrics and /health.\n".to_owned(),
        ),
    };
    let length = body.len();
    let body = match asked.part {
        Part::Whole => body.as_str(),
        Part::Head => "",
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    writer.write_all(answer.as_bytes()).await
}

impl Source {
    /// Prometheus' text format, version 0.0.4.
    fn metrics(&self) -> String {
        let state = self.engine.door_state();
        let of = self.door.statistics();
        let mut text = String::new();
        let mut put = |name: &str, kind: &str, help: &str, values: &[(&str, u64)]| {
            // Writing to a string does not fail.
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
            for (labels, value) in values {
                let _ = writeln!(text, "{name}{labels} {value}");
            }
        };
        let signed_in = self.engine.signed_in();
        let known = state.outside.saturating_add(signed_in);
        put(
            "snug_connections",
            "gauge",
            "Open connections.",
            &[
                ("{state=\"handshake\"}", self.door.handshaking()),
                ("{state=\"outside\"}", state.outside),
                ("{state=\"signed_in\"}", signed_in),
                ("{state=\"closing\"}", state.open.saturating_sub(known)),
            ],
        );
        for (name, help, value) in [
            (
                "snug_accepted_total",
                "Connections accepted.",
                of.accepted(),
            ),
            (
                "snug_refused_total",
                "Connections refused at the door.",
                of.refused(),
            ),
            (
                "snug_failed_handshakes_total",
                "TLS handshakes that failed or took too long.",
                of.failed_handshakes(),
            ),
            ("snug_opened_total", "Connections opened.", of.opened()),
            (
                "snug_closed_total",
                "Connections that have ended.",
                of.closed(),
            ),
            (
                "snug_written_bytes_total",
                "Bytes written to peers.",
                of.written_bytes(),
            ),
        ] {
            put(name, "counter", help, &[("", value)]);
        }
        let shut = self.door.shut_out_by();
        let shut = shut.map(|(why, times)| (format!("{{why=\"{}\"}}", why.name()), times));
        let shut: Vec<(String, u64)> = shut.collect();
        let shut: Vec<(&str, u64)> = shut.iter().map(|of| (of.0.as_str(), of.1)).collect();
        let help = "Times that an address or a network was shut out, and why.";
        put("snug_shut_out_total", "counter", help, &shut);
        let (_, no_room, _) = self.door.room();
        let help = "Connections that could not be taken for want of open files.";
        put("snug_no_room_total", "counter", help, &[("", no_room)]);
        for (name, help, value) in self.at_door(&state) {
            put(name, "gauge", help, &[("", value)]);
        }
        if self.addresses == Addresses::Kept {
            let worst = state.offenders.iter().map(|of| {
                let labels = format!("{{block=\"{}\"}}", of.address);
                (labels, u64::from(of.open), u64::from(of.times))
            });
            let worst: Vec<(String, u64, u64)> = worst.collect();
            let open: Vec<(&str, u64)> = worst.iter().map(|of| (of.0.as_str(), of.1)).collect();
            let times: Vec<(&str, u64)> = worst.iter().map(|of| (of.0.as_str(), of.2)).collect();
            let help = "Connections of those that stand out, on which nobody has signed in.";
            put("snug_offender_open", "gauge", help, &open);
            let help = "How often those that stand out were shut out lately.";
            put("snug_offender_shut_out", "gauge", help, &times);
        }
        text
    }

    /// How things stand at the door: the metric's name, what it is, its value.
    fn at_door(&self, state: &DoorState) -> [(&'static str, &'static str, u64); 5] {
        let (room, _, is_full) = self.door.room();
        [
            (
                "snug_connections_max",
                "Connections that there is room for.",
                room,
            ),
            (
                "snug_full",
                "1 while no more connections can be taken.",
                u64::from(is_full),
            ),
            (
                "snug_shield_up",
                "1 while the shield is up.",
                u64::from(state.up),
            ),
            (
                "snug_newcomers",
                "Newcomers within ten seconds who have not signed in.",
                state.newcomers,
            ),
            (
                "snug_lockdown",
                "0 for none, 1 for on, 2 for closed.",
                match state.lockdown {
                    LockdownLevel::Off => 0,
                    LockdownLevel::On => 1,
                    LockdownLevel::Closed => 2,
                },
            ),
        ]
    }
}

//! Capability negotiation (`IRCv3` capability-negotiation 3.2).

use snug_proto::EncodingKey;

use crate::{Connection, line::Line};

/// What a client can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named by its IRCv3 specification")]
pub enum Capability {
    AccountTag,
    Batch,
    CapNotify,
    EchoMessage,
    ExtendedJoin,
    MessageTags,
    MultiPrefix,
    Sasl,
    ServerTime,
    StandardReplies,
}

impl Capability {
    /// Every one, in the order they are listed.
    pub const ALL: &'static [Self] = &[
        Self::AccountTag,
        Self::Batch,
        Self::CapNotify,
        Self::EchoMessage,
        Self::ExtendedJoin,
        Self::MessageTags,
        Self::MultiPrefix,
        Self::Sasl,
        Self::ServerTime,
        Self::StandardReplies,
    ];

    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AccountTag => "account-tag",
            Self::Batch => "batch",
            Self::CapNotify => "cap-notify",
            Self::EchoMessage => "echo-message",
            Self::ExtendedJoin => "extended-join",
            Self::MessageTags => "message-tags",
            Self::MultiPrefix => "multi-prefix",
            Self::Sasl => "sasl",
            Self::ServerTime => "server-time",
            Self::StandardReplies => "standard-replies",
        }
    }

    /// What it is worth, told to clients that speak version 302.
    const fn value(self) -> Option<&'static str> {
        match self {
            Self::Sasl => Some("PLAIN"),
            _ => None,
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|capability| capability.name() == name)
    }
}

/// A set of capabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Caps(u32);

impl Caps {
    /// Is this one in the set?
    pub const fn has(self, capability: Capability) -> bool {
        self.0 & (1 << capability as u32) != 0
    }

    /// Puts one in.
    pub const fn add(&mut self, capability: Capability) {
        self.0 |= 1 << capability as u32;
    }

    /// Takes one out.
    pub const fn remove(&mut self, capability: Capability) {
        self.0 &= !(1 << capability as u32);
    }

    /// The set of these.
    pub const fn of(capabilities: &[Capability]) -> Self {
        let mut caps = Self(0);
        let mut rest = capabilities;
        while let [first, others @ ..] = rest {
            caps.add(*first);
            rest = others;
        }
        caps
    }

    /// The set with this one in it too.
    #[must_use]
    pub const fn with(mut self, capability: Capability) -> Self {
        self.add(capability);
        self
    }

    /// Those that are in the other set too.
    #[must_use]
    pub const fn only(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    /// Names the encoding that is made for exactly this set.
    pub const fn encoding_key(self) -> EncodingKey {
        // Lossless; `u64::from` is not const.
        self.0 as EncodingKey
    }
}

/// How far a client has got with its capabilities.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Negotiation {
    /// `CAP LS` or `CAP REQ` came and `CAP END` did not: registration waits.
    pub(crate) open: bool,
    /// It speaks version 302: values are shown, cap-notify cannot be turned off.
    pub(crate) version_302: bool,
}

impl Connection {
    /// `CAP <subcommand> …`
    pub(crate) fn cap(&mut self, line: &Line<'_>) {
        let Some(subcommand) = line.param(0) else {
            return self.need_more_params("CAP");
        };
        match subcommand.to_ascii_uppercase().as_str() {
            "LS" => self.cap_ls(line.param(1)),
            "LIST" => self.cap_list(),
            "REQ" => self.cap_req(line.params.get(1).copied().unwrap_or_default()),
            "END" => {
                self.negotiation.open = false;
                self.try_to_register();
            }
            "ACK" => {}
            _ => self
                .numeric("410")
                .word(subcommand)
                .trailing("Invalid CAP command"),
        }
    }

    fn cap_ls(&mut self, version: Option<&str>) {
        if version
            .and_then(|version| version.parse::<u32>().ok())
            .is_some_and(|version| version >= 302)
        {
            self.negotiation.version_302 = true;
            self.caps.add(Capability::CapNotify);
        }
        self.negotiation.open |= !self.registered;
        let list = self.cap_names(Capability::ALL.iter().copied());
        self.cap_line("LS").trailing(&list);
    }

    fn cap_list(&mut self) {
        let caps = self.caps;
        let enabled = Capability::ALL.iter().copied().filter(|one| caps.has(*one));
        let list = enabled.map(Capability::name).collect::<Vec<_>>().join(" ");
        self.cap_line("LIST").trailing(&list);
    }

    /// All of what was asked for, or nothing.
    fn cap_req(&mut self, wanted: &str) {
        self.negotiation.open |= !self.registered;
        let mut caps = self.caps;
        let fits = wanted.split_ascii_whitespace().all(|word| {
            let (name, off) = word
                .strip_prefix('-')
                .map_or((word, false), |name| (name, true));
            match Capability::from_name(name) {
                Some(Capability::CapNotify) if off && self.negotiation.version_302 => false,
                Some(capability) if off => {
                    caps.remove(capability);
                    true
                }
                Some(capability) => {
                    caps.add(capability);
                    true
                }
                None => false,
            }
        });
        if fits {
            self.caps = caps;
        }
        self.cap_line(if fits { "ACK" } else { "NAK" })
            .trailing(wanted);
    }

    fn cap_names(&self, capabilities: impl Iterator<Item = Capability>) -> String {
        let with_values = self.negotiation.version_302;
        let names = capabilities.map(|capability| match capability.value() {
            Some(value) if with_values => format!("{}={value}", capability.name()),
            _ => capability.name().to_owned(),
        });
        names.collect::<Vec<_>>().join(" ")
    }

    fn cap_line(&mut self, subcommand: &str) -> crate::line::Writer<'_> {
        let (host, nick, out) = self.reply_parts();
        crate::line::Writer::new(out)
            .source(host)
            .command("CAP")
            .word(nick)
            .word(subcommand)
    }
}

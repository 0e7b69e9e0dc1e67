//! Capability negotiation (`IRCv3` capability-negotiation, sts).

use snug_proto::{Answer, EncodingKey, PolicyChanged, Registration};

use crate::{
    AccountRegistration, Connection,
    commands::asked::Asked,
    connection::{Then, expected},
    line::Line,
    registration::hello,
};

/// The list of one CAP line is at most so long, so that it fits with whatever name stands before it.
const MAX_LIST_BYTES: usize = 380;

/// What a client can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named by its IRCv3 specification")]
pub enum Capability {
    AccountNotify,
    AccountRegistration,
    AccountTag,
    Batch,
    CapNotify,
    ChannelRename,
    Chghost,
    DraftNoImplicitNames,
    EchoMessage,
    Chathistory,
    EventPlayback,
    ExtendedJoin,
    InviteNotify,
    LabeledResponse,
    MessageDelete,
    MessageEdit,
    MessageRedaction,
    MessageTags,
    MultiPrefix,
    Multiline,
    NoImplicitNames,
    ReadMarker,
    Sasl,
    ServerTime,
    StandardReplies,
    Sts,
    AwayNotify,
    ExtendedIsupport,
    ExtendedMonitor,
    ExtendedMonitorDraft,
    Metadata2,
    Metadata3,
    PreAway,
    Setname,
    UserhostInNames,
}

impl Capability {
    /// Every one, in the order they are listed.
    pub const ALL: &'static [Self] = &[
        Self::AccountNotify,
        Self::AccountTag,
        Self::Batch,
        Self::CapNotify,
        Self::Chghost,
        Self::ChannelRename,
        Self::DraftNoImplicitNames,
        Self::AccountRegistration,
        Self::Chathistory,
        Self::EventPlayback,
        Self::MessageDelete,
        Self::MessageEdit,
        Self::MessageRedaction,
        Self::Multiline,
        Self::ReadMarker,
        Self::EchoMessage,
        Self::ExtendedJoin,
        Self::LabeledResponse,
        Self::InviteNotify,
        Self::MessageTags,
        Self::MultiPrefix,
        Self::NoImplicitNames,
        Self::Sasl,
        Self::ServerTime,
        Self::StandardReplies,
        Self::Sts,
        Self::AwayNotify,
        Self::ExtendedIsupport,
        Self::ExtendedMonitor,
        Self::ExtendedMonitorDraft,
        Self::Metadata2,
        Self::Metadata3,
        Self::PreAway,
        Self::Setname,
        Self::UserhostInNames,
    ];

    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AccountNotify => "account-notify",
            Self::AccountRegistration => "draft/account-registration",
            Self::AccountTag => "account-tag",
            Self::Batch => "batch",
            Self::CapNotify => "cap-notify",
            Self::ChannelRename => "draft/channel-rename",
            Self::Chghost => "chghost",
            Self::Chathistory => "draft/chathistory",
            Self::DraftNoImplicitNames => "draft/no-implicit-names",
            Self::EchoMessage => "echo-message",
            Self::EventPlayback => "draft/event-playback",
            Self::ExtendedJoin => "extended-join",
            Self::InviteNotify => "invite-notify",
            Self::LabeledResponse => "labeled-response",
            Self::MessageDelete => "draft/message-delete",
            Self::MessageEdit => "draft/message-edit",
            Self::MessageRedaction => "draft/message-redaction",
            Self::MessageTags => "message-tags",
            Self::MultiPrefix => "multi-prefix",
            Self::Multiline => "draft/multiline",
            Self::ReadMarker => "draft/read-marker",
            Self::NoImplicitNames => "no-implicit-names",
            Self::Sasl => "sasl",
            Self::ServerTime => "server-time",
            Self::StandardReplies => "standard-replies",
            Self::Sts => "sts",
            Self::Setname => "setname",
            Self::PreAway => "draft/pre-away",
            Self::Metadata3 => "draft/metadata-3",
            Self::Metadata2 => "draft/metadata-2",
            Self::ExtendedMonitorDraft => "draft/extended-monitor",
            Self::ExtendedMonitor => "extended-monitor",
            Self::ExtendedIsupport => "draft/extended-isupport",
            Self::AwayNotify => "away-notify",
            Self::UserhostInNames => "userhost-in-names",
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
pub struct Caps(u64);

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
        self.0
    }
}

/// How far a client has got with its capabilities.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Negotiation {
    /// `CAP LS` or `CAP REQ` came and `CAP END` did not: registration waits.
    pub(crate) open: bool,
    /// It speaks version 302: values are shown, cap-notify cannot be turned off.
    pub(crate) version_302: bool,
    /// Who may register here, once the session has told.
    pub(crate) registration: Option<Registration>,
    /// Nobody may for now.
    pub(crate) closed: bool,
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
        if self.negotiation.registration.is_some() {
            return self.list_offered();
        }
        // What registering asks for is part of the list.
        self.ask(hello(None), Then::People(Asked::Offered));
    }

    /// The answer to the hello that a list waited for.
    pub(crate) fn offer(&mut self, answer: Answer) {
        self.greeted(answer);
        self.list_offered();
    }

    /// What a hello tells of this server's policies.
    pub(crate) fn greeted(&mut self, answer: Answer) {
        let welcome = expected!(answer, Welcome).ok();
        self.negotiation.closed = welcome.as_ref().is_some_and(|welcome| welcome.closed);
        self.negotiation.registration = welcome.map(|welcome| welcome.registration);
    }

    /// Others may register than before, or nobody: what is offered changes with it (cap-notify).
    pub(crate) fn policy_changed(&mut self, policy: PolicyChanged) {
        let capability = Capability::AccountRegistration;
        let before = self.cap_word(capability);
        self.negotiation.registration = Some(policy.registration);
        self.negotiation.closed = policy.closed;
        let now = self.cap_word(capability);
        if before == now {
            return;
        }
        if now.is_none() {
            self.caps.remove(capability);
        }
        if !self.caps.has(Capability::CapNotify) {
            return;
        }
        match now {
            Some(word) => self.cap_line("NEW").trailing(&word),
            None => self.cap_line("DEL").trailing(capability.name()),
        }
    }

    fn list_offered(&mut self) {
        let offered = Capability::ALL.iter().copied();
        let words: Vec<String> = offered.filter_map(|one| self.cap_word(one)).collect();
        if self.negotiation.version_302 {
            return self.cap_lines("LS", &words);
        }
        // One line, for a client that does not know of more: what is ratified first, then what fits
        // (capability-negotiation, "Multiline replies to CAP LS and CAP LIST").
        let is_draft = |word: &&String| word.starts_with("draft/");
        let ratified = words.iter().filter(|word| !is_draft(word));
        let drafts = words.iter().filter(is_draft);
        let ordered: Vec<_> = ratified.chain(drafts).collect();
        if let Some(line) = lists(&ordered).first() {
            self.cap_line("LS").trailing(line);
        }
    }

    fn cap_list(&mut self) {
        let caps = self.caps;
        let enabled = Capability::ALL.iter().copied().filter(|one| caps.has(*one));
        let words: Vec<_> = enabled.map(|one| one.name().to_owned()).collect();
        self.cap_lines("LIST", &words);
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
                // It is a policy, which nobody can turn on or off.
                Some(Capability::Sts) | None => false,
                // What is not offered for now.
                Some(capability) if !off && self.cap_word(capability).is_none() => false,
                Some(capability) if off => {
                    caps.remove(capability);
                    true
                }
                Some(capability) => {
                    caps.add(capability);
                    true
                }
            }
        });
        if !fits {
            // So much of it that nothing is cut: the first 100 characters are owed.
            return self.cap_line("NAK").trailing(wanted);
        }
        self.caps = caps;
        if wanted.len() <= MAX_LIST_BYTES {
            return self.cap_line("ACK").trailing(wanted);
        }
        let words: Vec<_> = wanted.split_ascii_whitespace().collect();
        for list in lists(&words) {
            self.cap_line("ACK").trailing(&list);
        }
    }

    /// A capability as it is listed for this client; `None` if there is nothing of it here.
    fn cap_word(&self, capability: Capability) -> Option<String> {
        let value = match capability {
            Capability::Sasl => Some(self.mechanisms().join(",")),
            Capability::AccountRegistration if self.negotiation.closed => return None,
            Capability::AccountRegistration => Some(self.account_registration()),
            Capability::Multiline => Some(format!(
                "max-bytes={},max-lines={}",
                crate::commands::MAX_MULTILINE_BYTES,
                crate::commands::MAX_MULTILINE_LINES
            )),
            Capability::Sts => Some(self.sts()?),
            Capability::Metadata2 | Capability::Metadata3 => {
                Some("before-connect,max-subs=50,max-keys=20,max-value-bytes=300".to_owned())
            }
            _ => None,
        };
        let name = capability.name();
        Some(match value {
            Some(value) if self.negotiation.version_302 => format!("{name}={value}"),
            // The policy is nothing but its value.
            Some(_) if capability == Capability::Sts => return None,
            _ => name.to_owned(),
        })
    }

    /// What registering takes. A code that it asks for stands where others want an email.
    fn account_registration(&self) -> String {
        let mut words = vec!["custom-account-name"];
        if self.settings.account_registration == AccountRegistration::BeforeConnecting {
            words.insert(0, "before-connect");
        }
        if matches!(
            self.negotiation.registration,
            Some(Registration::Code | Registration::Invite)
        ) {
            words.push("email-required");
        }
        words.join(",")
    }

    /// Where TLS is, told to who comes without; how long to keep to it, told to who comes by it.
    fn sts(&self) -> Option<String> {
        let sts = self.settings.sts.as_ref()?;
        Some(if self.link.secure {
            format!("duration={}", sts.duration_s)
        } else {
            format!("port={}", sts.port)
        })
    }

    /// A list in as many lines as it takes. `*` before all but the last is for clients that speak 302.
    fn cap_lines(&mut self, subcommand: &str, words: &[impl AsRef<str>]) {
        let lists = lists(words);
        let last = lists.len().saturating_sub(1);
        let marks = self.negotiation.version_302;
        for (index, list) in lists.iter().enumerate() {
            let line = self.cap_line(subcommand);
            if index < last && marks {
                line.word("*").trailing(list);
            } else {
                line.trailing(list);
            }
        }
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

/// The words in lists that fit into a line each; one empty list of no words.
fn lists(words: &[impl AsRef<str>]) -> Vec<String> {
    let mut lists = vec![String::new()];
    for word in words.iter().map(AsRef::as_ref) {
        match lists.last_mut() {
            Some(list) if list.is_empty() => list.push_str(word),
            Some(list) if list.len() + 1 + word.len() <= MAX_LIST_BYTES => {
                list.push(' ');
                list.push_str(word);
            }
            _ => lists.push(word.to_owned()),
        }
    }
    lists
}

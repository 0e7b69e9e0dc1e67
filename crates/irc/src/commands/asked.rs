//! What the commands about people and the server asked for, and who takes each answer.

use snug_proto::Answer;

use super::{
    contacts::ContactAsked, metadata::MetadataAsked, monitor::MonitorAsked, running::RunAsked,
    service::ServiceAsked, whois::WhoisAsked,
};
use crate::Connection;

/// What an answer is for.
#[derive(Debug, Clone)]
pub(crate) enum Asked {
    /// `USER`: nothing is said to it.
    Named,
    /// `CAP LS`: what there is here.
    Offered,
    /// One's own display name.
    OwnDisplay,
    /// Has the account a display name? If not, the real name of `USER` becomes it; then that is done.
    Realname { realname: Option<String> },
    /// That made it the display name.
    RealnameTaken { realname: String },
    /// `WHOIS` and `WHOWAS`.
    Whois(WhoisAsked),
    /// `ISON` of these.
    Ison,
    /// `USERHOST` of these.
    Userhost,
    /// `AWAY`, and back.
    Away { back: bool },
    /// `SETNAME`.
    Setname,
    /// A user mode that the session keeps.
    UserMode { on: bool, letter: char },
    /// `LUSERS`.
    Lusers,
    /// `TIME`.
    Time,
    /// `STATS u`.
    Uptime,
    /// `MONITOR`.
    Monitor(MonitorAsked),
    /// Running the server.
    Run(RunAsked),
    /// `METADATA`.
    Metadata(Box<MetadataAsked>),
    /// SILENCE and ACCEPT.
    Contact(ContactAsked),
    /// What only Snug has.
    Service(ServiceAsked),
}

impl Connection {
    /// Takes the answer to what a command of this family asked for.
    pub(crate) fn asked(&mut self, asked: Asked, answer: Answer) {
        match asked {
            Asked::Named => self.greeted(answer),
            Asked::Offered => self.offer(answer),
            Asked::OwnDisplay => {
                if let Ok(snug_proto::Response::Myself(myself)) = answer {
                    self.own_display(myself.display);
                }
            }
            Asked::Realname { realname } => self.realname_offered(realname, &answer),
            Asked::RealnameTaken { realname } => self.realname_taken(&realname, &answer),
            Asked::Whois(asked) => self.whois_answered(asked, answer),
            Asked::Ison => self.ison_listed(answer),
            Asked::Userhost => self.userhost_listed(answer),
            Asked::Away { back } => self.away_said(back, answer),
            Asked::Setname => self.name_set(answer),
            Asked::UserMode { on, letter } => self.user_mode_set(on, letter, answer),
            Asked::Lusers => self.lusers_counted(answer),
            Asked::Time => self.time_told(answer),
            Asked::Uptime => self.uptime_told(answer),
            Asked::Monitor(asked) => self.monitored(&asked, answer),
            Asked::Run(asked) => self.run_answered(asked, answer),
            Asked::Metadata(asked) => self.metadata_answered(*asked, answer),
            Asked::Contact(asked) => self.contact_answered(asked, answer),
            Asked::Service(asked) => self.service_said(&asked, answer),
        }
    }
}
